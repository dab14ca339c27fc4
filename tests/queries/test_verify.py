"""The question ``verify``: whether the estate's own expectations hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest

import blastradius as br
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Capability, Expectation, ExpectedFact, Level, Scenario
from tests.queries.degenerate import ESTATES
from tests.queries.written import written

Kind = Literal["reached", "not_reached", "possible"]


def with_expectation(kind: Kind, entity: str, capability: str, assume: Level) -> Estate:
    """The open estate, where a compromise of ``p`` reaches all there is, and one expectation."""
    built = ESTATES["open"]
    fact = ExpectedFact(entity=entity, capability=Capability(capability))
    scenario = Scenario(compromise=("p",), assume=assume)
    expected = Expectation.model_validate({"name": "one", "scenario": scenario, kind: (fact,)})
    parts = {"entities": tuple(built.entities.values()), "relations": tuple(built.relations.values())}
    return Estate.build([Loaded(**parts, expectations=(expected,))])


@pytest.mark.parametrize(
    ("kind", "capability", "assume", "found", "holds"),
    [
        ("reached", "read", Level.GRANTED, "granted", True),
        ("possible", "read", Level.GRANTED, "granted", True),
        ("not_reached", "read", Level.GRANTED, "granted", False),
        ("reached", "write", Level.LATERAL, None, False),
        ("possible", "write", Level.LATERAL, None, False),
        ("not_reached", "write", Level.LATERAL, None, True),
    ],
)
def test_a_fact_is_held_against_what_is_found(
    kind: Kind, capability: str, assume: Level, found: str | None, holds: bool
) -> None:
    answer = br.verify(with_expectation(kind, "d", capability, assume)).answer
    data: Any = answer.data
    (row,) = data.checks
    assert (row.expected, row.entity, row.found, row.holds) == (kind, "d", found, holds)
    assert (data.held, data.failed) == ((1, 0) if holds else (0, 1))
    assert answer.findings is not holds


def test_northwind_holds_all_that_it_expects(retailer: Estate) -> None:
    data: Any = br.verify(retailer).data
    assert data.expectations == len(retailer.expectations)
    assert (data.failed, data.held) == (0, len(data.checks))
    facts = [
        facts
        for expectation in retailer.expectations
        for _ in retailer.scenarios_of(expectation)
        for facts in (expectation.reached, expectation.not_reached, expectation.possible)
    ]
    assert len(data.checks) == sum(map(len, facts))


def test_an_estate_that_expects_nothing_is_a_finding() -> None:
    answer = br.verify(ESTATES["open"]).answer
    assert answer.findings
    assert answer.headline == "nothing was verified: the estate has no expect block"
    assert answer.lines == ("say what must not be reached in an 'expect' block of an estate file, and ask again",)


RULES = """\
parties:
  us: {role: self, owns: d}
  near: {holds: k}
  far: {tags: [x], zone: z}
  host: {role: provider, owns: s, name: Hosting}
credentials: {k: {grants: o}, spare: {}}
operations: {o: {reads: d}}
stores: {d: {}}
services: {s: {zone: z, holds: k}, t: {zone: z, tags: [x]}}
feeds: {f: {}}
zones: {z: {}}
"""


@pytest.mark.parametrize(
    ("start", "broken", "kept"),
    [
        ("compromise: {role: partner}", ["near"], ["far"]),
        ("compromise: {role: partner, except: near}", [], ["far"]),
        ('compromise: "*"', ["near", "host"], ["far"]),
        ("compromise: {role: self}", ["us"], []),
        ("compromise: {zone: z}", ["s"], ["far", "t"]),
        ("compromise: {tag: x}", [], ["far", "t"]),
        ("compromise: {tag: x, zone: z, role: partner}", [], ["far"]),
        ('leak: "*"', ["k"], ["spare"]),
        ('poison: ["*"]', [], ["f"]),
        ("compromise: {role: partner}, leak: k", ["near", "far"], []),
    ],
)
def test_a_rule_for_all_is_asked_of_each_and_says_who_breaks_it(start: str, broken: list[str], kept: list[str]) -> None:
    text = f"expect: [{{name: rule, {start}, not_reached: {{d: read}}}}]"
    answer = br.verify(written(RULES + text)).answer
    data: Any = answer.data
    assert sorted((row.start, row.holds) for row in data.checks) == sorted(
        [*((name, False) for name in broken), *((name, True) for name in kept)]
    )
    assert answer.findings is bool(broken)
    assert ("rule: Hosting" in {row[1] for row in answer.tables[0].rows}) is ("host" in broken)


def test_a_rule_about_nobody_is_a_finding_not_a_success() -> None:
    text = "expect: [{name: rule, compromise: {role: processor, tag: y}, not_reached: {d: read}}]"
    built = written(RULES + text)
    answer = br.verify(built).answer
    assert (answer.findings, answer.lines) == (
        True,
        ("the rule 'rule' is about nobody in this estate, so it verified nothing",),
    )
    assert [note.message for note in built.findings() if "rule" in note.message] == [
        "'rule': there is nothing with the role 'processor' and with the tag 'y', so the rule is about nobody; "
        "correct it, or take it out"
    ]


def test_what_should_not_be_reached_and_is_names_what_leads_there_and_where_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "e.yaml"
    file.write_text(
        "blastradius: 1\nparties: {p: {owns: k}}\ncredentials: {k: {grants: o}}\noperations: {o: {}}\n"
        "expect:\n  - {name: nothing, compromise: p, not_reached: {o: use}}\n"
    )
    answer = br.verify(br.load(file)).answer
    data: Any = answer.data
    (row,) = data.checks
    assert (row.at.file, row.at.line, row.says) == (str(file), 6, "o: can use it")
    assert [(found.says, found.verb, found.places[0].line) for found in row.broken_by] == [
        ("p owns k", "owns", 2),
        ("k grants o", "grants", 3),
    ]
    assert answer.headline == "1 of 1 expected fact, in 1 expectation, does not hold"
    assert [table.id for table in answer.tables] == ["checks", "broken_by"]
    assert len(answer.tables[0].brief or ()) == 1


def test_what_holds_is_counted_and_not_listed(retailer: Estate) -> None:
    answer = br.verify(retailer).answer
    assert answer.tables[0].brief == ()
    assert answer.headline.startswith("all ")
