"""The question ``verify``: whether the estate's own expectations hold."""

from __future__ import annotations

from typing import Any, Literal

import pytest

import blastradius as br
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Capability, Expectation, ExpectedFact, Level, Scenario
from tests.queries.degenerate import ESTATES

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
        for facts in (expectation.reached, expectation.not_reached, expectation.possible)
    ]
    assert len(data.checks) == sum(map(len, facts))


def test_an_estate_that_expects_nothing_is_a_finding() -> None:
    answer = br.verify(ESTATES["open"]).answer
    assert answer.findings
    assert answer.lines == ("the estate has no expect block, so nothing was verified",)
