"""What stands in the way: of each step at the frontier all of it, in words, with what would change it."""

from __future__ import annotations

import numpy as np

from blastradius.columns.ragged import RaggedArray
from blastradius.engine import Reach, Stopped
from blastradius.estate import Estate
from blastradius.model import STEPPING_STONES, Basis, Capability, ControlKind, Fact, Frozen, Kind
from blastradius.reports.labels import KNOWN
from blastradius.reports.phrases import phrase
from blastradius.reports.words import control_said, holds
from blastradius.rules import APPLIES, included


class StoppedRow(Frozen):
    """A step that was not taken: what it would give (``says`` in words), and all that stands in its way.

    ``because`` is the first of ``premise`` (``missing``: what does not hold), ``level`` (the one it would take),
    ``time`` (``after_h``: a buffer of so many hours outlasts the outage), ``basis`` (it is known no better than this)
    and ``control`` (``controls``: their ids). ``by`` says the same in words, ``changes`` what would change it.
    """

    entity: str
    says: str
    kind: Kind
    capability: Capability
    because: str
    by: tuple[str, ...]
    changes: tuple[str, ...]
    rule: str
    missing: tuple[str, ...]
    level: str | None
    controls: tuple[str, ...]
    after_h: float | None
    basis: Basis | None
    relations: tuple[str, ...]


def stopped_rows(reach: Reach) -> tuple[StoppedRow, ...]:
    """Every step at the frontier that was not taken."""
    rows = [_row(reach, stop) for stop in reach.certificate.stopped]
    return tuple(sorted(rows, key=lambda row: (row.because, row.entity, row.capability, row.rule, row.relations)))


def _row(reach: Reach, stop: Stopped) -> StoppedRow:
    reasons = _reasons(reach.estate, stop)
    return StoppedRow(
        entity=stop.fact.entity,
        says=holds(reach.estate, stop.fact),
        kind=reach.estate.kind_of(stop.fact.entity),
        capability=stop.fact.capability,
        because=stop.because,
        by=tuple(dict.fromkeys(by for by, _ in reasons)),
        changes=tuple(dict.fromkeys(change for _, change in reasons)),
        rule=stop.rule,
        missing=tuple(map(str, stop.missing)),
        level=None if stop.level is None else stop.level.word,
        controls=stop.controls,
        after_h=stop.after_h,
        basis=stop.basis,
        relations=stop.relations,
    )


def _reasons(estate: Estate, stop: Stopped) -> list[tuple[str, str]]:
    """All that stands in the way, each with what would change it."""
    found = [
        (phrase("needs", says), phrase("if also", says)) for says in (holds(estate, fact) for fact in stop.missing)
    ]
    if stop.level is not None:
        found.append((phrase("only at level", stop.level.word), phrase("assume", stop.level.word)))
    if stop.after_h is not None:
        found.append((phrase("buffer", f"{stop.after_h:g}"), phrase("longer")))
    if stop.basis is not None:
        found.append((phrase("only known", KNOWN[stop.basis]), phrase("accept", stop.basis)))
    kinds = ((name, ControlKind(name.partition("@")[0])) for name in stop.controls)
    return found + [(control_said(kind), phrase("distrust", name)) for name, kind in kinds]


def leading_to(reach: Reach, opened: Reach, fact: Fact) -> set[Fact]:
    """A fact and all that is not reached and could lead to it, however far round, where no control stood.

    ``opened`` is the reach of the same seeds in which all that could be assumed is.
    """
    facts, steps = reach.prepared.facts, reach.prepared.steps
    concluding = RaggedArray.grouped(steps.conclusion, np.arange(len(steps)), facts.total)
    found, queue = {fact}, [fact]
    for wanted in queue:
        before = [facts.fact(premise) for step in concluding[facts.number(wanted)] for premise in steps.premises[step]]
        before += _including(reach.estate, wanted)
        new = {premise for premise in before if premise in opened.proofs and premise not in reach.proofs} - found
        found |= new
        queue += sorted(new)
    return found


def _including(estate: Estate, fact: Fact) -> list[Fact]:
    """The facts about the same entity that include one."""
    if fact.capability in STEPPING_STONES:
        return []
    kind = estate.kind_of(fact.entity)
    return [Fact(fact.entity, whole) for whole in APPLIES[kind] if fact.capability in included(whole, kind)[1:]]
