"""The standard streams and signals of the process: what a console cannot show, what is closed, what ends us."""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import signal
import sys
import threading
from types import FrameType
from typing import NoReturn

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("─━═╌╴╶╸╺", "-"),
        **dict.fromkeys("│┃║╎", "|"),
        **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╯╰┏┓┗┛┡┩╇", "+"),
        "★": "*",
        "▶": ">",
        "→": ">",
        "←": "<",
        "≤": "<",
        "≥": ">",
        "…": "~",
        "·": ".",
        "•": "*",
        "⊘": "x",
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2013": "-",
        "\u2014": "-",
        "\u00a0": " ",
        "✓": "v",
    }
)


INTERRUPTED, INTERRUPTED_CODE = "interrupted", 128 + signal.SIGINT
"""What is said, and what the shell is told, where somebody pressed Ctrl-C."""


PATIENCE = 5.0
"""For how many seconds what a signal raises may unwind, before the process is ended where it is."""


class Ended(BaseException):
    """A signal asks us to end; ``code`` is what the shell is told."""

    def __init__(self, number: int) -> None:
        self.code = 128 + number
        super().__init__(signal.Signals(number).name)


class _Closed(io.TextIOBase):
    """A standard output that was closed before we began."""

    def write(self, _text: str) -> NoReturn:
        raise OSError(errno.EBADF, "it is closed")


def prepare() -> None:
    """Make the streams ones that can be written to, and let a signal that ends us unwind, so that nothing is left."""
    if sys.stdout is None:
        sys.stdout = _Closed()
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - lives as long as the process
    codecs.register_error("blastradius.plain", _substitute)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="blastradius.plain")
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) == signal.SIG_DFL:
            signal.signal(getattr(signal, name), _end)


def finish() -> None:
    """Write out what is still held back.

    Raises:
        OSError: it cannot be written.
    """
    if sys.stdout is not None and not sys.stdout.closed:
        sys.stdout.flush()


def abandon() -> None:
    """Let nothing more be written to a standard output that takes nothing, not even when the process ends."""
    try:
        place = sys.stdout.fileno()
    except (OSError, AttributeError):
        return
    os.dup2(os.open(os.devnull, os.O_WRONLY), place)


def in_utf_8() -> None:
    """Let standard output be UTF-8, which a format asks for whatever a console shows."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")


def takes(text: str) -> bool:
    """Whether standard output can show every character of a text."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _substitute(error: UnicodeError) -> tuple[str, int]:
    """One plain character for each that draws, an escape for each of another script."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    refused = error.object[error.start : error.end]
    plain = refused.translate(_PLAIN)
    return "".join(letter if letter.isascii() else _escape(letter) for letter in plain), error.end


def _escape(letter: str) -> str:
    return letter.encode("ascii", "backslashreplace").decode()


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_DFL)
    insist(128 + number)
    raise Ended(number)


def insist(code: int) -> None:
    """End the process before long, whatever becomes of what is raised: compiled code that calls us may swallow it."""
    waiting = threading.Timer(PATIENCE, _leave, (code,))
    waiting.daemon = True
    waiting.start()


def _leave(code: int) -> NoReturn:
    from blastradius.writing import clear_away

    clear_away()
    with contextlib.suppress(OSError):
        os.write(2, b"blastradius: ended\n")
    os._exit(code)
