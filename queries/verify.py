"""Whether the estate's own expectations hold: unit tests for a trust boundary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from blastradius.answer import Answer, Query, Row, Table, Verdict, WayStep
from blastradius.engine import PreparedEstate, Reach, solve, system_of
from blastradius.estate import Estate
from blastradius.model import Basis, Entity, Expectation, ExpectedFact, Fact, Frozen, Provenance, Statement, Verb
from blastradius.reports.policy import STATED, AcceptedRow, accepted_row, asked_to_state, excused, is_stated
from blastradius.reports.rows import PlaceRow, place_row
from blastradius.reports.words import label, plural, relation_said, said

Expected = Literal["reached", "not_reached", "possible", "stated"]


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
    """One expected fact: what was expected, what was found (a level, or null), and whether it fits.

    ``says`` is the fact in words, ``at`` where the expectation stands. Where something is reached that should not be,
    ``broken_by`` are the relations on the shortest proof of it. ``start`` is the one of those that a rule for all is
    about for which it was asked; null where it is no such rule. Of what should be stated of an entity ``statement``
    says what, ``found`` is what a source says, and there is no ``capability``. ``accepted`` is the exception that a
    breach falls under, which may have lapsed.
    """

    expectation: str
    at: PlaceRow | None
    start: str | None
    basis: Basis
    entity: str
    says: str
    capability: str | None
    statement: Statement | None
    expected: Expected
    found: str | None
    holds: bool
    broken_by: tuple[RelationRow, ...]
    accepted: AcceptedRow | None

    @property
    def is_accepted(self) -> bool:
        """Whether it does not hold, and somebody answers for that today."""
        return not self.holds and self.accepted is not None and not self.accepted.lapsed


class VerifyData(Frozen):
    """The answer to ``verify``; what is ``accepted`` neither held nor failed, and is among the ``checks``."""

    question: str
    headline: str
    expectations: int
    held: int
    failed: int
    accepted: int
    checks: tuple[CheckRow, ...]


def run(estate: Estate, _params: Params) -> Answer:
    """Run every expectation; findings when one does not hold.

    Raises:
        UsageError: an expectation's scenario names something that cannot start one.
    """
    system = system_of(estate)
    found = [(expectation, _checked(system, expectation)) for expectation in estate.expectations]
    checks = [row for _, rows in found for row in rows]
    idle = {expectation.name: why for expectation, rows in found if (why := _idle(estate, expectation, rows))}
    accepted = sum(row.is_accepted for row in checks)
    failed = sum(not row.holds for row in checks) - accepted
    data = VerifyData(
        question="verify",
        headline=_headline(estate, checks, failed, accepted),
        expectations=len(estate.expectations),
        held=sum(row.holds for row in checks),
        failed=failed,
        accepted=accepted,
        checks=tuple(checks),
    )
    return Answer(
        question="verify",
        headline=data.headline,
        data=data,
        tables=tuple(_tables(estate, checks)),
        lines=(*_unverified(estate, idle.values()), *_unused(estate, found)),
        verdicts=(*_idle_verdicts(estate, idle), *(_verdict(estate, row) for row in checks)),
        notes=estate.notes,
        findings=bool(failed or idle) or not estate.expectations,
    )


def _checked(system: PreparedEstate, expectation: Expectation) -> list[CheckRow]:
    kept = system.estate.kept_out(expectation)
    return [
        row
        for start, scenario in system.estate.scenarios_of(expectation)
        for row in _checks(expectation, start, solve(system.estate, scenario, system=system), kept)
    ]


def _idle(estate: Estate, expectation: Expectation, rows: list[CheckRow]) -> str | None:
    """Why a rule verifies nothing, or less than it says; ``None`` where it does."""
    if not estate.scenarios_of(expectation):
        about = "nobody"
    elif expectation.kept and not estate.kept_out(expectation):
        about = "nothing to be kept out of reach"
    elif expectation.stated and not rows:
        about = "nothing that it could be stated of"
    else:
        return None
    return f"the rule {expectation.name!r} is about {about} in this estate, so it verified nothing"


def _headline(estate: Estate, checks: Sequence[CheckRow], failed: int, accepted: int) -> str:
    if not estate.expectations:
        return "nothing was verified: the estate has no expect block"
    within = f"of {plural(len(checks), 'expected fact')}, in {plural(len(estate.expectations), 'expectation')}"
    so = f"{failed:,} {within}, {'does' if failed == 1 else 'do'} not hold" if failed else f"all {within[3:]}, hold"
    if not accepted:
        return so
    excepted = "1 is an accepted exception" if accepted == 1 else f"{accepted:,} are accepted exceptions"
    return f"{so}; {excepted}" if failed else f"nothing fails {within}; {excepted}"


def _unverified(estate: Estate, idle: Iterable[str]) -> Iterable[str]:
    if not estate.expectations:
        yield "say what must not be reached in an 'expect' block of an estate file, and ask again"
    yield from idle


def _unused(estate: Estate, found: Iterable[tuple[Expectation, list[CheckRow]]]) -> Iterable[str]:
    """Exceptions that nothing falls under any more."""
    for expectation, rows in found:
        used = [excused(estate, expectation, row.start, row.entity) for row in rows if not row.holds]
        for accepted in expectation.accepted:
            if accepted not in used:
                names = [label(estate, name) for name in (accepted.start, accepted.entity) if name]
                whose = f" for {' and '.join(names)}" if names else ""
                yield f"the exception{whose} to the rule {expectation.name!r} excuses nothing now; take it out"


def _checks(
    expectation: Expectation, start: str | None, reach: Reach, kept: tuple[ExpectedFact, ...]
) -> Iterable[CheckRow]:
    groups: tuple[tuple[Expected, tuple[ExpectedFact, ...]], ...] = (
        ("reached", expectation.reached),
        ("not_reached", kept),
        ("possible", expectation.possible),
    )
    for expected, facts in groups:
        for fact in facts:
            yield _check(expectation, start, reach, expected, Fact(fact.entity, fact.capability))
    for entity, statement in asked_to_state(reach.estate, expectation, reach.scenario):
        yield _statement(reach.estate, expectation, start, entity, statement)


def _statement(
    estate: Estate, expectation: Expectation, start: str | None, entity: Entity, statement: Statement
) -> CheckRow:
    found = is_stated(entity, statement)
    return CheckRow(
        expectation=expectation.name,
        at=next(_places(expectation), None),
        start=start,
        basis=expectation.basis,
        entity=entity.id,
        says=f"{label(estate, entity.id)}: {STATED[statement]}",
        capability=None,
        statement=statement,
        expected="stated",
        found=found,
        holds=found is not None,
        broken_by=(),
        accepted=None if found else accepted_row(estate, excused(estate, expectation, start, entity.id)),
    )


def _check(expectation: Expectation, start: str | None, reach: Reach, expected: Expected, fact: Fact) -> CheckRow:
    level = reach.levels.get(fact)
    holds = (level is None) == (expected == "not_reached")
    return CheckRow(
        expectation=expectation.name,
        at=next(_places(expectation), None),
        start=start,
        basis=expectation.basis,
        entity=fact.entity,
        says=said(reach.estate, fact),
        capability=fact.capability,
        statement=None,
        expected=expected,
        found=level.word if level else None,
        holds=holds,
        broken_by=() if holds or level is None else tuple(_relations(reach, fact)),
        accepted=None if holds else accepted_row(reach.estate, excused(reach.estate, expectation, start, fact.entity)),
    )


def _places(expectation: Expectation) -> Iterator[PlaceRow]:
    return map(place_row, expectation.provenance)


def _relations(reach: Reach, fact: Fact) -> Iterable[RelationRow]:
    """The relations on the proof of a fact, in its order."""
    for name in dict.fromkeys(relation for step in reach.proof_of(fact) for relation in step.relations):
        relation = reach.estate.relations[name]
        places = tuple(map(place_row, relation.provenance))
        yield RelationRow(id=name, verb=relation.verb, says=relation_said(reach.estate, name), places=places)


def _tables(estate: Estate, checks: Sequence[CheckRow]) -> Iterable[Table]:
    yield _table(estate, checks)
    failing = [row for row in checks if not row.holds and not row.is_accepted]
    if failing:
        yield _broken_table(failing)
    excepted = [row for row in checks if row.accepted is not None]
    if excepted:
        yield _accepted_table(estate, excepted)


def _table(estate: Estate, checks: Sequence[CheckRow]) -> Table:
    """Every expected fact; in brief those that do not hold."""
    cells = [(_cells(estate, row), row.holds or row.is_accepted) for row in checks]
    return Table(
        "checks",
        "What was expected",
        ("", "expectation", "expected", "id", "what", "found", "at"),
        tuple(cell for cell, _ in cells),
        ids=("id",),
        brief=tuple(cell for cell, passes in cells if not passes),
        under=("at",),
    )


_EXPECTED: dict[Expected, str] = {
    "reached": "yes",
    "not_reached": "no",
    "possible": "possible",
    "stated": "stated",
}


def _cells(estate: Estate, row: CheckRow) -> Row:
    at = "" if row.at is None else row.at.text
    mark = "ok" if row.holds else "accepted" if row.is_accepted else "FAILED"
    found = _found(row)
    return mark, _about(estate, row), _EXPECTED[row.expected], row.entity, row.says, found, at


def _about(estate: Estate, row: CheckRow) -> str:
    return row.expectation if row.start is None else f"{row.expectation}: {label(estate, row.start)}"


def _found(row: CheckRow) -> str:
    if row.statement is not None:
        return "nobody states it" if row.found is None else row.found
    return f"yes, at {row.found}" if row.found else "no"


def _accepted_table(estate: Estate, rows: Iterable[CheckRow]) -> Table:
    """What does not hold and somebody answers for, or did until a day that is over."""
    cells = tuple(
        (_about(estate, row), row.entity, row.says, found.owner, f"{found.until}{' (over)' * found.lapsed}", found.why)
        for row in rows
        if (found := row.accepted) is not None
    )
    columns = ("expectation", "id", "what", "owner", "until", "why")
    return Table("accepted", "Accepted exceptions", columns, cells, ids=("id",), under=("why",))


def _verdict(estate: Estate, row: CheckRow) -> Verdict:
    found = row.accepted
    excuse = "" if found is None else f"accepted by {found.owner} until {found.until}: {found.why}"
    over = f"; {excuse}, which is over" if found is not None and found.lapsed else ""
    begins = "" if row.start in (None, row.entity) else f"from {label(estate, str(row.start))}: "
    return Verdict(
        rule=row.expectation,
        about=(row.start or "", row.expected, row.entity, row.statement or row.capability or ""),
        says=f"{begins}{row.says}; expected: {_EXPECTED[row.expected]}, found: {_found(row)}{over}",
        state="holds" if row.holds else "accepted" if row.is_accepted else "fails",
        at=None if row.at is None else _provenance(row.at),
        excuse=excuse if row.is_accepted else "",
        steps=tuple(
            WayStep(step.id, step.says, tuple(map(_provenance, step.places)), step.verb == Verb.GRANTS)
            for step in row.broken_by
        ),
    )


def _idle_verdicts(estate: Estate, idle: Mapping[str, str]) -> Iterable[Verdict]:
    for expectation in estate.expectations:
        if expectation.name in idle:
            at = next(iter(expectation.provenance), None)
            yield Verdict(expectation.name, ("idle",), idle[expectation.name], "fails", at)


def _provenance(place: PlaceRow) -> Provenance:
    return Provenance(source="", file=place.file, line=place.line, column=place.column)


def _broken_table(checks: Iterable[CheckRow]) -> Table:
    """What leads to what should not be reached."""
    cells = dict.fromkeys(
        (row.expectation, found.id, found.says, ", ".join(place.text for place in found.places))
        for row in checks
        for found in row.broken_by
    )
    columns = ("expectation", "id", "because", "read at")
    return Table("broken_by", "What breaks them", columns, tuple(cells), ids=("id",), under=("read at",))


QUERY = Query(
    "verify", "Whether the estate's own expectations hold", Params, run, VerifyData, finds=True, judges=True, example=""
)
