"""Two estates compared: every gain and loss is that of plain loops over the spec, and rests on a difference."""

from __future__ import annotations

import random

import pytest

import blastradius as br
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from blastradius.model import Capability, Kind, Level, Scenario
from blastradius.reports import diff_data
from blastradius.reports.diff import Params, Side, difference
from blastradius.reports.diff_data import DiffData, ReachChangeRow, compared
from blastradius.rules import included
from tests.campaign.estates import described_estate, parts
from tests.counts import few
from tests.queries.written import written

Row = tuple[str | None, str, Capability, str, str | None]
BASE = """
parties: {acme: {holds: key}, us: {role: self, owns: [api]}}
credentials: {key: {grants: [s.read]}}
scopes: {s.read: {permits: [get]}, s.all: {permits: [export]}}
operations:
  get: {reads: [{to: db, extent: subset, controls: [object_authz]}]}
  export: {reads: [db]}
services: {api: {serves: [get, export]}}
stores: {db: {crown_jewel: true, name: Customers}}
"""


def differing(base: str, head: str, **given: str) -> DiffData:
    return compared(Side(written(base)), Side(written(head)), Params.model_validate(given))


def changed(rng: random.Random, estate: Estate) -> Estate:
    """The estate without some of what it says."""
    said = parts(estate)
    relations = [relation for relation in said.relations if rng.random() < 0.9]
    entities = [
        entity.model_copy(update={"controls": ()}) if rng.random() < 0.2 else entity for entity in said.entities
    ]
    zones = [zone.model_copy(update={"flat": zone.flat and rng.random() < 0.7}) for zone in said.zones]
    return Estate.build(
        [said.model_copy(update={"relations": tuple(relations), "entities": tuple(entities), "zones": tuple(zones)})]
    )


def lows(estate: Estate, start: str | None) -> dict[tuple[str, Capability], Level]:
    """The lowest level at which a start reaches each fact."""
    if start is not None and start not in estate.entities:
        return {}
    seed = Scenario(anyone=True) if start is None else Scenario(compromise=(start,))
    facts = spec(estate, seed.model_copy(update={"assume": Level.LATERAL}))
    return {(fact.entity, fact.capability): level for fact, level in facts.items()}


def expected(base: Estate, head: Estate, starts: list[str | None]) -> set[Row]:
    """What each start reaches in ``head`` and not, or later, in ``base``: the strongest, beyond what anyone gains."""
    gains = {}
    for start in starts:
        earlier, after = lows(base, start), lows(head, start)
        gains[start] = {
            fact: (level, earlier.get(fact)) for fact, level in after.items() if level < earlier.get(fact, Level(4) + 1)
        }
    found: set[Row] = set()
    for start, some in gains.items():
        for (entity, capability), (level, before) in some.items():
            stronger = any(
                other == entity and capability in included(whole)[1:] and low <= level
                for (other, whole), (low, _) in some.items()
            )
            common = (
                start is not None and gains.get(None, {}).get((entity, capability), (Level(4) + 1, None))[0] <= level
            )
            public = all(
                getattr(estate.entities[entity], "public", False)
                for estate in (base, head)
                if entity in estate.entities
            )
            if not (stronger or common or public or entity == start):
                found.add((start, entity, capability, level.word, None if before is None else before.word))
    return found


def told(rows: tuple[ReachChangeRow, ...]) -> set[Row]:
    return {(row.start, row.entity, row.capability, row.level, row.before) for row in rows}


@pytest.mark.parametrize("seed", few(range(60), 20))
def test_gains_and_losses_are_those_of_the_spec(seed: int) -> None:
    rng = random.Random(seed)
    head = described_estate(rng)
    base = changed(rng, head)
    if rng.random() < 0.5:
        base, head = head, base
    data = compared(Side(base), Side(head), Params.model_validate({}))
    starts: list[str | None] = [party.id for party in base.of_kind(Kind.PARTY) if party.model_dump()["role"] != "self"]
    some = any(estate.columns.entities.anonymous.any() for estate in (base, head))
    starts += [None] if some else []
    assert data.starts == len(starts)
    assert told(data.gained) == expected(base, head, starts)
    assert told(data.lost) == expected(head, base, starts)
    assert all(row.because for row in (*data.gained, *data.lost)), "a proof that nothing new is in holds before, too"


def test_a_scope_too_many_is_found_with_the_line_that_grants_it() -> None:
    data = differing(BASE, BASE.replace("[s.read]}", "[s.read, s.all]}"))
    assert data.fails
    assert data.crown_jewels == ("db",)
    row = data.gained[0]
    assert (row.start, row.entity, row.capability) == ("acme", "db", "read")
    assert (row.level, row.before) == ("granted", "takeover")
    assert row.because is not None
    assert [(cause.what, cause.change, cause.id) for cause in row.because] == [("relation", "new", "grants:key>s.all")]
    assert [place.text for place in row.because[0].places] == ["estate.yaml:4:38"]
    assert [(row.change, row.id) for row in data.relations] == [("new", "grants:key>s.all")]


def test_what_is_taken_away_is_no_finding_and_says_where_it_stood() -> None:
    data = differing(BASE.replace("[s.read]}", "[s.read, s.all]}"), BASE, fail_on="new")
    assert not data.fails
    assert not data.gained
    assert data.lost[0].because is not None
    assert [(cause.change, cause.id) for cause in data.lost[0].because] == [("gone", "grants:key>s.all")]


def test_a_control_that_is_gone_is_lost_and_named_as_the_cause() -> None:
    data = differing(BASE, BASE.replace(", controls: [object_authz]", ""))
    (lost,) = data.controls
    assert (lost.change, lost.id, lost.before, lost.after) == ("lost", "object_authz@reads:get>db", "working", None)
    jewel = data.gained[0]
    assert (jewel.entity, jewel.level) == ("db", "abused")
    assert jewel.because is not None
    assert (jewel.because[0].what, jewel.because[0].change) == ("control", "gone")
    assert jewel.because[0].places[0].text.startswith("estate.yaml:7:")
    assert differing(BASE, BASE.replace("[object_authz]", "[{kind: object_authz, status: failed}]")).controls[0].after


def test_a_new_partner_that_reaches_nothing_is_listed_and_passes() -> None:
    data = differing(BASE, BASE.replace("parties: {", "parties: {newco: {}, "), fail_on="new")
    assert [(row.change, row.id, row.kind) for row in data.entities] == [("new", "newco", "party")]
    assert not data.fails
    assert not data.gained


def test_a_jewel_that_is_unmarked_by_the_change_still_counts() -> None:
    head = BASE.replace("[s.read]}", "[s.read, s.all]}").replace("crown_jewel: true, ", "")
    data = differing(BASE, head)
    assert data.fails
    assert ("db", "crown_jewel") in {(row.id, field.field) for row in data.entities for field in row.fields}


@pytest.mark.parametrize(("fail_on", "fails"), [("jewel", False), ("new", True), ("never", False)])
def test_what_is_refused_is_what_was_asked_for(fail_on: str, fails: bool) -> None:
    base = BASE.replace("crown_jewel: true, ", "")
    head = base.replace("[s.read]}", "[s.read, s.all]}")
    answer = difference(Side(written(base)), Side(written(head)), Params.model_validate({"fail_on": fail_on}))
    assert answer.findings is fails
    assert any("no crown jewel is marked" in line for line in answer.lines) is (fail_on == "jewel")


def test_the_same_estate_says_so() -> None:
    shown = br.diff(written(BASE), written(BASE))
    assert shown.headline == "the two estates state the same"
    assert shown.tables == []


def test_an_estate_of_nothing_is_compared() -> None:
    empty = Estate.build([])
    assert br.diff(empty, empty).headline == "the two estates state the same"
    assert br.diff(empty, written(BASE)).data.model_dump()["newly_reached"] > 0


def test_what_everyone_gains_for_one_reason_is_told_in_one_row_and_what_anyone_could_once() -> None:
    head = BASE.replace("get: {", "get: {anonymous: true, direction: exposed, ")
    data = differing(
        BASE.replace("parties: {", "parties: {other: {}, "), head.replace("parties: {", "parties: {other: {}, ")
    )
    assert {row.start for row in data.gained if row.entity == "db"} == {None}


def test_for_very_many_starts_the_causes_of_the_rest_are_said_to_be_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diff_data, "most_explained", lambda relations: 0)
    answer = difference(
        Side(written(BASE)), Side(written(BASE.replace("[s.read]}", "[s.read, s.all]}"))), Params.model_validate({})
    )
    assert any("not looked up" in line for line in answer.lines)


def test_a_second_publisher_is_why_a_feed_no_longer_stops() -> None:
    base = "parties: {acme: {publishes: rates}, other: {}}\nfeeds: {rates: {crown_jewel: true}}\n"
    data = differing(base, base.replace("other: {}", "other: {publishes: rates}"))
    (row,) = (row for row in data.lost if row.capability is Capability.DENY)
    assert [(cause.change, cause.id) for cause in row.because or ()] == [("new", "publishes:other>rates")]
