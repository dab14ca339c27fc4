"""Why something could be reached: the proof, step by step; or why not, and what stops it."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from blastradius.answer import Answer, Query, Row, Table
from blastradius.engine import Reach, ScenarioParams, brings_an_attacker, plain, solve
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Basis, Capability, Fact, Frozen, Level
from blastradius.reports.diagram import picture_of
from blastradius.reports.labels import KNOWN, Label, labels_of
from blastradius.reports.phrases import phrase
from blastradius.reports.reached import grouped
from blastradius.reports.rows import (
    ASKED,
    ModelRow,
    ScenarioRow,
    StepRow,
    held_over,
    model_row,
    notes_on,
    scenario_row,
    step_rows,
)
from blastradius.reports.stops import StoppedRow, leading_to, stopped_rows
from blastradius.reports.words import WORDS, kinds, label, listed, plural, relation_said, said
from blastradius.rules import APPLIES


class Params(ScenarioParams):
    """A scenario, and the fact to explain."""

    entity: str = Field(description="the entity to explain")
    capability: Capability | None = Field(
        None, description="the capability over it; the strongest that is reached when not named"
    )


class ExplainData(Frozen):
    """The answer to ``explain``; ``name`` is the entity's display name, ``says`` the fact in words.

    When the fact is reached, ``steps`` is its proof and ``stopped`` is empty. When it is not, ``steps`` is
    the shortest way to it if no control stood and everything were assumed (empty: there is none at all), and
    ``stopped`` are all steps that are not taken and could lead to it, by whatever way. ``basis`` and ``anyone`` are as
    for a fact of ``reach``.
    """

    question: str
    headline: str
    scenario: ScenarioRow
    entity: str
    name: str
    capability: Capability
    says: str
    reached: bool
    level: str | None
    hops: int | None
    basis: Basis | None
    anyone: str | None
    steps: tuple[StepRow, ...]
    stopped: tuple[StoppedRow, ...]
    checked: bool
    model: ModelRow


def run(estate: Estate, params: Params) -> Answer:
    """Explain one fact under a scenario.

    Raises:
        UsageError: no seed, an unknown entity, or a capability that no rule gives.
    """
    scenario = params.scenario(estate)
    params = params.model_copy(update={"entity": estate.resolve(params.entity)})
    applicable = APPLIES[estate.kind_of(params.entity)]
    if params.capability is not None and params.capability not in applicable:
        kind, known = estate.kind_of(params.entity), ", ".join(sorted(applicable))
        raise UsageError(f"{params.capability!s} cannot be said of {params.entity!r}, a {kind}; name one of {known}")
    reach = solve(estate, scenario)
    fact = Fact(params.entity, params.capability or _strongest(reach, params.entity))
    return _why(reach, fact) if fact in reach.levels else _why_not(reach, fact)


def _strongest(reach: Reach, entity: str) -> Capability:
    held = held_over(reach).get(entity)
    if held:
        return held[0]
    opened = held_over(_opened(reach)).get(entity)
    return opened[0] if opened else ASKED[reach.estate.kind_of(entity)]


def _opened(reach: Reach) -> Reach:
    """The same seeds where no control stands and everything is assumed."""
    everything = (*reach.estate.controls, "fail_closed")
    wide = {"assume": Level.LATERAL, "distrust": everything, "hours": None, "basis": Basis.ASSUMED}
    wide |= {"anyone": True}
    return solve(reach.estate, plain(reach.scenario).model_copy(update=wide), system=reach.prepared)


def _why(reach: Reach, fact: Fact) -> Answer:
    proof = reach.proof_of(fact)
    step = reach.proofs[fact]
    rows = step_rows(reach, (step.fact for step in proof))
    level = phrase("under level", repr(step.level.word)) if brings_an_attacker(reach.scenario) else ""
    headline = phrase("why", said(reach.estate, fact), level, plural(step.hops, "step"))
    known = labels_of(reach, [fact])[fact]
    data = _data(reach, headline, fact, rows, (), known)
    facts = frozenset(step.fact for step in proof)
    lines = (_known(known), _could_anyone(known, step.level), _unknown(reach.estate, fact.entity))
    return Answer(
        question="explain",
        headline=headline,
        data=data,
        tables=(_proof_table(reach, rows, "The way, step by step"),),
        lines=tuple(filter(None, lines)),
        notes=notes_on(reach),
        painted=lambda: picture_of(reach, f"Why: {label(reach.estate, fact.entity)}", only=facts),
    )


def _known(label: Label) -> str:
    """How well the fact is known: by the weakest on its best proof."""
    return phrase("known", KNOWN[label.basis])


def _could_anyone(label: Label, level: Level) -> str | None:
    if label.anyone is None or label.is_beyond(level):
        return None
    return phrase("stranger has it", repr(label.anyone.word))


def _why_not(reach: Reach, fact: Fact) -> Answer:
    opened = _opened(reach)
    proof = opened.proof_of(fact)
    rows = step_rows(opened, (step.fact for step in proof))
    beyond = leading_to(reach, opened, fact)
    stops = tuple(row for row in stopped_rows(reach) if Fact(row.entity, row.capability) in beyond)
    headline = _not_headline(reach, fact, stops, bool(proof))
    return Answer(
        question="explain",
        headline=headline,
        data=_data(reach, headline, fact, rows, stops),
        tables=(_stop_table(reach, fact, stops), _proof_table(opened, rows, _WOULD_BE)) if proof else (),
        lines=tuple(filter(None, [_unknown(reach.estate, fact.entity)])),
        notes=notes_on(reach),
    )


def _not_headline(reach: Reach, fact: Fact, stops: tuple[StoppedRow, ...], way: bool) -> str:
    what, attacked = said(reach.estate, fact), brings_an_attacker(reach.scenario)
    if not way:
        known = plural(reach.estate.census.relations, "known relation")
        return phrase("no path", what, known)
    by = list(dict.fromkeys(name for row in stops for name in row.by))
    level = phrase("not at level", repr(reach.scenario.assume.word)) if attacked else phrase("not so")
    return phrase("stopped", level, what, listed(by) or phrase("nothing here"))


def _unknown(estate: Estate, name: str) -> str | None:
    """What the estate states not to know of a thing."""
    unknown = estate.entities[name].unknown
    return phrase("stated unknown", label(estate, name), ", ".join(unknown)) if unknown else None


def _data(
    reach: Reach,
    headline: str,
    fact: Fact,
    rows: tuple[StepRow, ...],
    stops: tuple[StoppedRow, ...],
    known: Label | None = None,
) -> ExplainData:
    step = reach.proofs.get(fact)
    return ExplainData(
        question="explain",
        headline=headline,
        scenario=scenario_row(reach.estate, reach.scenario),
        entity=fact.entity,
        name=label(reach.estate, fact.entity),
        capability=fact.capability,
        says=said(reach.estate, fact),
        reached=step is not None,
        level=step.level.word if step else None,
        hops=step.hops if step else None,
        basis=None if known is None else known.basis,
        anyone=None if known is None or known.anyone is None else known.anyone.word,
        steps=rows,
        stopped=stops,
        checked=True,
        model=model_row(reach.estate),
    )


_WOULD_BE = "The way it would take if nothing stood there and everything were assumed"


def _proof_table(reach: Reach, rows: tuple[StepRow, ...], title: str) -> Table:
    """The steps in order; what is only included in the step before is left out at first."""
    attacked = brings_an_attacker(reach.scenario)
    cells = [(_step(row, attacked), row.rule == "closure") for row in rows]
    return Table(
        "proof",
        title,
        ("step", *(("level",) if attacked else ()), "id", "what holds", "because", "read at"),
        tuple(cell for cell, _ in cells),
        ids=("id",),
        brief=tuple(cell for cell, included in cells if not included),
        under=("read at",),
    )


def _step(row: StepRow, attacked: bool) -> Row:
    level = (row.level,) if attacked else ()
    return (row.hops, *level, row.entity, row.says, row.because, ", ".join(row.provenance))


def _stop_table(reach: Reach, fact: Fact, stops: tuple[StoppedRow, ...]) -> Table:
    """All that stands in the way, what is one step away first; in brief a line for what stands before many alike."""
    estate = reach.estate
    nearest_first = sorted(stops, key=lambda row: Fact(row.entity, row.capability) != fact)
    columns = ("id", "it would mean", "what stands in the way", "what would change it", "along")
    cells = [
        (row.entity, row.says, "; ".join(row.by), "; ".join(row.changes), _along(estate, row.relations))
        for row in nearest_first
    ]
    alike = grouped(nearest_first, lambda row: (row.by, row.capability, row.kind))
    return Table(
        "stopped",
        "What stands in the way",
        columns,
        tuple(cells),
        ids=("id",),
        brief=tuple(_alike(estate, rows) for rows in alike),
        under=("what would change it", "along"),
    )


def _alike(estate: Estate, rows: Sequence[StoppedRow]) -> Row:
    """Steps of one kind that the same stands in the way of."""
    first = rows[0]
    ids = list(dict.fromkeys(row.entity for row in rows))
    changes = [change.partition("@")[0] if len(ids) > 1 else change for row in rows for change in row.changes]
    names = first.says if len(ids) == 1 else f"{kinds(len(ids), first.kind)}: {WORDS[first.capability]}"
    along = listed(list(dict.fromkeys(_along(estate, row.relations) for row in rows)), 2)
    return (
        listed(ids, 2),
        names,
        "; ".join(first.by),
        "; ".join(dict.fromkeys(changes)),
        along if len(ids) == 1 else "",
    )


def _along(estate: Estate, relations: Sequence[str]) -> str:
    return "; ".join(relation_said(estate, relation) for relation in relations)


QUERY = Query(
    "explain",
    "Why something could be reached, or what stops it",
    Params,
    run,
    ExplainData,
    draws=True,
    about_one=True,
    main="proof",
    example="--compromise acme --assume lateral --entity customer_replica",
)
