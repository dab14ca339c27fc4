"""How many changes it takes, and what they cost the business at least, by trying few of them together."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from math import comb
from typing import Any

from blastradius.answer import Answer
from blastradius.engine import SEED_KINDS, compile_system, plain, what_if
from blastradius.engine.check.spec import spec
from blastradius.engine.cut import Lever
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import (
    Kind,
    Scenario,
    Verb,
)
from blastradius.reports.failures import critical
from blastradius.reports.levers import levers_of
from blastradius.reports.losses import losses

MOST_CUT = 2
"""How many changes are tried together; that a cut needs more is all that is known of larger ones."""
MOST_SOLVED = 2_000
"""How many scenarios are solved at most: of many changes fewer are tried together."""


def most_together(levers: int, starts: int) -> int:
    """How many changes are tried together."""
    return max(size for size in range(MOST_CUT + 1) if size == 0 or comb(levers, size) * starts <= MOST_SOLVED)


def cut(estate: Estate, params: Any) -> Any:
    """How many changes it takes, what these stop at least, and what none of them all helps."""
    starts = _cut_starts(estate, params)
    estate = what_if(estate, params.asked)
    targets = [estate.resolve(name) for name in params.target] or [
        name for name in estate.entities if estate.crown_jewel(name)
    ]
    if not targets or not starts:
        raise UsageError("nothing to cut")
    distrusted = {name.partition("@")[0] for name in params.distrust}
    known = levers_of(compile_system(estate), keep=[estate.resolve(name) for name in params.keep], add=params.add)
    remedies = [it for it in known if it.remedy.id.partition("@")[0] not in distrusted]
    levers = [it.lever for it in remedies]
    stays = _left(estate, starts, targets, levers)
    uncut, most = {(number, it.entity) for number, it in stays}, most_together(len(levers), len(starts))
    for size in range(most + 1):
        cuts = [some for some in combinations(levers, size) if _left(estate, starts, targets, some) == stays]
        if cuts:
            return size, min(_harm(estate, params, some) for some in cuts), uncut
    return most + 1, None, uncut


def _harm(estate: Estate, params: Any, levers: Iterable[Lever]) -> tuple[int, ...]:
    """How many critical processes stop without what is taken away, how many stop, and how many stop or slow."""
    (loss,) = losses(estate, [{name for lever in levers for name in lever.relations}], params.asked.basis)
    if loss is None:
        return 0, 0, 0
    return len({*loss.stops} & {*critical(estate)}), len(loss.stops), len(loss.stops) + len(loss.slows)


def _cut_starts(estate: Estate, params: Any) -> list[Scenario]:
    if params.anyone or any(getattr(params, way) for way in SEED_KINDS):
        found = [plain(params.scenario(estate))]
    else:
        partners = [party.id for party in estate.of_kind(Kind.PARTY) if getattr(party, "role", None) != "self"]
        groups = [tuple(partners)] if params.together and partners else [(name,) for name in partners]
        asked = plain(params.asked).model_copy(update={"hours": params.hours})
        found = [asked.model_copy(update={"compromise": group}) for group in groups]
    return found


def _left(estate: Estate, starts: list[Scenario], targets: list[str], levers: Iterable[Lever]) -> set[Any]:
    """The targets that are reached all the same, of each start that does not begin there or own them."""
    levers = list(levers)
    without = {name for lever in levers for name in lever.relations}
    controls = {f"{kind}@{host}" for lever in levers for kind, host in lever.controls}
    changed = estate.changed(without=sorted(without), controls=sorted(controls))
    found = set()
    for number, scenario in enumerate(starts):
        begun = {name for way in SEED_KINDS for name in getattr(scenario, way)}
        owns = [it for it in estate.relations.values() if it.verb is Verb.OWNS and it.sources[0] in begun]
        spared = begun | {name for relation in owns for name in relation.targets}
        goals = set(targets) - spared
        found |= {(number, it) for it in spec(changed, scenario) if it.entity in goals}
    return found


def told_cut(answer: Answer) -> Any:
    data = answer.data.model_dump()
    stays = {(data["starts"].index(start), row["entity"]) for row in data["uncut"] for start in row["starts"]}
    size, most = len(data["cut"]), most_together(data["levers_tried"], len(data["starts"]))
    if size > most:
        return most + 1, None, stays
    counts = [len(data[name] or ()) for name in ("stops_critical", "stops", "slows")]
    return size, (*counts[:2], counts[1] + counts[2]), stays
