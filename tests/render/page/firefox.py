"""A page in a real Firefox, driven by Marionette: a socket, and JSON with its length before it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

FIREFOX = next(filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None)
_PATIENCE = 120.0


class Firefox:
    """A Firefox that is driven through a socket."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE)
        self._read = self._socket.makefile("rb")
        self._asked = 0
        self._told()  # who it is
        self.version = str(self.ask("WebDriver:NewSession")["capabilities"]["browserVersion"])

    def ask(self, command: str, **given: Any) -> Any:
        """What it answers to a command."""
        self._asked += 1
        text = json.dumps([0, self._asked, command, given]).encode()
        self._socket.sendall(f"{len(text)}:".encode() + text)
        _, _, error, found = self._told()
        assert error is None, error
        return found

    def run(self, script: str) -> Any:
        """What a line of JavaScript in the page returns."""
        return self.ask("WebDriver:ExecuteScript", script=script, args=[])["value"]

    def until(self, condition: str) -> None:
        """Wait for something."""
        end = time.monotonic() + _PATIENCE
        while not self.run(f"return {condition}"):
            assert time.monotonic() < end, f"waited in vain for {condition}"
            time.sleep(0.1)

    def close(self) -> None:
        """End it."""
        with suppress(AssertionError, OSError):
            self.ask("Marionette:Quit", flags=["eForceQuit"])
        self._read.close()
        self._socket.close()

    def _told(self) -> Any:
        length = b""
        while (digit := self._read.read(1)) != b":":
            assert digit, "Firefox has hung up"
            length += digit
        return json.loads(self._read.read(int(length)))


@contextmanager
def running(folder: Path) -> Iterator[Firefox]:
    """A Firefox whose profile lies in an empty folder."""
    (folder / "user.js").write_text('user_pref("marionette.port", 0);\n', "utf-8")
    command = [str(FIREFOX), "--headless", "--marionette", "--no-remote", "--profile", str(folder)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet, env={**os.environ, "HOME": str(folder)}) as browser:
        try:
            found = Firefox(_port(folder / "MarionetteActivePort", browser))
            try:
                yield found
            finally:
                found.close()
        finally:
            browser.kill()


def _port(file: Path, browser: subprocess.Popen[bytes]) -> int:
    """The port that it listens on, once it says which."""
    end = time.monotonic() + _PATIENCE
    while not (file.is_file() and file.read_text("utf-8").strip()):
        assert browser.poll() is None, "Firefox has ended by itself"
        assert time.monotonic() < end, "Firefox does not begin"
        time.sleep(0.1)
    return int(file.read_text("utf-8"))
