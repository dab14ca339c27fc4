"""A TCP proxy in front of a server that cuts connections: after so many bytes, or when a COMMIT has gone through."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field

COMMIT = bytes.fromhex("0002b0120000")
"""The COMMIT message of Bolt as it goes over the wire: a chunk of two bytes and the end of the message."""


@dataclass
class Proxy:
    """Passes bytes on to ``port``; ends one connection, once: after so many bytes from the client, or commits.

    ``cut`` and ``commits`` count the connections that it ended and the commits that went through.
    """

    port: int
    after_bytes: int | None = None
    after_commit: int | None = None
    cut: int = 0
    commits: int = 0
    _sent: int = 0
    _open: list[socket.socket] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Proxy:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.1)
        self._ended = threading.Event()
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._listener.close()
        for peer in self._open:
            _close(peer)
        for thread in self._threads:
            thread.join(10)

    @property
    def uri(self) -> str:
        """Where the proxy listens."""
        return f"bolt://127.0.0.1:{self._listener.getsockname()[1]}"

    def _start(self, work: object, *arguments: socket.socket) -> None:
        assert callable(work)
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.port), 5)
            except OSError:  # it is down
                _close(client)
                continue
            client.settimeout(None)
            server.settimeout(None)
            self._open += [client, server]
            self._start(self._forth, client, server)
            self._start(self._back, server, client)

    def _forth(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 16):
                ends, passed = self._ends(data)
                server.sendall(passed)
                if ends:
                    self.cut += 1
                    break
        _close(client)
        _close(server)

    def _ends(self, data: bytes) -> tuple[bool, bytes]:
        """Whether the connection ends here, and what is still passed on."""
        before, self._sent = self._sent, self._sent + len(data)
        if self.after_bytes is not None and before <= self.after_bytes < self._sent:
            return True, data[: self.after_bytes - before]
        self.commits += COMMIT in data
        if self.after_commit is not None and COMMIT in data and self.commits == self.after_commit:
            return True, data
        return False, data

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 16):
                client.sendall(data)
        _close(client)
        _close(server)


def _close(peer: socket.socket) -> None:
    with contextlib.suppress(OSError):
        peer.shutdown(socket.SHUT_RDWR)
    peer.close()
