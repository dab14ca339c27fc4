"""An estate as lines is the same estate again: what it says, in what order, and what it answers."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import blastradius as br
from blastradius.errors import InputError
from blastradius.escape import acts
from blastradius.estate import Estate, snapshot
from blastradius.estate.things import read_at
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Party, Provenance, Store
from tests.counts import few
from tests.engine.random_estates import random_estate
from tests.loaders.lines.test_lines import written

ROOT = Path(__file__).parents[2]
STORIES = [ROOT / "examples" / name for name in ("northwind", "meridian", "mail_agent", "signers")]
STORIES += sorted(file.parent for file in ROOT.glob("examples/incidents/*/estate.yaml"))


def again(estate: Estate) -> Estate:
    text = snapshot.text(estate)
    return Estate.build([snapshot.loaded(text.split("\n")[:-1], "a.snapshot")], estate.today)


def same(one: Estate, other: Estate) -> None:
    assert snapshot.text(one) == snapshot.text(other)
    assert one.digest == other.digest
    assert one.notes == other.notes
    assert [*one.entities.items()] == [*other.entities.items()]
    assert [*one.relations.items()] == [*other.relations.items()]
    assert (one.zones, one.expectations, one.tally, one.clock) == (
        other.zones, other.expectations, other.tally, other.clock,
    )  # fmt: skip


@pytest.mark.parametrize("folder", STORIES, ids=lambda folder: folder.name)
def test_the_examples_come_back_as_they_were(folder: Path) -> None:
    estate = br.load(folder)
    same(estate, again(estate))


@pytest.mark.parametrize("seed", few(range(60), 20))
def test_random_estates_come_back_as_they_were(seed: int) -> None:
    estate = random_estate(random.Random(seed))
    same(estate, again(estate))


@pytest.mark.parametrize("seed", range(6))
def test_what_was_read_line_by_line_keeps_its_order_its_digest_and_its_answers(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    estate = br.load(written(random_estate(rng), tmp_path / "a.jsonl", rng))
    other = again(estate)
    same(estate, other)
    asked = [br.ask("rank", some, assume="lateral").data.model_dump_json() for some in (estate, other)]
    assert asked[0] == asked[1]


def test_what_was_read_line_by_line_keeps_its_order_where_things_speak_of_later_ones(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        '{"verb": "reads", "sources": ["o"], "targets": ["a"]}\n{"verb": "reads", "sources": ["o"], "targets": ["b"]}\n'
        '{"kind": "store", "id": "a", "copy_of": ["z"]}\n{"kind": "operation", "id": "o"}\n'
        '{"kind": "store", "id": "b"}\n{"kind": "store", "id": "z"}\n'
    )
    estate = br.load(tmp_path / "a.jsonl")
    assert [*again(estate).entities] == [*estate.entities] == ["o", "a", "b", "z"]
    for copy in (estate, again(estate)):
        for name, line in (("a", 3), ("b", 5)):
            assert str(read_at(copy.entities, name)[0]) == f"{tmp_path / 'a.jsonl'}:{line}"
        assert str(read_at(copy.relations, "reads:o>b")[0]) == f"{tmp_path / 'a.jsonl'}:2"


def test_what_is_unsaid_stays_unsaid() -> None:
    estate = Estate.build([Loaded(entities=(Store(id="s"), Store(id="t", crown_jewel=False)))])
    assert snapshot.text(estate).splitlines()[1:] == [
        '{"store":{"id":"s"}}',
        '{"store":{"id":"t","crown_jewel":false}}',
    ]


def test_an_empty_estate_is_a_heading() -> None:
    estate = Estate.build([Loaded()])
    (line,) = snapshot.text(estate).splitlines()
    assert line == (
        '{"snapshot":1,"title":null,"as_of":null,"clock":{},"tally":{"facts":0,"rejected":0,"ignored":0},'
        '"columns":false,"digest":null}'
    )
    assert snapshot.loaded(['{"clock":{},"tally":{}}'], "a.snapshot").bulk is None
    same(estate, again(estate))


@pytest.mark.parametrize("name", ["a\x7f\x9b31m\u202e\U000e0041 é 漢", "a\u202e é 漢", "a\x7f é 漢", "a\x7f"])
def test_what_a_terminal_would_obey_is_written_as_its_number_and_read_as_it_was(name: str) -> None:
    estate = Estate.build([Loaded(entities=(Party(id="a", name=name, owner=name),))])
    assert [char for char in snapshot.text(estate) if acts(char) and char != "\n"] == []
    assert ("é 漢" in snapshot.text(estate)) == ("漢" in name)
    assert again(estate).entities["a"].name == name
    same(estate, again(estate))


def test_half_a_character_is_refused_with_its_place() -> None:
    at = (Provenance(source="native", file="a.yaml", line=3),)
    estate = Estate.build([Loaded(entities=(Party(id="p", name="\ud800", provenance=at),))])
    with pytest.raises(InputError, match=r"a\.yaml:3: 'p' has half a character"):
        snapshot.text(estate)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([], ":1: not the first line"),
        (["[]"], ":1: not the first line"),
        (['{"snapshot":99,"clock":{},"tally":{}}'], "a snapshot of form 99"),
        (['{"clock":{},"tally":{}}', "{"], ":2: not a line"),
        (['{"clock":{},"tally":{}}', '{"planet":{"id":"x"}}'], ":2: not a line"),
        (['{"clock":{},"tally":{}}', '{"party":{"id":""}}'], ":2: not a line"),
        (['{"clock":{},"tally":{}}', '{"party":{"id":"x"},"store":{"id":"y"}}'], ":2: not a line"),
    ],
)
def test_lines_that_are_no_snapshot_are_refused(lines: list[str], says: str) -> None:
    with pytest.raises(InputError, match=says):
        snapshot.loaded(lines, "a.snapshot")


COLUMNS = '{"clock":{},"tally":{},"columns":true}'


@pytest.mark.parametrize("says", ["ghp_" + "a1B2" * 9, "\\u0067hp_" + "a1B2" * 9])
@pytest.mark.parametrize(
    "line", ['{"store":{"id":"d","description":"%s"}}', '{"relation":{"verb":"owns","sources":["p"],"targets":["%s"]}}']
)
def test_a_secret_in_a_snapshot_of_columns_is_refused_however_it_is_written(line: str, says: str) -> None:
    with pytest.raises(InputError, match=":2: not a line of an estate's snapshot"):
        snapshot.loaded([COLUMNS, line % says], "a.snapshot")
    assert snapshot.loaded([COLUMNS, line % "\\u0067hp"], "a.snapshot").bulk is not None
