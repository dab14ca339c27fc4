"""Verdicts in the formats of pipelines: the places, the ways and the fingerprints that code hosts read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

from blastradius.answer import Answer, Verdict, WayStep
from blastradius.model import Frozen, Provenance
from blastradius.render.junit import as_junit
from blastradius.render.sarif import as_sarif, introduced_at
from tests.render.sarif_schema import VALIDATOR, results_of

HOSTILE = "a\x1b[31m\n<b>&\u202e"


def at(line: int | None, file: str = "estate.yaml") -> Provenance:
    return Provenance(source="native", file=file, line=line, column=None if line is None else 3)


HOLDS = WayStep("holds(a, k)", "Acme holds its key", (at(4),))
GRANTS = WayStep("grants(k, o)", "its key grants Orders", (at(7, "a file #1.yaml"),), lets_in=True)
READS = WayStep("reads(o, d)", "Orders reads Customers", ())
FAILS = Verdict("no read", ("a", "not_reached", "d", "read"), "it can", "fails", at(20), steps=(HOLDS, GRANTS, READS))
ACCEPTED = Verdict("no read", ("b", "not_reached", "d", "read"), "it can", "accepted", at(20), "by J. M.")
STANDS = Verdict("other", ("", "reached", "d", "read"), "so", "holds")
UNPLACED = Verdict(HOSTILE, ("c",), HOSTILE, "fails")


def answer(*verdicts: Verdict) -> Answer:
    return Answer("verify", "h", Frozen(), verdicts=verdicts)


def results(*verdicts: Verdict, base: frozenset[str] | None = None) -> list[dict[str, Any]]:
    return results_of(as_sarif(answer(*verdicts), "1", base))


def test_the_schema_refuses_what_is_no_sarif() -> None:
    log = json.loads(as_sarif(answer(FAILS), "1"))
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert not VALIDATOR.is_valid(log)


def test_sarif_has_what_fails_at_the_grant_with_the_way_and_what_is_accepted_as_suppressed() -> None:
    fails, accepted, unplaced = results(STANDS, FAILS, ACCEPTED, UNPLACED)
    place = fails["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "a%20file%20%231.yaml"}, "region": {"startLine": 7, "startColumn": 3}}
    flow = fails["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["message"]["text"] for step in flow] == [HOLDS.says, GRANTS.says, READS.says]
    assert "suppressions" not in fails
    assert accepted["suppressions"][0]["justification"] == "by J. M."
    assert "locations" not in unplaced
    assert "\x1b" not in json.dumps(unplaced, ensure_ascii=False)
    assert results() == []


@pytest.mark.parametrize(
    ("base", "line"),
    [
        (None, 7),
        (frozenset({"holds(a, k)", "reads(o, d)"}), 7),
        (frozenset({"grants(k, o)", "reads(o, d)"}), 4),
        (frozenset({"holds(a, k)", "grants(k, o)", "reads(o, d)"}), 7),
        (frozenset(), 7),
    ],
)
def test_a_result_stands_where_something_new_lets_the_way_in(base: frozenset[str] | None, line: int) -> None:
    assert introduced_at(FAILS, base) == at(line, "a file #1.yaml" if line == 7 else "estate.yaml")
    assert introduced_at(ACCEPTED, base) == at(20)


def test_fingerprints_differ_by_what_is_found_and_not_by_where() -> None:
    moved = Verdict(FAILS.rule, FAILS.about, "in other words", "fails", at(99))
    first, second, other = (
        result["partialFingerprints"]["blastradius/v1"] for result in results(FAILS, moved, ACCEPTED)
    )
    assert first == second
    assert first != other


def test_junit_counts_and_says_why() -> None:
    root = fromstring(as_junit(answer(STANDS, FAILS, ACCEPTED, UNPLACED)))
    assert [root.get(word) for word in ("tests", "failures", "errors", "skipped")] == ["4", "2", "0", "1"]
    assert [len(suite) for suite in root] == [1, 2, 1]
    failure = root[1][0][0]
    assert (failure.tag, str(failure.text).splitlines()[1]) == ("failure", "its key grants Orders (a file #1.yaml:7:3)")
    assert root[1][1][0].get("message") == "by J. M."
    assert fromstring(as_junit(answer())).get("tests") == "0"
