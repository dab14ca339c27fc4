"""Rules for all beyond names: what is kept out of reach for what it is, what must be stated, which exceptions stand."""

from __future__ import annotations

from typing import Any

import pytest

import blastradius as br
from blastradius.answer import Answer
from blastradius.errors import InputError
from tests.queries.written import written

ESTATE = """\
as_of: 2026-11-30
parties:
  us: {role: self, owns: [d, crm]}
  acme: {name: Acme, holds: k, owner: J. M., contract_end: 2027-01-01, governance: {last review: 2026-03-01}}
  newco: {holds: k2, governance: {Exit strategy: to Beta}}
credentials: {k: {grants: [o, w], expires: 2027-01-01}, k2: {grants: o}}
operations: {o: {reads: d}, w: {writes: crm}}
stores: {d: {crown_jewel: true}, crm: {zone: z, tags: [t]}}
zones: {z: {}, empty: {}}
"""
JEWELS = "compromise: {role: partner}, out_of_reach: {crown_jewel: true, capability: [read, control]}"


def asked(rule: str) -> tuple[Answer, Any]:
    answer = br.verify(written(f"{ESTATE}expect: [{{name: rule, {rule}}}]")).answer
    return answer, answer.data


@pytest.mark.parametrize(
    ("kept", "failing"),
    [
        ("{crown_jewel: true, capability: read}", {("acme", "d"), ("newco", "d")}),
        ("{crown_jewel: true, capability: deny}", set()),
        ("{zone: z, capability: write}", {("acme", "crm")}),
        ("{tag: t, kind: store, capability: write}", {("acme", "crm")}),
        ("{tag: t, kind: store, crown_jewel: true, capability: write}", None),
        ("{kind: service, capability: control}", None),
        ("[{zone: z, capability: write}, {kind: store, capability: write}]", {("acme", "crm")}),
    ],
)
def test_what_is_kept_out_of_reach_is_all_that_fits(kept: str, failing: set[tuple[str, str]] | None) -> None:
    answer, data = asked(f"compromise: {{role: partner}}, out_of_reach: {kept}")
    found = {(row.start, row.entity) for row in data.checks if not row.holds}
    assert (found, answer.findings) == (failing or set(), failing != set())
    assert len({(row.start, row.entity, row.capability) for row in data.checks}) == len(data.checks)
    idle = "the rule 'rule' is about nothing to be kept out of reach in this estate, so it verified nothing"
    assert (idle in answer.lines) is (failing is None)
    assert [verdict.says for verdict in answer.verdicts if verdict.about == ("idle",)] == [idle] * (failing is None)


@pytest.mark.parametrize(
    ("start", "stated", "missing"),
    [
        ("compromise: {role: partner}", "owner", ["newco"]),
        ("compromise: {role: partner}", "review", ["newco"]),
        ("compromise: {role: partner}", "contract", ["newco"]),
        ("compromise: {role: partner}", "exit plan", ["acme"]),
        ('leak: "*"', "expiry", ["k2"]),
        ("compromise: newco", "owner", ["newco"]),
        ("breach: z", "owner", ["crm"]),
    ],
)
def test_what_a_rule_asks_to_be_stated_is_missed_where_nobody_says_it(
    start: str, stated: str, missing: list[str]
) -> None:
    answer, data = asked(f"{start}, stated: {stated}")
    assert [row.entity for row in data.checks if not row.holds] == missing
    assert all((row.found is None) is (row.entity in missing) for row in data.checks)
    assert answer.findings is bool(missing)


def test_what_cannot_be_stated_of_keys_verifies_nothing() -> None:
    answer, data = asked('leak: "*", stated: review')
    assert (data.checks, answer.findings) == ((), True)
    assert answer.lines == (
        "the rule 'rule' is about nothing that it could be stated of in this estate, so it verified nothing",
    )


@pytest.mark.parametrize(
    ("exceptions", "failed", "accepted"),
    [
        ("", 2, 0),
        ("{start: acme, why: w, owner: o, until: 2026-11-30}", 1, 1),
        ("{entity: d, why: w, owner: o, until: 2026-11-30}", 0, 2),
        ("{why: w, owner: o, until: 2026-12-01}", 0, 2),
        ("{start: acme, entity: d, why: w, owner: o, until: 2026-11-29}", 2, 0),
        ("{start: acme, entity: crm, why: w, owner: o, until: 2026-12-01}", 2, 0),
        (
            "[{start: acme, why: over, owner: o, until: 2026-01-01}, {why: w, owner: o, until: 2026-12-01}]",
            0,
            2,
        ),
    ],
)
def test_an_exception_stays_in_the_counts_and_ends_on_its_day(exceptions: str, failed: int, accepted: int) -> None:
    answer, data = asked(f"{JEWELS}, accepted: [{exceptions.removeprefix('[').removesuffix(']')}]")
    assert (data.failed, data.accepted) == (failed, accepted)
    assert data.held + data.failed + data.accepted == len(data.checks)
    assert answer.findings is bool(failed)
    states = [verdict.state for verdict in answer.verdicts]
    assert (states.count("fails"), states.count("accepted")) == (failed, accepted)
    assert ("accepted exception" in answer.headline) is bool(accepted)


def test_an_exception_that_is_over_says_so_and_one_that_nothing_falls_under_too() -> None:
    over = "{start: acme, why: pilot, owner: J. M., until: 2026-01-01}"
    idle = "{start: newco, entity: crm, why: never, owner: o, until: 2027-01-01}"
    answer, _ = asked(f"{JEWELS}, accepted: [{over}, {idle}]")
    assert "the exception for newco and crm to the rule 'rule' excuses nothing now; take it out" in answer.lines
    (row,) = answer.table("accepted").rows
    assert row[1:] == ("d", "d: can read all of it", "J. M.", "2026-01-01 (over)", "pilot")
    assert any("accepted by J. M. until 2026-01-01: pilot, which is over" in found.says for found in answer.verdicts)


def test_a_review_does_not_count_what_is_accepted() -> None:
    rule = f"{ESTATE.replace('newco: {holds: k2,', 'newco: {')}expect: [{{name: rule, {JEWELS}, accepted: [%s]}}]"
    for until, broken in (("2026-12-01", 0), ("2026-11-01", 1)):
        estate = written(rule % f"{{start: newco, why: w, owner: o, until: {until}}}")
        data: Any = br.grant(estate, holder="newco", grant=["o"], assume="granted").data
        assert len(data.broken) == broken


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("accepted: {start: nobody, why: w, owner: o, until: 2027-01-01}", "'nobody' is not declared"),
        ("accepted: {start: acme, why: w, owner: o}", "until"),
        ("accepted: {start: acme, why: w, owner: o, until: soon}", "not a date"),
        ("stated: mood", "mood"),
        ("out_of_reach: {crown_jewel: true}", "capability"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(rule: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as error:
        asked(f"compromise: acme, {rule}")
    assert str(error.value).startswith("estate.yaml:")


def test_check_names_a_rule_that_keeps_nothing() -> None:
    rule = "compromise: acme, out_of_reach: {zone: empty, capability: read}"
    notes = written(f"{ESTATE}expect: [{{name: rule, {rule}}}]").findings()
    assert any("nothing fits what is to be kept out of reach" in note.message for note in notes)
