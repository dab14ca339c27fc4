"""What stops with whom: each third party out alone, with those who rely on it, and as if no fallback took over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from blastradius.engine import Assumption, PreparedEstate, plain
from blastradius.estate import Estate
from blastradius.model import ControlKind, Frozen, Kind, Party, Process, Scenario, Verb
from blastradius.reports.losses import Loss, losses_in
from blastradius.reports.surface import third_parties
from blastradius.reports.words import label


@dataclass(frozen=True)
class Failure:
    """What is lost where a party is out: ``alone``, with all who ``rely`` on it, and ``bare`` of any fallback."""

    party: Party
    rely: tuple[str, ...]
    alone: Loss
    together: Loss
    bare: Loss


def failures(system: PreparedEstate, params: Assumption, hours: float | None) -> list[Failure]:
    """Every third party, in the order of the estate; all scenarios are solved at once and audited."""
    parties, relying = third_parties(system.estate), relied_on(system.estate)
    bare = (*params.distrust, ControlKind.FALLBACK)
    asked = []
    for party in parties:
        alone = outage(params, hours, party.id)
        asked += [alone, outage(params, hours, party.id, *relying.get(party.id, ()))]
        asked += [alone.model_copy(update={"distrust": bare})]
    found = losses_in(system, asked)
    return [
        Failure(party, relying.get(party.id, ()), *found[3 * place : 3 * place + 3])
        for place, party in enumerate(parties)
    ]


def outage(params: Assumption, hours: float | None, *names: str) -> Scenario:
    """Things that are out, for so many hours or for longer than any buffer lasts."""
    return plain(params.asked).model_copy(update={"outage": names, "hours": hours})


def relied_on(estate: Estate) -> Mapping[str, tuple[str, ...]]:
    """For each party the third parties that rely on it, directly or through others; nearest first."""
    direct: dict[str, list[str]] = defaultdict(list)
    for relation in estate.by_verb[Verb.RELIES_ON]:
        direct[relation.targets[0]].append(relation.sources[0])
    ours = {party.id for party in estate.of_kind(Kind.PARTY) if getattr(party, "role", None) == "self"}
    return {name: tuple(it for it in _behind(direct, name) if it not in ours) for name in direct}


def _behind(direct: Mapping[str, list[str]], name: str) -> list[str]:
    found = [name]
    for party in found:
        found += [other for other in dict.fromkeys(direct.get(party, ())) if other not in found]
    return found[1:]


def critical(estate: Estate) -> tuple[str, ...]:
    """The processes that are crown jewels, or all where none is marked as one."""
    processes = [process for process in estate.of_kind(Kind.PROCESS) if isinstance(process, Process)]
    marked = [process.id for process in processes if process.crown_jewel]
    return tuple(marked or [process.id for process in processes])


class SharedRow(Frozen):
    """Processes (ids) that one failure stops, and the failures of which each stops exactly these.

    ``by`` are parties that are out alone, or services; ``through`` parties that stop them only where those who rely on
    them are out as well.
    """

    processes: tuple[str, ...]
    names: tuple[str, ...]
    by: tuple[str, ...]
    by_names: tuple[str, ...]
    through: tuple[str, ...]
    through_names: tuple[str, ...]


def services_out(system: PreparedEstate, params: Assumption, hours: float | None) -> dict[str, Loss]:
    """What is lost where each service, whosever it is, is out by itself; all are solved at once and audited."""
    services = [service.id for service in system.estate.of_kind(Kind.SERVICE)]
    found = losses_in(system, [outage(params, hours, service) for service in services])
    return dict(zip(services, found, strict=True))


def shared(estate: Estate, parties: Sequence[Failure], services: Mapping[str, Loss]) -> tuple[SharedRow, ...]:
    """The sets of two or more processes that a single party or service stops, those with most critical ones first."""
    counted = set(critical(estate))
    by = _grouped([*((it.party.id, it.alone) for it in parties), *services.items()])
    rolled = [(it.party.id, it.together) for it in parties if it.together != it.alone]
    through = _grouped(rolled)
    rows = [_shared(estate, stopped, by, through) for stopped in {*by, *through}]
    return tuple(
        sorted(rows, key=lambda row: (-len(counted.intersection(row.processes)), -len(row.processes), row.processes))
    )


_Groups = Mapping[frozenset[str], list[str]]


def _grouped(losses: Iterable[tuple[str, Loss]]) -> _Groups:
    """What fails, by the processes that stop with it where these are two or more."""
    found: dict[frozenset[str], list[str]] = defaultdict(list)
    for name, loss in losses:
        if len(loss.stops) > 1:
            found[frozenset(loss.stops)].append(name)
    return dict(found)


def _shared(estate: Estate, stopped: frozenset[str], by: _Groups, through: _Groups) -> SharedRow:
    def names(ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(label(estate, name) for name in ids)

    processes, alone, rolled = sorted(stopped), by.get(stopped, []), through.get(stopped, [])
    return SharedRow(
        processes=tuple(processes),
        names=names(processes),
        by=tuple(alone),
        by_names=names(alone),
        through=tuple(rolled),
        through_names=names(rolled),
    )
