"""What the page on the shared estate shows is so: its questions run, and its graph is the one that is written."""

from __future__ import annotations

import re
from typing import Any

import pytest

import blastradius as br
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Kind, Relation, Verb
from blastradius.stores.neo4j import Allowed, graph, push
from blastradius.stores.neo4j.content import batches
from tests.stores.conftest import Place
from tests.stores.estates import EXAMPLES, ROOT

PAGE = (ROOT / "docs" / "neo4j.md").read_text("utf-8")
QUESTIONS = re.findall(r"^([^\n`]+\?)\n\n```cypher\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE)
ROWS = (13, 10, 11, 20, 7, 2, 12, 10, 10, 149)
"""How many rows each answer about Northwind has at least."""


def test_there_are_ten_questions() -> None:
    assert len(QUESTIONS) == len(ROWS) == 10


@pytest.fixture
def northwind_there(place: Place) -> Place:
    """Northwind, and before it the same without two parties."""
    estate = br.load(ROOT / "examples" / "northwind")
    entities = [entity for entity in estate.entities.values() if entity.kind == Kind.SCOPE]
    push(place.connection, Estate.build([Loaded(entities=tuple(entities))]), Allowed(beside_others=True))
    push(place.connection, estate, Allowed(shrink=True))
    return place


def test_each_question_has_an_answer(northwind_there: Place) -> None:
    connection = northwind_there.connection
    for (says, query), least in zip(QUESTIONS, ROWS, strict=True):
        asked = query.replace("'default'", f"'{connection.address.estate}'")

        def work(tx: Any, asked: str = asked) -> list[dict[str, Any]]:
            rows: list[dict[str, Any]] = tx.run(asked).data()
            return rows

        assert len(connection.read(work)) >= least, says


def test_who_may_call_what_is_said_with_its_place(northwind_there: Place) -> None:
    connection = northwind_there.connection
    query = dict(QUESTIONS)["Where is it said that somebody may call a function?"]
    asked = query.replace("'default'", f"'{connection.address.estate}'")
    rows = connection.read(lambda tx: tx.run(asked).data())
    assert all(re.search(r"\.yaml:\d+:\d+$", place) for row in rows for place in row["said_at"])


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_only_labels_types_and_keys_of_the_page_are_written(folder: Any) -> None:
    page = (ROOT / "docs" / "neo4j-schema.md").read_text("utf-8")
    for batch in batches(br.load(folder)):
        for row in batch.rows:
            names = {*row["properties"], *(row["labels"] if batch.nodes else [row["type"]])}
            assert [name for name in names if f"`{name}`" not in page] == []
            assert set(row["properties"]) <= graph.KEYS
            values = [
                part for value in row["properties"].values() for part in (value if isinstance(value, list) else [value])
            ]
            assert {type(value) for value in values} <= {str, int, float, bool}


def test_every_verb_and_kind_has_a_name_of_its_own() -> None:
    assert set(graph.TYPES) == set(Verb)
    assert len({*graph.TYPES.values(), graph.IN_ZONE, graph.COPY_OF, graph.GUARDED_BY}) == len(Verb) + 3
    others = {graph.COMMON, graph.ENTITY, graph.ESTATE, graph.LOAD, graph.STAMP}
    assert len({*graph.LABELS.values()} | others) == len(graph.LABELS) + len(others)
    assert set(Relation.model_fields) - graph.RELATION_KEYS == {"sources", "targets", "controls", "provenance"}
