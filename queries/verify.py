"""Whether the estate's own expectations hold: unit tests for a trust boundary."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict

from blastradius.answer import Answer, Query, Table
from blastradius.engine import compile_system, solve
from blastradius.estate import Estate
from blastradius.model import Basis, Expectation, ExpectedFact, Fact, Frozen, Level
from blastradius.reports.words import label, plural


class Params(BaseModel):
    """Nothing to choose: every expectation of the estate is run."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CheckRow(Frozen):
    """One expected fact: what was expected, what the engine found (a level, or null), and whether it fits.

    ``start`` is the one of those that a rule for all is about for which it was asked; null where it is no such rule.
    """

    expectation: str
    start: str | None
    basis: Basis
    entity: str
    capability: str
    expected: Literal["reached", "not_reached", "possible"]
    found: str | None
    holds: bool


class VerifyData(Frozen):
    """The answer to ``verify``."""

    question: str
    expectations: int
    held: int
    failed: int
    checks: tuple[CheckRow, ...]


def run(estate: Estate, _params: Params) -> Answer:
    """Run every expectation; findings when one does not hold.

    Raises:
        UsageError: an expectation's scenario names something that cannot start one.
    """
    system = compile_system(estate)
    checks, idle = [], []
    for expectation in estate.expectations:
        scenarios = estate.scenarios_of(expectation)
        for start, scenario in scenarios:
            levels = solve(estate, scenario, system=system).levels
            checks += list(_checks(expectation, start, levels))
        idle += [] if scenarios else [expectation]
    failed = sum(not row.holds for row in checks)
    data = VerifyData(
        question="verify",
        expectations=len(estate.expectations),
        held=len(checks) - failed,
        failed=failed,
        checks=tuple(checks),
    )
    return Answer(
        question="verify",
        headline=f"{plural(len(checks) - failed, 'expected fact')} of {len(checks)} held, "
        f"in {plural(len(estate.expectations), 'expectation')}",
        data=data,
        tables=(_table(estate, checks),),
        lines=tuple(_unverified(estate, idle)),
        notes=estate.notes,
        findings=bool(failed or idle) or not estate.expectations,
    )


def _unverified(estate: Estate, idle: Iterable[Expectation]) -> Iterable[str]:
    if not estate.expectations:
        yield "the estate has no expect block, so nothing was verified"
    for expectation in idle:
        yield f"the rule {expectation.name!r} is about nobody in this estate, so it verified nothing"


def _checks(expectation: Expectation, start: str | None, levels: dict[Fact, Level]) -> Iterable[CheckRow]:
    groups: tuple[tuple[Literal["reached", "not_reached", "possible"], tuple[ExpectedFact, ...]], ...] = (
        ("reached", expectation.reached),
        ("not_reached", expectation.not_reached),
        ("possible", expectation.possible),
    )
    for expected, facts in groups:
        for fact in facts:
            level = levels.get(Fact(fact.entity, fact.capability))
            yield CheckRow(
                expectation=expectation.name,
                start=start,
                basis=expectation.basis,
                entity=fact.entity,
                capability=fact.capability,
                expected=expected,
                found=level.word if level else None,
                holds=(level is None) == (expected == "not_reached"),
            )


def _table(estate: Estate, checks: Iterable[CheckRow]) -> Table:
    rows = tuple(
        (
            "ok" if c.holds else "FAILED",
            c.expectation if c.start is None else f"{c.expectation}: {label(estate, c.start)}",
            c.expected,
            f"{c.capability}({c.entity})",
            c.found or "not reached",
        )
        for c in checks
    )
    return Table("checks", "Expectations", ("", "expectation", "expected", "fact", "found at level"), rows)


QUERY = Query("verify", "Whether the estate's own expectations hold", Params, run, VerifyData)
