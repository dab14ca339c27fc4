"""One estate, whatever its facts were read from: objects, lines, tables, or some of each."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import blastradius as br
from blastradius.cli import main
from blastradius.columns.facts import FactTable, Told
from blastradius.engine import solve
from blastradius.errors import InputError, UsageError
from blastradius.estate import Estate
from blastradius.estate.things import LazyEntities, read_at, told
from blastradius.loaderkit.contract import Loaded
from blastradius.loading import load, survey
from blastradius.model import Credential, Entity, Relation, Scope, Verb, Zone
from tests.counts import examples
from tests.engine.random_estates import random_estate, random_scenario

Facts = Sequence[Entity | Relation | Zone]
BLIND: Any = {"provenance": True, "controls": {"__all__": {"provenance"}}}


def line_of(fact: Entity | Relation | Zone) -> dict[str, Any]:
    if isinstance(fact, Zone):
        return {"zone": fact.id, "flat": fact.flat}
    said = fact.model_dump(mode="json", exclude={"provenance"}, exclude_defaults=True)
    return {**said, "kind": fact.kind} if isinstance(fact, Entity) else {**said, "verb": fact.verb}


def written(facts: Facts, file: Path) -> Path:
    """Facts as lines, in the order given, each with what it is first, by which a file of lines is known."""
    lines = [line_of(fact) for fact in facts]
    first = [{key: line[key] for key in ("kind", "verb", "zone") if key in line} for line in lines]
    file.write_text("".join(json.dumps(head | line) + "\n" for head, line in zip(first, lines, strict=True)))
    return file


def facts_of(estate: Estate) -> list[Entity | Relation | Zone]:
    return [*estate.zones.values(), *estate.entities.values(), *estate.relations.values()]


def as_loaded(facts: Facts) -> Loaded:
    return Loaded(
        entities=tuple(fact for fact in facts if isinstance(fact, Entity)),
        relations=tuple(fact for fact in facts if isinstance(fact, Relation)),
        zones=tuple(fact for fact in facts if isinstance(fact, Zone)),
    )


def loaded_from(file: Path) -> Loaded:
    (part,) = survey([file]).whole()
    return part.loaded


_OF_FILES = "give them different names in those files"
"""In the one finding that is about which files say what."""


def says(estate: Estate) -> dict[str, Any]:
    """All that an estate says, blind to where it was read and in what order."""
    things: list[Entity | Relation] = [*estate.entities.values(), *estate.relations.values()]
    return {
        "facts": {thing.id: thing.model_dump(mode="json", exclude=BLIND) for thing in things},
        "zones": {zone.id: zone.flat for zone in estate.zones.values()},
        "controls": {
            control.id: (control.host, control.control.model_dump(mode="json", exclude={"provenance"}))
            for control in estate.controls.values()
        },
        "by verb": {verb: {each.id for each in them} for verb, them in estate.by_verb.items()},
        "findings": {(it.message, it.about) for it in estate.findings() if _OF_FILES not in it.message},
        "notes": {note.message for note in estate.notes},
        "columns": columns(estate),
    }


def columns(estate: Estate) -> set[tuple[Any, ...]]:
    """The columns as rows of names in place of numbers."""
    entities, relations, controls = estate.columns.entities, estate.columns.relations, estate.columns.controls
    hosts = [*entities.ids, *relations.ids]
    found: set[tuple[Any, ...]] = set()
    plain: tuple[Any, ...]
    for row, name in enumerate(entities.ids):
        plain = (entities.kind, entities.records, entities.anonymous, entities.password, entities.crown_jewel)
        plain = (*plain, entities.complete)
        api, zone = called(entities.apis, entities.api[row]), called(entities.flat_zones, entities.flat_zone[row])
        copied = tuple(entities.ids[original] for original in entities.copy_of[row])
        found.add((name, *(int(column[row]) for column in plain), api, zone, copied))
    for row, name in enumerate(relations.ids):
        sides = (relations.sources, relations.targets, relations.keys, relations.needs)
        ends = [tuple(entities.ids[each] for each in side[row]) for side in sides]
        plain = (relations.verb, relations.at_least, relations.vote_min, relations.subset, relations.brittle)
        plain = (*plain, relations.on_bad, relations.defaults, relations.obeys, relations.basis)
        more = (relations.dependency[row], float(relations.buffer_h[row]), bool(relations.capacity_loss[row]))
        found.add((name, *ends, *(int(column[row]) for column in plain), *more))
    for row, name in enumerate(controls.ids):
        plain = (controls.kind, controls.failed, controls.fails_closed, controls.misled, controls.phishable)
        plain = (*plain, controls.slower, controls.starts_after_h)
        provider = called(entities.ids, controls.provider[row])
        found.add((name, *(int(column[row]) for column in plain), hosts[controls.host[row]], provider))
    return found


def called(names: Sequence[str], number: int) -> str | None:
    return names[number] if number >= 0 else None


@examples(1 / 5)
@given(st.integers(0, 2**40))
def test_lines_say_what_objects_do(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    rng = random.Random(seed)
    built = random_estate(rng)
    facts = facts_of(built)
    rng.shuffle(facts)
    lines = load([written(facts, tmp_path_factory.mktemp("lines") / "e.jsonl")]) if facts else built
    assert says(lines) == says(built)


@examples(1 / 5)
@given(st.integers(0, 2**40))
def test_any_split_into_files_and_objects_is_the_same_estate(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    """Each fact in one part or in several: lines, other lines, or objects."""
    rng = random.Random(seed)
    built = random_estate(rng)
    parts: list[list[Entity | Relation | Zone]] = [[], [], []]
    for fact in facts_of(built):
        for part in rng.sample(parts, rng.choice((1, 1, 1, 2, 3))):
            part.append(fact)
    folder = tmp_path_factory.mktemp("parts")
    loads = [loaded_from(written(part, folder / f"{n}.jsonl")) for n, part in enumerate(parts[:2]) if part]
    composed = Estate.build([as_loaded(parts[2]), *loads])
    assert says(composed) == says(built)
    asked = random_scenario(rng, built)
    assert solve(composed, asked).levels == solve(built, asked).levels


def test_columns_stay_columns_when_other_files_stand_beside(tmp_path: Path) -> None:
    """Of two files with a thing in common only that becomes an object."""
    lines = tmp_path / "e.jsonl"
    lines.write_text("".join(f'{{"kind": "party", "id": "p{n}"}}\n' for n in range(50)))
    (tmp_path / "e.yaml").write_text("blastradius: 1\nparties:\n  p7: {name: Seven}\n  q: {}\n")
    estate = br.load(lines, tmp_path / "e.yaml")
    assert len(estate.entities) == 51
    seven, eight = estate.entities["p7"], estate.entities["p8"]
    assert seven.name == "Seven"
    assert [str(each) for each in seven.provenance] == [f"{lines}:8", f"{tmp_path / 'e.yaml'}:3:3"]
    assert [str(each) for each in eight.provenance] == [f"{lines}:9"]
    assert isinstance(estate.entities, LazyEntities)
    assert list(estate.entities.known) == ["p7", "p8"], "made when asked for"


def test_entities_that_are_made_are_kept_up_to_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blastradius.estate.things.MOST_KEPT", 2)
    lines = tmp_path / "e.jsonl"
    lines.write_text("".join(f'{{"kind": "party", "id": "p{n}"}}\n' for n in range(5)))
    estate = br.load(lines)
    assert isinstance(estate.entities, LazyEntities)
    assert estate.entities["p1"] is estate.entities["p1"]
    for name in (f"p{n}" for n in range(5)):
        assert estate.entities[name].id == name
        assert len(estate.entities.known) <= 2
    assert [entity.id for entity in estate.entities.values()] == [f"p{n}" for n in range(5)]


def test_what_answers_ask_of_an_entity_is_what_its_object_says(tmp_path: Path) -> None:
    """Read from its line without making one, whatever stands there, also where it looks like a secret."""
    secret = "AKIA" + "Q3EGNJHZXWVUTSRP"
    said: list[dict[str, object]] = [
        {"name": "Seven"},
        {},
        {"name": ""},
        {"name": f"key {secret}"},
        {"name": "A\u0000", "unknown": ["reads", "a"]},
        {"public": True},
        {"unknown": ["reads"]},
    ]
    lines = [json.dumps({"kind": "store", "id": f"s{n}", **more}) for n, more in enumerate(said)]
    (tmp_path / "e.jsonl").write_text("\n".join([*lines, '{"kind": "store", "id": "s9", "name": "\\u0053"}']))
    estate = br.load(tmp_path / "e.jsonl")
    assert isinstance(estate.entities, LazyEntities)
    found = {name: told(estate.entities, name) for name in estate.entities}
    assert list(estate.entities.known) == ["s4"], "what is unknown is said in one order"
    assert found == {name: Told.of(entity) for name, entity in estate.entities.items()}
    places = {name: read_at(estate.entities, name) for name in estate.entities}
    assert places == {name: entity.provenance for name, entity in estate.entities.items()}
    assert secret not in repr(found)
    assert found["s9"].label == "S"


def test_relations_of_lines_are_made_when_they_are_asked_for(tmp_path: Path) -> None:
    owned = [f'{{"kind": "service", "id": "s{n}"}}\n' for n in range(3)]
    owned += [f'{{"verb": "owns", "sources": ["p"], "targets": ["s{n}"]}}\n' for n in range(3)]
    (tmp_path / "e.jsonl").write_text('{"kind": "party", "id": "p"}\n' + "".join(owned))
    owns = br.load(tmp_path / "e.jsonl").by_verb[Verb.OWNS]
    ids = [f"owns:p>s{n}" for n in range(3)]
    assert len(owns) == 3
    assert [relation.id for relation in owns] == ids
    assert [relation.id for relation in owns[1:]] == ids[1:]
    assert owns[-1].id == ids[-1]


def test_a_contradiction_between_lines_and_a_file_is_said(tmp_path: Path) -> None:
    lines = tmp_path / "e.jsonl"
    lines.write_text('{"kind": "store", "id": "db", "records": 5}\n{"kind": "party", "id": "x"}\n')
    (tmp_path / "e.yaml").write_text("blastradius: 1\nstores: {db: {records: 7}}\n")
    (note,) = [str(each) for each in br.load(tmp_path).notes if each.kind == "contradicted"]
    assert note == (
        f"{tmp_path / 'e.yaml'}:2:10: contradicted: entity 'db' has records 7 here and 5 at {lines}:1; kept the latter"
    )
    (tmp_path / "e.yaml").write_text("blastradius: 1\nstores: {x: {}}\n")
    with pytest.raises(InputError, match=r"e.jsonl:2: 'x' is a party here and a store at .*e.yaml:2:10"):
        br.load(tmp_path)


MISTAKES: list[list[dict[str, Any]]] = [
    [{"verb": "owns", "sources": ["p"], "targets": ["sv"]}],
    [{"verb": "owns", "sources": ["s"], "targets": ["p"]}],
    [{"verb": "owns", "sources": ["p"], "targets": ["s", "d"]}],
    [{"verb": "owns", "sources": ["p", "q"], "targets": ["s"]}],
    [{"verb": "calls", "sources": ["s"], "targets": ["o"], "at_least": 1}],
    [{"verb": "reads", "sources": ["s"], "targets": ["d"], "brittle": True, "vote_min": 2}],
    [{"verb": "depends_on", "sources": ["s"], "targets": ["d", "d"], "at_least": 3}],
    [{"verb": "owns", "sources": ["p"], "targets": ["s"], "controls": [{"kind": "pam", "provided_by": "nobody"}]}],
    [{"kind": "store", "id": "x", "controls": [{"kind": "hardened"}, {"kind": "fail_closed"}]}],
    [{"kind": "store", "id": "x", "copy_of": "dd"}],
    [{"kind": "store", "id": "x", "controls": [{"kind": "redacted", "provided_by": "y"}]}],
    [{"verb": "calls", "sources": ["s"], "targets": ["o"], "keys": ["d"], "needs": ["kk"]}],
    [{"verb": "part_of", "sources": ["s"], "targets": ["d"]}],
]
KINDS = {"p": "party", "q": "party", "s": "service", "o": "operation", "d": "store"}
SOUND = [{"kind": kind, "id": name} for name, kind in KINDS.items()]


@pytest.mark.parametrize("mistake", [*MISTAKES, [each for one in MISTAKES[:8] for each in one]])
def test_one_mistake_is_one_message_whatever_it_was_read_from(mistake: list[dict[str, Any]], tmp_path: Path) -> None:
    """As lines and as objects: the same words, each with its own position."""
    file = tmp_path / "e.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in (*SOUND, *mistake)))
    with pytest.raises(InputError) as of_lines:
        br.load(file)
    with pytest.raises(InputError) as of_objects:
        Estate.build([loaded_from(file).objects()])
    assert set(of_lines.value.problems) == set(of_objects.value.problems)
    assert all(problem.startswith(f"{file}:") for problem in of_lines.value.problems)
    assert len(of_objects.value.problems) >= len(mistake)


def test_the_digest_of_lines_is_blind_to_their_order_and_to_files(tmp_path: Path) -> None:
    facts = facts_of(random_estate(random.Random(3)))
    half = len(facts) // 2
    one = br.load(written(facts, tmp_path / "one.jsonl"))
    split = [written(facts[half:], tmp_path / "a.jsonl"), written(facts[:half], tmp_path / "b.jsonl")]
    assert br.load(*split).digest == one.digest
    (tmp_path / "e.yaml").write_text("blastradius: 1\nparties: {another: {}}\n")
    assert br.load(*split, tmp_path / "e.yaml").digest != one.digest


EXPECT = """blastradius: 1
expect:
  - {name: Their key opens the orders, compromise: acme, reached: {orders: read}}
  - {name: Not the vault, compromise: acme, assume: takeover, not_reached: {vault: read}}
"""
SHOP = [
    {"title": "Shop"},
    {"kind": "party", "id": "acme"},
    {"kind": "credential", "id": "key"},
    {"kind": "operation", "id": "list", "api": "orders", "method": "GET", "path": "/orders"},
    {"kind": "store", "id": "orders"},
    {"kind": "store", "id": "vault"},
    {"verb": "holds", "sources": ["acme"], "targets": ["key"]},
    {"verb": "grants", "sources": ["key"], "targets": ["list"]},
    {"verb": "reads", "sources": ["list"], "targets": ["orders"]},
]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with an estate of lines, and a file of what is expected of it."""
    (tmp_path / "shop.jsonl").write_text("".join(json.dumps(each) + "\n" for each in SHOP))
    (tmp_path / "expect.yaml").write_text(EXPECT)
    return tmp_path


def test_expectations_beside_lines_are_verified(shop: Path) -> None:
    data: Any = br.verify(br.load(shop)).data
    assert [check.expectation for check in data.checks if check.holds] == [
        "Their key opens the orders",
        "Not the vault",
    ]
    (shop / "expect.yaml").write_text(EXPECT.replace("vault", "vualt"))
    with pytest.raises(InputError, match=r"expect.yaml:4:\d+: 'vualt' is not declared; did you mean 'vault'\?"):
        br.load(shop)


def test_a_workspace_renames_what_lines_say(shop: Path) -> None:
    (shop / "other.yaml").write_text("blastradius: 1\nparties: {acme-inc: {holds: [own]}}\ncredentials: {own: {}}\n")
    (shop / "blastradius.yaml").write_text(
        "workspace: 1\n"
        "sources:\n"
        "  - {path: shop.jsonl, prefix: 'shop:', zone: dmz, owner: Ops, controls: [{kind: compartment, on: store}]}\n"
        "  - {path: other.yaml}\n"
        "same: {acme-inc: ['shop:acme']}\n"
    )
    estate = br.load(shop)
    assert set(estate.relations) == {
        "grants:shop:key>shop:list",
        "holds:acme-inc>own",
        "holds:acme-inc>shop:key",
        "reads:shop:list>shop:orders",
    }
    orders = estate.entities["shop:orders"]
    assert (orders.zone, orders.owner, [control.kind for control in orders.controls]) == ("dmz", "Ops", ["compartment"])
    assert str(orders.provenance[0]) == f"{shop / 'shop.jsonl'}:5"


def test_a_workspace_that_only_lists_keeps_columns(shop: Path) -> None:
    (shop / "blastradius.yaml").write_text("workspace: 1\nsources: [{path: [shop.jsonl, expect.yaml]}]\n")
    (lines,) = [each.loaded for each in survey([shop]).whole() if each.loader == "lines"]
    assert isinstance(lines.bulk, FactTable)
    assert len(br.load(shop).expectations) == 2
    assert lines.objects().bulk is None
    assert br.load(shop).digest == br.load(shop / "shop.jsonl").digest


def test_check_counts_lines(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = shop / "shop.jsonl"
    file.write_text(file.read_text() + '{"zone": "z"}\n\n')
    assert main(["check", str(shop), "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    (row,) = [source for source in said["sources"] if source["loader"] == "lines"]
    assert {name: row[name] for name in ("entities", "relations", "records", "facts", "rejected", "ignored")} == {
        "entities": 5,
        "relations": 3,
        "records": 9,
        "facts": 9,
        "rejected": 0,
        "ignored": 0,
    }
    assert said["problems"] == []
    assert (said["entities"], said["relations"]) == (5, 3)


def test_init_finds_lines(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(shop)]) == 0
    assert 'path: "shop.jsonl"\n    loader: lines' in (shop / "blastradius.yaml").read_text()
    assert len(br.load(shop).relations) == 3


def test_one_file_is_loaded_once(shop: Path) -> None:
    file = shop / "shop.jsonl"
    assert br.load(file, file).tally == br.load(file).tally


def test_too_many_objects_are_refused_before_they_are_made(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (shop / "blastradius.yaml").write_text("workspace: 1\nsources: [{path: shop.jsonl, prefix: 'a:'}]\n")
    monkeypatch.setattr("blastradius.memory.free_memory", lambda: 20_000)
    with pytest.raises(UsageError, match=r"8 entities and relations as objects need .* GB are free; leave names"):
        br.load(shop)


def test_ids_of_relations_are_the_same_one_by_one_and_all_at_once() -> None:
    names = ["a+b", "c>d", "e%2B", "f"]
    keys = [Credential(id=name) for name in names]
    granted = [Relation(verb=Verb.GRANTS, sources=tuple(names[:few]), targets=("s>+%",)) for few in range(1, 5)]
    ids = Estate.build([as_loaded([*keys, Scope(id="s>+%"), *granted])]).columns.relations.ids
    alone = [ids[number] for number in range(len(ids))]
    assert alone == list(ids)
    assert sorted(alone) == sorted(relation.id for relation in granted)
