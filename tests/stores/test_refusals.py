"""What goes wrong with a real server: one message with the way out, exit code 4, and nothing changed."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest

from blastradius.cli import main
from blastradius.errors import StoreError
from blastradius.estate import Estate, snapshot
from blastradius.stores.neo4j import connected, pull, push
from tests.stores.conftest import Place, SmallDisk
from tests.stores.estates import sized
from tests.stores.server import PASSWORD, Server, free_port


def refused(where: str, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(["status", where]) == 4
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "Traceback" not in said
    return said


def test_no_server(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO4J_PASSWORD", "x")
    begun = time.monotonic()
    said = refused(f"bolt://127.0.0.1:{free_port()}", capsys)
    assert "no server answers there; start it, or correct the host and the port" in said
    assert time.monotonic() - begun < 15


def test_no_such_database(neo4j: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no such database on the server" in refused(f"{neo4j}/nowhere", capsys)


def test_a_wrong_password_and_the_lock_out_that_follows(
    own_server: Server,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("NEO4J_PASSWORD", "hush-hush")
    with caplog.at_level(logging.DEBUG):
        said = [refused(own_server.uri, capsys) for _ in range(5)]
    assert "the user or the password is wrong" in said[0]
    assert "too many wrong passwords" in said[-1]
    assert "hush-hush" not in "".join(said) + caplog.text
    monkeypatch.setenv("NEO4J_PASSWORD", PASSWORD)
    assert "even the right one is refused for a while" in refused(own_server.uri, capsys)


def test_a_database_that_takes_no_writes(own_server: Server) -> None:
    with connected(own_server.uri) as connection:
        push(connection, sized(5))
    own_server.stop()
    own_server.settings["server.databases.default_to_read_only"] = "true"
    own_server.start()
    with connected(own_server.uri) as connection:
        with pytest.raises(StoreError, match="takes no writes; make it writable"):
            push(connection, sized(6))
        assert not push(connection, sized(5)).written


def test_a_database_with_something_else_in_it(own_server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    with connected(own_server.uri) as connection:
        theirs = "UNWIND range(1, 3) AS n CREATE (:Film {id: n})"
        connection.write(lambda tx: tx.run(theirs).consume())
        with pytest.raises(StoreError, match=r"3 nodes of something else.*--beside-others"):
            push(connection, sized(5))
        again = connection.read(lambda tx: tx.run("MATCH (n) RETURN count(n) AS n").single(strict=True)["n"])
        assert again == 3


def test_a_heap_that_is_too_small_for_a_transaction(own_server: Server) -> None:
    own_server.stop()
    own_server.settings["dbms.memory.transaction.total.max"] = "10m"
    own_server.start()
    with connected(own_server.uri) as connection:
        push(connection, sized(5))
        with pytest.raises(StoreError, match="too little memory for a transaction"):
            push(connection, sized(8_000), batch=50_000)
        assert not push(connection, sized(5)).written


TORN = {"internal.dbms.tx_log.fail_on_corrupted_log_files": "false"}
"""What a server wants to be told where its log ends in the middle of a transaction."""


def test_a_disk_that_is_full(small_disk: SmallDisk, northwind: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept, large = sized(20), sized(4_000)
    says = "its disk may be full; make room there and restart the server, then try again"
    with small_disk.server() as own:
        with connected(own.uri) as connection:
            push(connection, kept)
            with pytest.raises(StoreError, match=says):
                push(connection, large, lasts_ms=1_000)
        assert says in refused(own.uri, capsys)
        assert main(["push", own.uri, str(northwind), "--accept-shrink"]) == 4
        small_disk.resize(200)
        own.stop()
        own.settings |= TORN
        own.start()
        with connected(own.uri) as connection:
            assert snapshot.text(Estate.build([pull(connection)])) == snapshot.text(kept)
            assert push(connection, sized(500)).written
            assert snapshot.text(Estate.build([pull(connection)])) == snapshot.text(sized(500))
            loads = "MATCH (n:Loaded) RETURN count(DISTINCT n.load) AS n"
            assert connection.read(lambda tx: tx.run(loads).single(strict=True)["n"]) == 2


def test_a_database_of_a_newer_version(own_server: Server) -> None:
    with connected(own_server.uri) as connection:
        push(connection, sized(5))
        newer = "MATCH (b:Blastradius {id: 'schema'}) SET b.version = 99"
        connection.write(lambda tx: tx.run(newer).consume())
        with pytest.raises(StoreError, match=r"of a newer version \(schema 99"):
            push(connection, sized(6))


def test_an_older_version_is_loaded_anew(own_server: Server) -> None:
    with connected(own_server.uri) as connection:
        push(connection, sized(5))
        older = "MATCH (b:Blastradius {id: 'schema'}) SET b.version = 0 WITH b MATCH (l:Load) SET l.schema = 0"
        connection.write(lambda tx: tx.run(older).consume())
        assert push(connection, sized(5)).written


def test_a_server_that_is_too_old(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blastradius.stores.neo4j.connection._OLDEST", (9999, 0))
    with pytest.raises(StoreError, match=r"the server is Neo4j/[\d.]+; 9999\.0 or newer is needed"):
        place.connection.verify()
