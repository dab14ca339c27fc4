"""Grants that nobody needs or uses: told apart from those of which nobody says so, ranked by what each alone adds."""

from __future__ import annotations

import random
from typing import Any

import pytest

from blastradius import plugins
from blastradius.answer import Answer
from blastradius.api import ask
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Basis, Credential, Entity, Scope
from tests.campaign.answers import both
from tests.campaign.estates import described_estate, parts
from tests.counts import few
from tests.queries.written import written

ESTATE = """
parties: {us: {role: self, owns: [api]}, acme: {owns: [tms]}}
credentials: {key: {grants: [s.read, s.all, s.old]}}
scopes: {s.read: {permits: [get]}, s.all: {permits: [export]}, s.old: {permits: [legacy]}}
operations: {get: {reads: [mine]}, export: {reads: [db]}, legacy: {}}
services: {api: {serves: [get, export, legacy]}, tms: {holds: [key], calls: [{to: get, with: [key]}]}}
stores: {mine: {records: 5}, db: {crown_jewel: true, records: 500}}
"""
Rows = dict[str, dict[str, Any]]


def rows(estate: Estate, **given: Any) -> Rows:
    return {row["target"]: row for row in answered(estate, **given).data.model_dump(mode="json")["rows"]}


def answered(estate: Estate, **given: Any) -> Answer:
    return ask("overgrant", estate, **given).answer


def decorated(rng: random.Random, estate: Estate) -> Estate:
    """The estate with what is stated of scopes, keys that sleep, and relations that were observed."""
    said = parts(estate)

    def of(entity: Entity) -> Entity:
        if isinstance(entity, Scope):
            flags = {word: rng.choice((None, None, True, False)) for word in ("needed", "used")}
            return entity.model_copy(update=flags)
        return entity.model_copy(update={"dormant": rng.random() < 0.1}) if isinstance(entity, Credential) else entity

    relations = [
        relation.model_copy(update={"basis": rng.choice((relation.basis, relation.basis, Basis.OBSERVED))})
        for relation in said.relations
    ]
    changed = {"entities": tuple(map(of, said.entities)), "relations": tuple(relations)}
    return Estate.build([said.model_copy(update=changed)])


@pytest.mark.parametrize("seed", few(range(40), 6))
def test_it_is_what_plain_loops_over_the_spec_find(seed: int) -> None:
    rng = random.Random(seed)
    estate = decorated(rng, described_estate(rng))
    asked = {"assume": rng.choice(("granted", "abused", "takeover", "lateral"))}
    told, expected = both(plugins.query("overgrant"), estate, asked)
    assert told == expected


def test_what_no_declared_call_needs_is_excess_and_the_one_that_opens_the_most_comes_first() -> None:
    found = rows(written(ESTATE))
    assert [(name, row["need"], row["use"], row["verdict"]) for name, row in found.items()] == [
        ("s.all", "not needed", "unsaid", "excess"),
        ("s.old", "not needed", "unsaid", "excess"),
        ("s.read", "needed", "unsaid", "kept"),
    ]
    assert found["s.read"]["needed_by"] == ["calls:tms>get"]
    assert (found["s.all"]["crown_jewels"], found["s.all"]["records"]) == (["db"], 500)
    assert found["s.old"]["records"] == 0
    assert found["s.all"]["holders"] == ["tms"]
    assert found["s.all"]["places"][0]["line"] == 4


def test_without_any_call_nobody_says_whether_it_is_needed_and_silence_is_no_excess() -> None:
    answer = answered(written(ESTATE.replace(", calls: [{to: get, with: [key]}]", "")))
    assert answer.headline == (
        "none of 3 grants is known to be needless; of all 3 nobody says whether they are needed or used"
    )
    assert [table.id for table in answer.tables if table.rows] == ["unknown"]
    alone = answered(written("parties: {p: {holds: [k]}}\ncredentials: {k: {grants: [o]}}\noperations: {o: }\n"))
    assert alone.headline == "not one grant is known to be needless; nobody says whether it is needed or used"


def test_a_call_that_names_no_key_may_be_made_with_any_that_its_caller_holds() -> None:
    assert rows(written(ESTATE.replace("{to: get, with: [key]}", "get")))["s.read"]["need"] == "needed"


def test_of_two_grants_that_serve_one_call_either_may_go() -> None:
    estate = written(ESTATE.replace("s.all: {permits: [export]}", "s.all: {permits: [export, get]}"))
    found = rows(estate)
    assert {found["s.read"]["need"], found["s.all"]["need"]} == {"not needed"}
    assert any("not without both" in line for line in answered(estate).lines)


def test_a_call_that_cannot_be_made_at_all_says_nothing_of_what_is_needed() -> None:
    found = rows(written(ESTATE.replace("grants: [s.read, ", "grants: [")))
    assert {row["need"] for row in found.values()} == {"unsaid"}


@pytest.mark.parametrize(
    ("stated", "need", "use", "verdict"),
    [
        ("needed: true", "needed", "unsaid", "kept"),
        ("used: true", "not needed", "used", "undeclared use"),
        ("used: false", "not needed", "not seen", "excess"),
        ("needed: false, used: true", "not needed", "used", "undeclared use"),
    ],
)
def test_what_is_stated_of_a_scope_counts(stated: str, need: str, use: str, verdict: str) -> None:
    found = rows(written(ESTATE.replace("s.all: {", f"s.all: {{{stated}, ")))["s.all"]
    assert (found["need"], found["use"], found["verdict"]) == (need, use, verdict)


def test_of_a_key_that_was_watched_what_was_not_seen_is_said_and_that_the_time_is_unknown() -> None:
    estate = written(ESTATE.replace(", calls: [{to: get, with: [key]}]", ""))
    said = parts(estate)
    seen = [
        relation.model_copy(update={"basis": Basis.OBSERVED}) if relation.id == "grants:key>s.read" else relation
        for relation in said.relations
    ]
    watched = Estate.build([said.model_copy(update={"relations": tuple(seen)})])
    found = rows(watched)
    assert {name: (row["use"], row["verdict"]) for name, row in found.items()} == {
        "s.all": ("not seen", "excess"),
        "s.old": ("not seen", "excess"),
        "s.read": ("used", "kept"),
    }
    assert any("over which time was watched is not stated" in line for line in answered(watched).lines)


def test_what_only_we_hold_is_left_out_and_one_holder_can_be_asked_about() -> None:
    ours = written(ESTATE.replace("us: {", "us: {holds: own, ").replace("{key:", "{own: {grants: [s.all]}, key:"))
    assert "own" not in {key for row in rows(ours).values() for key in row["keys"]}
    assert {tuple(row["keys"]) for row in rows(ours, holder="us").values()} == {("own",)}
    with pytest.raises(UsageError, match=r"^holder: 'db' is a store"):
        ask("overgrant", ours, holder="db")


def test_what_nobody_marks_or_counts_is_unknown() -> None:
    found = rows(written(ESTATE.replace("{crown_jewel: true, records: 500}", "{}")))["s.all"]
    assert (found["crown_jewels"], found["records"], found["uncounted"], found["processes"]) == (None, None, 1, None)
