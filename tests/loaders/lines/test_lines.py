"""Estates of JSON Lines are the estates they spell out, and say what is wrong with a line by its number."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import blastradius as br
from blastradius.columns.tables import Columns
from blastradius.engine import World, check_worlds, compile_system, solve, solve_worlds
from blastradius.engine.check.spec import spec
from blastradius.errors import InputError, UsageError
from blastradius.estate import Estate
from blastradius.model import Kind, Level
from tests.counts import examples
from tests.engine.random_estates import facts_in, random_estate, random_scenario

ROOT = Path(__file__).parents[3]


def written(built: Estate, file: Path, rng: random.Random) -> Path:
    """An estate as lines, in any order."""
    records: list[dict[str, Any]] = [{"zone": zone.id, "flat": zone.flat} for zone in built.zones.values()]
    bare: dict[str, Any] = {"mode": "json", "exclude": {"provenance"}, "exclude_defaults": True}
    records += [{**entity.model_dump(**bare), "kind": entity.kind} for entity in built.entities.values()]
    records += [{**relation.model_dump(**bare), "verb": relation.verb} for relation in built.relations.values()]
    rng.shuffle(records)
    file.write_text("".join(json.dumps(record) + "\n" for record in records))
    return file


@examples(1 / 8)
@given(st.integers(0, 2**40))
def test_lines_are_the_estate_they_spell_out(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """The same facts by the same engines: one world at a time, and many at once, audited."""
    rng = random.Random(seed)
    built = random_estate(rng)
    lines = br.load(written(built, tmp_path_factory.mktemp("lines") / "e.jsonl", rng))
    assert dict(lines.entities).keys() == built.entities.keys()
    assert set(lines.relations) == set(built.relations)
    assert placed(lines) == placed(built)
    assert [lines.kind_of(entity) for entity in built.entities] == [entity.kind for entity in built.entities.values()]
    asked = random_scenario(rng, built)
    wanted = spec(built, asked)
    assert solve(lines, asked).levels == wanted
    for solved in solve_worlds(compile_system(lines), [World(asked)]):
        check_worlds(lines, solved)
        assert facts_in(solved, 0) == set(wanted)


def placed(estate: Estate) -> dict[str, Any]:
    """What is said of each control, but for where it was read."""
    return {
        name: (placed.host, placed.control.model_dump(exclude={"provenance"}))
        for name, placed in estate.controls.items()
    }


def test_columns_are_those_of_the_estate(tmp_path: Path) -> None:
    """Column by column, once both are in one order; void controls included."""
    for seed in range(40):
        built = random_estate(random.Random(seed))
        lines = br.load(written(built, tmp_path / "e.jsonl", random.Random(seed)))
        assert said(lines.columns) == said(built.columns)


def said(columns: Columns) -> set[str]:
    """Columns as statements, whatever the order of their rows."""
    entities, controls = columns.entities, columns.controls
    found = set()
    for row, name in enumerate(entities.ids):
        api, zone = int(entities.api[row]), int(entities.flat_zone[row])
        flags = bool(entities.anonymous[row]), bool(entities.password[row])
        places = entities.apis[api] if api >= 0 else None, entities.flat_zones[zone] if zone >= 0 else None
        found.add(str((name, int(entities.kind[row]), places, flags)))
    for row in range(len(controls.kind)):
        provider = int(controls.provider[row])
        by = entities.ids[provider] if provider >= 0 else None
        found.add(str((controls.ids[row], by, bool(controls.failed[row]), bool(controls.fails_closed[row]))))
    relations = columns.relations
    for row, name in enumerate(relations.ids):
        dependency = relations.dependency[row], float(relations.buffer_h[row]), int(relations.at_least[row])
        words = bool(relations.subset[row]), bool(relations.brittle[row]), bool(relations.capacity_loss[row])
        found.add(str((name, dependency, *words, int(relations.vote_min[row]))))
    return found


PARTY, SERVICE = '{"kind": "party", "id": "p"}', '{"kind": "service", "id": "s"}'


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([PARTY, "{"], r"e.jsonl:2: not JSON"),
        ([PARTY, "[1]"], r"e.jsonl:2: expected an object"),
        ([PARTY, '{"kind": "partner", "id": "x"}'], r"e.jsonl:2: expected a verb, a zone or a kind"),
        (['{"kind": "party", "id": "p", "colour": 1}'], r"e.jsonl:1: colour is '1'; Extra inputs"),
        ([PARTY, PARTY], r"e.jsonl:2: 'p' is declared already at .*e.jsonl:1; say it once"),
        (
            [PARTY, SERVICE, '{"verb": "owns", "sources": ["p"], "targets": ["ss"]}'],
            r"e.jsonl:3: 'ss' is not declared; did you mean 's'\?",
        ),
        (
            [PARTY, SERVICE, '{"verb": "owns", "sources": ["s"], "targets": ["p"]}'],
            r"e.jsonl:3: 's' is a service; owns",
        ),
        ([SERVICE, *['{"verb": "connects", "sources": ["s"], "targets": ["s"]}'] * 2], r"e.jsonl:3: the same connects"),
        (
            [SERVICE, '{"verb": "calls", "sources": ["s"], "targets": ["s"], "at_least": 1}'],
            r"e.jsonl:2: at_least says nothing on calls; it belongs on depends_on",
        ),
        (['{"kind": "party", "id": "p", "controls": [{"kind": "pam"}]}'], r"e.jsonl:1: control 'pam' stops nothing on"),
        (
            ['{"kind": "store", "id": "d", "controls": [{"kind": "hardened"}, {"kind": "hardened"}]}'],
            r"e.jsonl:1: has the control 'hardened' twice; say it once",
        ),
        (
            ['{"kind": "store", "id": "d", "records": 10000000000000000}'],
            r"e.jsonl:1: records is .*; expected less than",
        ),
        ([f'{{"kind": "party", "id": "{"x" * 1_100_000}"}}'], r"e.jsonl:1: is longer than a megabyte"),
        (['{"kind": "store", "id": "d", "records": NaN}'], r"e.jsonl:1: not JSON"),
        (['{"zone": "z"}', '{"zone": "z"}'], r"e.jsonl:2: zone 'z' is declared already at .*e.jsonl:1; say it once"),
        (['{"kind": "party", "id": "a\\u202eb"}'], r"e.jsonl:1: .* cannot be an id: it is blank or has a control"),
        (['{"kind": "party", "id": "password=hunter22"}'], r"e.jsonl:1: an id here looks like a secret"),
        (['{"kind": "party", "id": "p", "contract_end": "soon"}'], r"e.jsonl:1: contract_end is 'soon'; not a date"),
        (['{"kind": "party", "id": "p", "zone": "password=hunter22"}'], r"e.jsonl:1: an id here looks like a secret"),
        (
            ['{"kind": "party", "id": "p", "governance": {"a": "password=hunter22"}}'],
            r"e.jsonl:1: something under governance looks like a secret",
        ),
    ],
)
def test_a_line_that_does_not_fit(lines: list[str], says: str, tmp_path: Path) -> None:
    file = tmp_path / "e.jsonl"
    file.write_text("\n".join(lines))
    with pytest.raises(InputError, match=says):
        br.load(file)


def test_not_more_than_twenty_problems(tmp_path: Path) -> None:
    file = tmp_path / "e.jsonl"
    file.write_text('{"title": "t"}\n' + "{\n" * 1000)
    with pytest.raises(InputError) as caught:
        br.load(file)
    assert len(caught.value.problems) == 20


def test_an_empty_file_is_an_estate_of_nothing_only_where_it_is_said_to_be_one(tmp_path: Path) -> None:
    file = tmp_path / "e.jsonl"
    file.write_text("")
    with pytest.raises(InputError, match="there is nothing in it"):
        br.load(file)
    (tmp_path / "blastradius.yaml").write_text("workspace: 1\nsources: [{path: e.jsonl, loader: lines}]\n")
    assert len(br.load(tmp_path).entities) == 0


def test_a_text_for_people_is_shown_without_its_secret(tmp_path: Path) -> None:
    file = tmp_path / "e.jsonl"
    file.write_text('{"kind": "party", "id": "p", "description": "password=hunter22"}')
    (party,) = br.load(file).entities.values()
    assert party.description == "[secret]"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated estate of 5,000 entities."""
    if not (ROOT / "benchmarks").is_dir():
        pytest.skip("the benchmarks are not here")
    file = tmp_path_factory.mktemp("large") / "e.jsonl"
    subprocess.run([sys.executable, ROOT / "benchmarks" / "estates.py", "5000", file], check=True)
    return file


@pytest.mark.slow
def test_every_question_answers_on_lines(large: Path) -> None:
    estate = br.load(large)
    rows: Any = br.rank(estate, assume="takeover").data
    assert rows.checked is True
    assert len(rows.rows) > 400
    first = rows.rows[0]
    reach: Any = br.reach(estate, **{first.way: first.start}, assume="takeover").data
    assert len({fact.entity for fact in reach.facts} - {first.start}) == first.entities
    levers: Any = br.levers(estate, **{first.way: first.start}, assume="takeover").data
    assert levers.removed
    assert levers.checked is True
    assert br.grant(estate, holder="party_1", grant="scope_1").data.model_dump()["checked"] is True


def test_the_audit_is_left_out_of_what_is_too_large(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blastradius.reports.impact.MOST_AUDITED", 100)
    rows: Any = br.rank(br.load(large)).data
    assert rows.checked is False


@pytest.mark.slow
def test_levels_are_those_of_one_world(large: Path) -> None:
    """Some parties of a large estate, all levels, against the proof engine."""
    estate = br.load(large)
    system = compile_system(estate)
    parties = [party.id for party in estate.of_kind(Kind.PARTY)][:3]
    for party in parties:
        asked = br.reach(estate, compromise=party, assume="lateral").data.model_dump(mode="json")["facts"]
        for level in Level:
            scenario = random_scenario(random.Random(0), estate).model_copy(
                update=dict.fromkeys(("compromise", "leak", "poison", "wrong", "outage", "breach", "distrust"), ())
                | {"compromise": (party,), "assume": level, "hours": None}
            )
            (solved,) = solve_worlds(system, [World(scenario)])
            below = [each.word for each in Level if each <= level]
            wanted = {(each["entity"], each["capability"]) for each in asked if each["level"] in below}
            assert {(each.entity, str(each.capability)) for each in facts_in(solved, 0)} == wanted
    assert np.all(system.steps.level > 0)


def test_a_seed_that_is_not_there(large: Path) -> None:
    with pytest.raises(UsageError, match="did you mean"):
        br.reach(br.load(large), compromise="party_x1")
