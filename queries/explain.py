"""Why something could be reached: the proof, step by step; or why not, and what stops it."""

from __future__ import annotations

from pydantic import Field

from blastradius.answer import Answer, Query, Table
from blastradius.engine import Reach, ScenarioParams, plain, solve
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Basis, Capability, Fact, Frozen, Kind, Level
from blastradius.reports.diagram import picture_of
from blastradius.reports.labels import KNOWN, Label, labels_of
from blastradius.reports.rows import (
    ModelRow,
    ScenarioRow,
    StepRow,
    held_over,
    model_row,
    notes_of,
    scenario_row,
    step_rows,
)
from blastradius.reports.stops import StoppedRow, holds, leading_to, stopped_rows
from blastradius.reports.words import WORDS, label, plural
from blastradius.rules import APPLIES, RULES

_SAYS = {rule.id: rule.says for rule in RULES} | {
    "seed": "where the scenario starts",
    "closure": "included in what is already held",
}


class Params(ScenarioParams):
    """A scenario, and the fact to explain."""

    entity: str = Field(description="the entity to explain")
    capability: Capability | None = Field(
        None, description="the capability over it; the strongest that is reached when not named"
    )


class ExplainData(Frozen):
    """The answer to ``explain``.

    When the fact is reached, ``steps`` is its proof and ``stopped`` is empty. When it is not, ``steps`` is
    the shortest way to it if no control stood and everything were assumed (empty: there is none at all), and
    ``stopped`` are all steps that are not taken and could lead to it, by whatever way. ``basis`` and ``anyone`` are as
    for a fact of ``reach``.
    """

    question: str
    scenario: ScenarioRow
    entity: str
    capability: Capability
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
    return opened[0] if opened else _ASKED[reach.estate.kind_of(entity)]


_ASKED = {
    Kind.PARTY: Capability.CONTROL,
    Kind.CREDENTIAL: Capability.POSSESS,
    Kind.SCOPE: Capability.USE,
    Kind.OPERATION: Capability.USE,
    Kind.SERVICE: Capability.CONTROL,
    Kind.STORE: Capability.READ,
    Kind.FEED: Capability.WRITE,
    Kind.PROCESS: Capability.DENY,
}
"""What is asked about a thing of which nothing is reached and nothing could be."""


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
    headline = (
        f"{label(reach.estate, fact.entity)}: {WORDS[fact.capability]}, under level {step.level.word!r}, "
        f"in {plural(step.hops, 'hop')}"
    )
    known = labels_of(reach)[fact]
    data = _data(reach, fact, rows, (), known)
    facts = frozenset(step.fact for step in proof)
    return Answer(
        question="explain",
        headline=headline,
        data=data,
        tables=(_proof_table(reach, rows),),
        lines=tuple(
            filter(None, [_known(known), _could_anyone(known, step.level), _unknown(reach.estate, fact.entity)])
        ),
        notes=notes_of(reach.estate, reach.scenario),
        picture=picture_of(reach, f"Why: {label(reach.estate, fact.entity)}", full=True, only=facts),
    )


def _said(estate: Estate, fact: Fact, level: Level, known: Label) -> tuple[str | None, ...]:
    return _known(known), _could_anyone(known, level), _unknown(estate, fact.entity)


def _known(label: Label) -> str:
    """How well the fact is known: by the weakest on its best proof."""
    return f"how well it is known: the best proof of it rests on nothing weaker than what is {KNOWN[label.basis]}"


def _could_anyone(label: Label, level: Level) -> str | None:
    if label.anyone is None or label.is_beyond(level):
        return None
    return f"anyone on the internet could have as much, under level {label.anyone.word!r}"


def _why_not(reach: Reach, fact: Fact) -> Answer:
    opened = _opened(reach)
    proof = opened.proof_of(fact)
    rows = step_rows(opened, (step.fact for step in proof))
    beyond = leading_to(reach, opened, fact)
    stops = tuple(row for row in stopped_rows(reach) if Fact(row.entity, row.capability) in beyond)
    data = _data(reach, fact, rows, stops)
    return Answer(
        question="explain",
        headline=_not_headline(reach, fact, stops, bool(proof)),
        data=data,
        tables=(_stop_table(reach, fact, stops), _proof_table(reach, rows)) if proof else (),
        lines=tuple(filter(None, [_unknown(reach.estate, fact.entity)])),
        notes=notes_of(reach.estate, reach.scenario),
        picture=None,
    )


def _not_headline(reach: Reach, fact: Fact, stops: tuple[StoppedRow, ...], way: bool) -> str:
    what = f"{label(reach.estate, fact.entity)}: {WORDS[fact.capability]}"
    if not way:
        known = plural(len(reach.estate.relations), "known relation")
        return f"{what}: nothing is said that leads there; no path among {known}, even with every control off"
    by = "; ".join(dict.fromkeys(name for row in stops for name in row.by))
    return f"{what}: not under level {reach.scenario.assume.word!r}; what stands in the way: {by or 'nothing here'}"


def _unknown(estate: Estate, name: str) -> str | None:
    """What the estate states not to know of a thing."""
    unknown = estate.entities[name].unknown
    return f"stated to be unknown of {label(estate, name)}: {', '.join(unknown)}" if unknown else None


def _data(
    reach: Reach,
    fact: Fact,
    rows: tuple[StepRow, ...],
    stops: tuple[StoppedRow, ...],
    known: Label | None = None,
) -> ExplainData:
    step = reach.proofs.get(fact)
    return ExplainData(
        question="explain",
        scenario=scenario_row(reach.scenario),
        entity=fact.entity,
        capability=fact.capability,
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


def _proof_table(reach: Reach, rows: tuple[StepRow, ...]) -> Table:
    return Table(
        "proof",
        "The way, step by step",
        ("hops", "level", "what holds", "because", "read at"),
        tuple(
            (
                row.hops,
                row.level,
                holds(reach.estate, Fact(row.entity, row.capability)),
                _SAYS[row.rule],
                ", ".join(row.provenance),
            )
            for row in rows
        ),
    )


def _stop_table(reach: Reach, fact: Fact, stops: tuple[StoppedRow, ...]) -> Table:
    """All that stands in the way, what is one step away first."""
    nearest_first = sorted(stops, key=lambda row: Fact(row.entity, row.capability) != fact)
    return Table(
        "stopped",
        "What stands in the way",
        ("it would mean", "what stands in the way", "what would change it", "along"),
        tuple(
            (
                holds(reach.estate, Fact(row.entity, row.capability)),
                "; ".join(row.by),
                "; ".join(row.changes),
                ", ".join(row.relations),
            )
            for row in nearest_first
        ),
    )


QUERY = Query("explain", "Why something could be reached, or what stops it", Params, run, ExplainData)
