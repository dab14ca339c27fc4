"""Which processes stop or slow without which third party, from when on, and who stands behind how many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from pydantic import Field

from blastradius.answer import UNKNOWN, Answer, Query, Row, Table
from blastradius.engine import Assumption, PreparedEstate, solve, system_of, what_if
from blastradius.estate import Estate
from blastradius.model import ControlKind, Frozen, Kind, Process, Verb
from blastradius.reports.failures import Failure, SharedRow, critical, failures, outage, services_out, shared
from blastradius.reports.impact import is_audited
from blastradius.reports.labels import footing
from blastradius.reports.losses import Loss
from blastradius.reports.rows import ModelRow, model_row
from blastradius.reports.surface import third_parties
from blastradius.reports.timeline import PainRow, pain_cells, pain_rows
from blastradius.reports.unstated import states_processes
from blastradius.reports.words import kinds, label, listed, plural


class Params(Assumption):
    """How long whoever fails is out, and how much of what is stated to believe."""

    assume: Literal["granted", "abused", "takeover", "lateral"] = Field(
        "granted", description="how much of an attacker to assume; an outage alone brings none"
    )
    hours: float | None = Field(None, ge=0, description="how long the outage lasts [default: longer than any buffer]")


class NeedRow(PainRow):
    """One process and one third party without which it stops or slows, or would if no fallback took over.

    ``without_fallback`` is what happens as if no fallback worked; null where that is no worse.
    """

    provider: str
    provider_name: str
    without_fallback: Literal["stops", "slows"] | None


class ProviderRow(Frozen):
    """One third party; ids, but for ``name`` and what is not of the estate.

    ``stands_behind`` are the third parties that rely on it, directly or through others. ``stops`` and ``slows`` are
    processes where it is out alone, ``stops_together`` where those who rely on it are out as well. ``fallbacks`` are
    controls that hold something where it is out. ``substitutability`` and ``exit_plan`` are null where nobody states
    them.
    """

    party: str
    name: str
    role: str
    owner: str | None
    substitutability: str | None
    exit_plan: str | None
    stands_behind: tuple[str, ...]
    stops: tuple[str, ...]
    slows: tuple[str, ...]
    stops_together: tuple[str, ...]
    critical_stops: int
    critical_together: int
    fallbacks: tuple[str, ...]


class DependenceData(Frozen):
    """The answer to ``dependence``; ``hours`` is null for an outage longer than any buffer.

    ``critical`` are the processes that ``critical_stops`` counts: the crown jewels, or all where none is marked.
    ``third_parties`` counts those with whom we deal, of which providers stand behind so many. ``needs_unsaid`` are
    processes of which nobody states what they need, ``no_effect`` counts the providers without whom nothing is known to
    slow or stop, ``mattering`` the others; of these it is stated for so many how easily they are replaced
    (``replacement_stated``), and what the exit plan is (``exit_plans``). ``whose`` are services without which something
    stops, and of which nobody states whose they are; ``only_fallback`` processes that would stop without a fallback.
    """

    question: str
    headline: str
    hours: float | None
    distrusted: tuple[str, ...]
    needs: tuple[NeedRow, ...]
    providers: tuple[ProviderRow, ...]
    shared: tuple[SharedRow, ...]
    processes: int
    critical: tuple[str, ...]
    third_parties: int
    needs_unsaid: tuple[str, ...]
    whose: tuple[str, ...]
    only_fallback: tuple[str, ...]
    no_effect: int
    mattering: int
    replacement_stated: int
    exit_plans: int
    checked: bool
    model: ModelRow


def run(estate: Estate, params: Params) -> Answer:
    """An outage of each third party by itself, then with those who rely on it; times come from the proof of each."""
    estate = what_if(estate, params.asked)
    system = system_of(estate)
    found = failures(system, params, params.hours)
    needs, held = _needs(system, params, found)
    providers = [_provider(estate, failure, held.get(failure.party.id, ())) for failure in found]
    providers.sort(
        key=lambda row: (-row.critical_together, -len(row.stops_together), -len(row.stands_behind), row.party)
    )
    services = services_out(system, params, params.hours)
    mattering = [row for row in providers if row.stops or row.slows]
    data = DependenceData(
        question="dependence",
        headline=_headline(estate, providers),
        hours=params.hours,
        distrusted=params.distrust,
        needs=tuple(needs),
        providers=tuple(providers),
        shared=shared(estate, found, services),
        processes=len(estate.of_kind(Kind.PROCESS)),
        critical=critical(estate),
        third_parties=sum(row.role != "upstream" for row in providers),
        needs_unsaid=_unsaid(estate),
        whose=_whose(estate, services),
        only_fallback=tuple(dict.fromkeys(row.process for row in needs if row.without_fallback == "stops")),
        no_effect=len(providers) - len(mattering),
        mattering=len(mattering),
        replacement_stated=sum(row.substitutability is not None for row in mattering),
        exit_plans=sum(row.exit_plan is not None for row in mattering),
        checked=is_audited(estate),
        model=model_row(estate),
    )
    return Answer(
        question="dependence",
        headline=data.headline,
        data=data,
        tables=(_matrix(needs, providers), _concentration(estate, data), _together(data)),
        lines=_lines(estate, data),
        notes=estate.notes,
    )


def _needs(
    system: PreparedEstate, params: Params, found: Sequence[Failure]
) -> tuple[list[NeedRow], dict[str, tuple[str, ...]]]:
    """A row for each process and provider that it needs, and the fallbacks that hold where each provider is out."""
    rows, held = [], {}
    for failure in found:
        if failure.bare.stops or failure.bare.slows:
            reach = solve(system.estate, outage(params, params.hours, failure.party.id), system=system)
            kinds_of = {name: system.estate.controls[name].control.kind for name in reach.certificate.relies_on}
            held[failure.party.id] = tuple(name for name, kind in kinds_of.items() if kind == ControlKind.FALLBACK)
            rows += _of_one(system.estate, failure, pain_rows(reach))
    never = float("inf")
    rows.sort(
        key=lambda row: (
            not row.crown_jewel,
            row.process,
            never if row.stops_at_h is None else row.stops_at_h,
            never if row.slows_at_h is None else row.slows_at_h,
            row.provider,
        )
    )
    return rows, held


def _of_one(estate: Estate, failure: Failure, felt: Sequence[PainRow]) -> list[NeedRow]:
    """The processes that feel the outage of one party, and those that only a fallback holds."""
    held = {name: _not_felt(estate, name) for name in (*failure.bare.stops, *failure.bare.slows)}
    rows = held | {row.process: row for row in felt}
    provider = failure.party.id
    return [
        NeedRow(
            **row.model_dump(),
            provider=provider,
            provider_name=label(estate, provider),
            without_fallback=_worse(failure, name),
        )
        for name, row in rows.items()
    ]


def _not_felt(estate: Estate, name: str) -> PainRow:
    process = estate.entities[name]
    return PainRow(
        process=name,
        name=label(estate, name),
        slows_at_h=None,
        stops_at_h=None,
        tolerance_h=process.tolerance_h if isinstance(process, Process) else None,
        used_up_at_h=None,
        back_at_h=None,
        crown_jewel=estate.crown_jewel(name),
    )


def _worse(failure: Failure, process: str) -> Literal["stops", "slows"] | None:
    """What a process does without any fallback that it does not do with them."""
    if process in failure.bare.stops and process not in failure.alone.stops:
        return "stops"
    is_felt = process in failure.alone.stops or process in failure.alone.slows
    return "slows" if process in failure.bare.slows and not is_felt else None


def _provider(estate: Estate, failure: Failure, fallbacks: tuple[str, ...]) -> ProviderRow:
    party, counted = failure.party, set(critical(estate))
    dealt_with = {party.id for party in third_parties(estate) if party.role != "upstream"}
    return ProviderRow(
        party=party.id,
        name=label(estate, party.id),
        role=party.role,
        owner=party.owner,
        substitutability=party.substitutability,
        exit_plan=next((text for key, text in party.governance.items() if "exit" in key.casefold()), None),
        stands_behind=tuple(name for name in failure.rely if name in dealt_with and name != party.id),
        stops=failure.alone.stops,
        slows=failure.alone.slows,
        stops_together=failure.together.stops,
        critical_stops=len(counted.intersection(failure.alone.stops)),
        critical_together=len(counted.intersection(failure.together.stops)),
        fallbacks=fallbacks,
    )


def _unsaid(estate: Estate) -> tuple[str, ...]:
    """The processes of which nobody states what they need."""
    needing = {name for verb in _NEEDS for relation in estate.by_verb[verb] for name in relation.sources}
    return tuple(process.id for process in estate.of_kind(Kind.PROCESS) if process.id not in needing)


def _whose(estate: Estate, services: Mapping[str, Loss]) -> tuple[str, ...]:
    """The services without which something stops, and of which nobody states whose they are."""
    owned = {name for relation in estate.by_verb[Verb.OWNS] for name in relation.targets}
    return tuple(name for name, loss in services.items() if loss.stops and name not in owned)


_NEEDS = (Verb.DEPENDS_ON, Verb.CONSUMES)
MOST_SHOWN = 20
"""How many rows people are shown at first."""


def _headline(estate: Estate, providers: Sequence[ProviderRow]) -> str:
    if not states_processes(estate):
        return "no process is stated, so what would stop without whom is unknown; state processes and what they need"
    if not providers:
        return "the estate has no third party, as far as is stated"
    first, counted = providers[0], critical(estate)
    if not first.critical_together:
        tried = f"a third party is out ({len(providers):,} tried)"
        return f"no {_critical_said(estate)} stops where {tried}, as far as is stated"
    names = listed([label(estate, name) for name in first.stops_together if name in counted])
    whom = f"{first.name}, and with it who relies on it," if first.stops != first.stops_together else first.name
    count = first.critical_together
    of = f"{count:,} of {len(counted):,}" if len(counted) > 1 else "the only"
    most = f"{of} {_critical_said(estate, len(counted))} {'stops' if count == 1 else 'stop'}"
    return f"{most} if {whom} is out ({names}); no other third party stops more"


def _critical_said(estate: Estate, count: int = 1) -> str:
    noun = "process" if count == 1 else "processes"
    marked = any(map(estate.crown_jewel, critical(estate)))
    return f"{noun} marked as {'a crown jewel' if count == 1 else 'crown jewels'}" if marked else noun


def _lines(estate: Estate, data: DependenceData) -> tuple[str, ...]:
    """Concentration in sentences, what the outage is taken to be, and what nobody states."""
    behind = [row for row in data.providers if len(row.stands_behind) > 1][:MOST_SENTENCES]
    found = [
        f"{row.name} stands behind {len(row.stands_behind):,} of {data.third_parties:,} third parties" for row in behind
    ]
    return (*found, *(_on_outages(estate, data) if data.processes else ()), footing(estate))


def _on_outages(estate: Estate, data: DependenceData) -> Iterator[str]:
    """What each outage is taken to be, what it leaves open, and what nobody states."""

    def names(ids: Sequence[str]) -> str:
        return listed([label(estate, name) for name in ids])

    length = "longer than any buffer lasts" if data.hours is None else f"{data.hours:g} hours"
    yield f"each is taken to be out by itself, for {length}; times are hours from its start"
    yield "who relies on one that is out is taken to be out as well only where that is said"
    if data.only_fallback:
        yield f"only a fallback keeps these from stopping: {names(data.only_fallback)}"
    if data.whose:
        yield f"taken to be our own, for nobody states whose they are, and something stops without: {names(data.whose)}"
    if data.needs_unsaid:
        yield f"nobody states what these cannot do without: {names(data.needs_unsaid)}"
    if data.no_effect:
        without = f"without {data.no_effect:,} of {plural(len(data.providers), 'third party', 'third parties')}"
        yield f"{without} nothing is known to stop or slow; silence is not safety"
    if data.mattering:
        whom = plural(data.mattering, "third party", "third parties")
        stated = f"a replacement is judged for {data.replacement_stated:,}, an exit plan stated for {data.exit_plans:,}"
        yield f"of {whom} without which something stops or slows, {stated}"


MOST_SENTENCES = 3


def _matrix(needs: Sequence[NeedRow], providers: Sequence[ProviderRow]) -> Table:
    by_party = {row.party: row for row in providers}
    cells = tuple(_need_cells(row, by_party[row.provider]) for row in needs)
    return Table(
        "needs",
        "Which process stops or slows without whom",
        (
            *("", "id", "process", "provider", "without", "slows", "stops", "tolerates", "used up"),
            *("back", "replaceable", "exit plan", "but for a fallback"),
        ),
        cells,
        ids=("id", "provider"),
        brief=cells[:MOST_SHOWN],
        under=("but for a fallback", "back"),
        headed=("but for a fallback", "back"),
        spare=("exit plan", "replaceable"),
    )


def _need_cells(row: NeedRow, provider: ProviderRow) -> Row:
    *process, slows, stops, tolerates, used_up, back = pain_cells(row)
    return (
        *(*process, row.provider, row.provider_name, slows, stops, tolerates, used_up, back),
        UNKNOWN if provider.substitutability is None else provider.substitutability,
        UNKNOWN if provider.exit_plan is None else provider.exit_plan,
        "" if row.without_fallback is None else f"it {row.without_fallback}",
    )


def _concentration(estate: Estate, data: DependenceData) -> Table:
    """Each provider that matters to several, or without which something slows or stops."""

    def cells(row: ProviderRow) -> Row:
        return (
            *(row.party, row.name, len(row.stands_behind)),
            *(len(row.stops), len(row.slows), len(row.stops_together), row.critical_together),
            UNKNOWN if row.substitutability is None else row.substitutability,
            UNKNOWN if row.exit_plan is None else row.exit_plan,
            listed([label(estate, name) for name in row.stands_behind], MOST_SHOWN),
        )

    parties = plural(data.third_parties, "third party", "third parties")
    shown = [cells(row) for row in data.providers if row.stands_behind or row.slows or row.stops_together]
    return Table(
        "concentration",
        f"How much rests on whom, of {kinds(data.processes, Kind.PROCESS)} and {parties}",
        (
            *("id", "provider", "stands behind", "stops", "slows", "stops, with who relies on it", "critical of these"),
            *("replaceable", "exit plan", "it stands behind"),
        ),
        tuple(map(cells, data.providers)),
        ids=("id",),
        brief=tuple(shown[:MOST_SHOWN]),
        under=("it stands behind",),
        headed=("it stands behind",),
        spare=("exit plan",),
    )


def _together(data: DependenceData) -> Table:
    """The sets of processes that one failure stops."""
    cells = tuple(
        (*_count(row, data), "; ".join(row.names), "; ".join(row.by_names), "; ".join(row.through_names))
        for row in data.shared
    )
    columns = ("number", "critical", "stop together", "if one of these is out", "or this, with who relies on it")
    title = "Processes that a single failure stops together"
    return Table("shared", title, columns, cells, brief=cells[:MOST_SHOWN])


def _count(row: SharedRow, data: DependenceData) -> tuple[int, int]:
    return len(row.processes), len(set(data.critical).intersection(row.processes))


QUERY = Query(
    "dependence",
    "Which processes stop without whom, and who stands behind how many",
    Params,
    run,
    DependenceData,
    main="needs",
    example="--hours 48",
)
