"""Queries are constants: each stands in a ``.cypher`` file, and none is put together from texts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from blastradius.stores.neo4j import graph
from blastradius.stores.neo4j.statements import statements

ROOM = Path(graph.__file__).parent
CODE = sorted(ROOM.glob("*.py"))
FILES = sorted(ROOM.glob("*.cypher"))


def calls(code: str, *names: str) -> Iterator[ast.Call]:
    """The calls of functions and methods of these names."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call):
            function = node.func
            called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if called in names:
                yield node


def built(code: str) -> list[str]:
    """The queries in a file that are not asked for by name with ``statement``."""
    asked = [call.args[0] if call.args else ast.Constant(None) for call in calls(code, "run", "execute_query")]
    return [
        ast.unparse(query) for query in asked
        if not (isinstance(query, ast.Call) and ast.unparse(query.func) == "statement")
    ]  # fmt: skip


@pytest.mark.parametrize("file", CODE, ids=lambda file: file.name)
def test_no_query_is_built(file: Path) -> None:
    assert built(file.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "line",
    ["tx.run('MATCH (n) RETURN n')", "tx.run(f'MATCH (n:{x}) RETURN n')", "tx.run(query)", "d.execute_query(a + b)"],
)
def test_the_lint_sees_a_query_that_is_built(line: str) -> None:
    assert len(built(line)) == 1


def test_every_query_is_used_and_every_name_is_there() -> None:
    texts = "\n".join(file.read_text("utf-8") for file in CODE)
    known = {name for file in FILES for name in statements(file.name)}
    assert len(known) > 20
    unused = {name for name in known if f'"{name}"' not in texts} - {"count_nodes", "count_relationships"}
    assert unused == set()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_query_says_only_labels_types_and_keys_that_there_are(file: Path) -> None:
    text = file.read_text("utf-8")
    labels = {graph.COMMON, graph.ENTITY, graph.ESTATE, graph.LOAD, graph.STAMP, *graph.LABELS.values()}
    assert set(re.findall(r"\(\w*:([A-Z]\w*)", text)) <= labels
    assert set(re.findall(r"n\.(\w+)", text)) <= graph.KEYS


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_nothing_but_plain_cypher_is_asked_of_a_server(file: Path) -> None:
    text = file.read_text("utf-8")
    called = set(re.findall(r"CALL (\w[\w.]*)", text))
    assert called <= {"db.awaitIndexes"}
    assert re.findall(r"apoc\.|gds\.|LOAD CSV|IN TRANSACTIONS", text) == []
