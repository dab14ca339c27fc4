"""A real Neo4j server for a session: the one that ``NEO4J_URI`` names, or one that is started and ended here."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString
from uuid import uuid4

import pytest

from blastradius.stores.neo4j import Connection, connected
from tests.stores import server
from tests.stores.server import Server

ASKED = os.environ.get("BLASTRADIUS_NEO4J", "")
"""``required`` where the tests must have a server, ``off`` where another run has tried them."""

_OWN = {"own_server", "small_disk"}
"""What has a server of a test's own."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What asks for a server is marked so."""
    for item in items:
        named = {*item.fixturenames} if isinstance(item, pytest.Function) else set[str]()
        if {"neo4j", *_OWN} & named:
            item.add_marker(pytest.mark.neo4j)
        if _OWN & named:
            item.add_marker(pytest.mark.slow)


def _require() -> None:
    if ASKED == "off":
        pytest.skip("no Neo4j server: none is wanted in this run")
    why = server.why_none()
    if why is not None and ASKED == "required":
        pytest.fail(f"a Neo4j server is required and there is none: {why}, and NEO4J_URI names none")
    if why is not None:
        pytest.skip(f"no Neo4j server: {why}, and NEO4J_URI names none")


@pytest.fixture(scope="session")
def neo4j(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server; its credentials are in the environment."""
    if "NEO4J_URI" in os.environ:
        yield os.environ["NEO4J_URI"]
        return
    _require()
    base = tmp_path_factory.getbasetemp()
    users = _Users((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "neo4j")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEO4J_USERNAME", "neo4j")
        patch.setenv("NEO4J_PASSWORD", server.PASSWORD)
        uri = users.come()
        try:
            yield uri
        finally:
            users.go()


@dataclass
class _Users:
    """One server for all processes of a run: who comes first starts it, and ends it when the others are gone."""

    folder: Path
    started: Server | None = None

    def come(self) -> str:
        """The address of the server, which is started if there is none."""
        with self._alone() as count:
            if not count:
                self.started = Server(self.folder)
                self.started.start()
            self._now(count + 1)
            return server.uri_of(self.folder)

    def go(self) -> None:
        """End the server, if it was started here, when nobody else uses it."""
        until = time.monotonic() + 300
        with self._alone() as count:
            self._now(count - 1)
        while self.started:
            with self._alone() as count:
                if not count or time.monotonic() > until:
                    self.started.stop()
                    self._now(0)
                    return
            time.sleep(0.1)

    @contextmanager
    def _alone(self) -> Iterator[int]:
        """How many use the server, while no other process comes or goes."""
        import fcntl

        self.folder.mkdir(exist_ok=True)
        with (self.folder / "users").open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            yield int(file.read() or 0)

    def _now(self, count: int) -> None:
        (self.folder / "users").write_text(str(count), "ascii")


@pytest.fixture
def own_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server of a test's own, to be crashed, locked out of, or filled with something else."""
    _require()
    monkeypatch.setenv("NEO4J_USERNAME", "neo4j")
    monkeypatch.setenv("NEO4J_PASSWORD", server.PASSWORD)
    started = Server(tmp_path / "neo4j")
    started.start()
    try:
        yield started
    finally:
        started.kill()


@dataclass(frozen=True)
class SmallDisk:
    """A small file system for the data of a server of a test's own."""

    folder: Path

    @contextmanager
    def server(self) -> Iterator[Server]:
        """The server, started and ended here."""
        started = Server(self.folder.parent)
        started.start()
        try:
            yield started
        finally:
            started.kill()

    def resize(self, megabytes: int) -> None:
        """Give it another size."""
        _mount(self.folder, f"remount,size={megabytes}m")


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallDisk]:
    """A small file system, where one can be mounted."""
    _require()
    monkeypatch.setenv("NEO4J_USERNAME", "neo4j")
    monkeypatch.setenv("NEO4J_PASSWORD", server.PASSWORD)
    folder = tmp_path / "neo4j" / "data"
    folder.mkdir(parents=True)
    why = _mount(folder, "size=8m")
    if why:
        pytest.skip(f"no full disk is tried: a small file system cannot be mounted here ({why})")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", folder], check=True)


def _mount(folder: Path, options: str) -> str:
    """Mount a file system in memory; why it cannot be, or nothing."""
    if shutil.which("mount") is None:
        return "there is no mount"
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr.strip()


@dataclass(frozen=True)
class Place:
    """An estate of its own in the server of the session."""

    uri: str
    connection: Connection

    def count(self, query: LiteralString) -> int:
        """What a query about the estate counts; it gets the name as ``$estate``."""
        found: int = self.connection.read(
            lambda tx: tx.run(query, estate=self.connection.address.estate).single(strict=True)[0]
        )
        return found

    def change(self, query: LiteralString, **stated: Any) -> None:
        """Change something behind the estate's back; the query gets the name as ``$estate``."""
        given = {**stated, "estate": self.connection.address.estate}
        self.connection.write(lambda tx: tx.run(query, given).consume())


@pytest.fixture
def place(neo4j: str) -> Iterator[Place]:
    """An estate that nobody has pushed to, swept away at the end."""
    uri = f"{neo4j}?estate=test-{uuid4().hex}"
    with connected(uri) as connection:
        here = Place(uri, connection)
        yield here
        gone = (
            "MATCH (n:Loaded) WHERE n.load STARTS WITH $estate + '#' DETACH DELETE n",
            "MATCH (l:Load {estate: $estate}) DELETE l",
            "MATCH (e:Estate {name: $estate}) DELETE e",
        )
        for query in gone:
            here.change(query)


@pytest.fixture
def places(neo4j: str, request: pytest.FixtureRequest) -> Callable[[], Place]:
    """As many connections to one estate as a test asks for."""
    first: Place = request.getfixturevalue("place")

    def another() -> Place:
        manager = connected(first.uri)
        connection = manager.__enter__()
        request.addfinalizer(lambda: manager.__exit__(None, None, None))
        return Place(first.uri, connection)

    return another
