"""Whether the estate's own expectations hold: unit tests for a trust boundary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from blastradius.answer import Answer, Query, Row, Table
from blastradius.engine import Reach, compile_system, solve
from blastradius.estate import Estate
from blastradius.model import Basis, Expectation, ExpectedFact, Fact, Frozen, Verb
from blastradius.reports.rows import PlaceRow, place_row
from blastradius.reports.words import label, plural, relation_said, said

Expected = Literal["reached", "not_reached", "possible"]


class Params(BaseModel):
    """Nothing to choose: every expectation of the estate is run."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RelationRow(Frozen):
    """A relation, such as a grant: its id, what it says in words, and where it was read."""

    id: str
    verb: Verb
    says: str
    places: tuple[PlaceRow, ...]


class CheckRow(Frozen):
    """One expected fact: what was expected, what the engine found (a level, or null), and whether it fits.

    ``says`` is the fact in words, ``at`` where the expectation stands. Where something is reached that should not be,
    ``broken_by`` are the relations on the shortest proof of it. ``start`` is the one of those that a rule for all is
    about for which it was asked; null where it is no such rule.
    """

    expectation: str
    at: PlaceRow | None
    start: str | None
    basis: Basis
    entity: str
    says: str
    capability: str
    expected: Expected
    found: str | None
    holds: bool
    broken_by: tuple[RelationRow, ...]


class VerifyData(Frozen):
    """The answer to ``verify``."""

    question: str
    headline: str
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
    checks: list[CheckRow] = []
    idle: list[Expectation] = []
    for expectation in estate.expectations:
        scenarios = estate.scenarios_of(expectation)
        for start, scenario in scenarios:
            checks += _checks(expectation, start, solve(estate, scenario, system=system))
        idle += [] if scenarios else [expectation]
    failed = sum(not row.holds for row in checks)
    data = VerifyData(
        question="verify",
        headline=_headline(estate, checks, failed),
        expectations=len(estate.expectations),
        held=len(checks) - failed,
        failed=failed,
        checks=tuple(checks),
    )
    return Answer(
        question="verify",
        headline=data.headline,
        data=data,
        tables=(_table(estate, checks), *([_broken_table(checks)] if failed else [])),
        lines=tuple(_unverified(estate, idle)),
        notes=estate.notes,
        findings=bool(failed or idle) or not estate.expectations,
    )


def _headline(estate: Estate, checks: Sequence[CheckRow], failed: int) -> str:
    if not estate.expectations:
        return "nothing was verified: the estate has no expect block"
    within = f"of {plural(len(checks), 'expected fact')}, in {plural(len(estate.expectations), 'expectation')}"
    return f"{failed:,} {within}, {'does' if failed == 1 else 'do'} not hold" if failed else f"all {within[3:]}, hold"


def _unverified(estate: Estate, idle: Iterable[Expectation]) -> Iterable[str]:
    if not estate.expectations:
        yield "say what must not be reached in an `expect` block of an estate file, and ask again"
    for expectation in idle:
        yield f"the rule {expectation.name!r} is about nobody in this estate, so it verified nothing"


def _checks(expectation: Expectation, start: str | None, reach: Reach) -> Iterable[CheckRow]:
    groups: tuple[tuple[Expected, tuple[ExpectedFact, ...]], ...] = (
        ("reached", expectation.reached),
        ("not_reached", expectation.not_reached),
        ("possible", expectation.possible),
    )
    for expected, facts in groups:
        for fact in facts:
            yield _check(expectation, start, reach, expected, Fact(fact.entity, fact.capability))


def _check(expectation: Expectation, start: str | None, reach: Reach, expected: Expected, fact: Fact) -> CheckRow:
    level = reach.levels.get(fact)
    holds = (level is None) == (expected == "not_reached")
    return CheckRow(
        expectation=expectation.name,
        at=next(map(place_row, expectation.provenance), None),
        start=start,
        basis=expectation.basis,
        entity=fact.entity,
        says=said(reach.estate, fact),
        capability=fact.capability,
        expected=expected,
        found=level.word if level else None,
        holds=holds,
        broken_by=() if holds or level is None else tuple(_relations(reach, fact)),
    )


def _relations(reach: Reach, fact: Fact) -> Iterable[RelationRow]:
    """The relations on the proof of a fact, in its order."""
    for name in dict.fromkeys(relation for step in reach.proof_of(fact) for relation in step.relations):
        relation = reach.estate.relations[name]
        places = tuple(map(place_row, relation.provenance))
        yield RelationRow(id=name, verb=relation.verb, says=relation_said(reach.estate, name), places=places)


def _table(estate: Estate, checks: Sequence[CheckRow]) -> Table:
    """Every expected fact; in brief those that do not hold."""
    cells = [(_cells(estate, row), row.holds) for row in checks]
    return Table(
        "checks",
        "What was expected",
        ("", "expectation", "expected", "id", "what", "found", "at"),
        tuple(cell for cell, _ in cells),
        ids=("id",),
        brief=tuple(cell for cell, holds in cells if not holds),
        under=("at",),
    )


_EXPECTED: dict[Expected, str] = {"reached": "yes", "not_reached": "no", "possible": "possible"}


def _cells(estate: Estate, row: CheckRow) -> Row:
    about = row.expectation if row.start is None else f"{row.expectation}: {label(estate, row.start)}"
    found = f"yes, at {row.found}" if row.found else "no"
    at = "" if row.at is None else row.at.text
    return "ok" if row.holds else "FAILED", about, _EXPECTED[row.expected], row.entity, row.says, found, at


def _broken_table(checks: Iterable[CheckRow]) -> Table:
    """What leads to what should not be reached."""
    cells = dict.fromkeys(
        (row.expectation, found.id, found.says, ", ".join(place.text for place in found.places))
        for row in checks
        for found in row.broken_by
    )
    columns = ("expectation", "id", "because", "read at")
    return Table("broken_by", "What breaks them", columns, tuple(cells), ids=("id",), under=("read at",))


QUERY = Query("verify", "Whether the estate's own expectations hold", Params, run, VerifyData, finds=True, example="")
