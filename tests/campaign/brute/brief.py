"""What the page for the board says, and what changed since."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from blastradius.answer import Answer
from blastradius.engine import compile_system, plain, solve, what_if
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from blastradius.model import (
    Fact,
    Kind,
    Level,
    Scenario,
)
from blastradius.reports.levers import LEVER_VERBS
from blastradius.reports.remedies import removals
from tests.campaign.brute.inventory import inventory
from tests.campaign.brute.shared import felt_without, is_only_assumed


def brief(estate: Estate, params: Any) -> Any:
    """Who reaches what, the ways at the lowest level, which controls hold others closed, the most one change closes."""
    changed_estate = what_if(estate, params.asked)
    rows = [(party, levels) for party, _, _, levels in inventory(estate, params)]
    found = [place for place in range(params.level) if any(levels[place][0] for _, levels in rows)]
    at = found[0] if found else params.level - 1
    asked = plain(params.asked).model_copy(update={"assume": Level(at + 1)})
    parties = [party for party, _ in rows]
    anyones = set(spec(changed_estate, asked.model_copy(update={"anyone": True})))
    ways = _open_ways(changed_estate, asked, parties, anyones)
    assumed = [it.id for it in changed_estate.controls.values() if is_only_assumed(it.control)]
    failing = {it: asked.model_copy(update={"distrust": (*asked.distrust, it)}) for it in assumed}
    rests = {it: _open_ways(changed_estate, failed, parties, anyones) - ways for it, failed in failing.items()}
    closed = [0]
    for party in dict.fromkeys(party for party, _ in sorted(ways)):
        for remedy in removals(solve(changed_estate, asked.model_copy(update={"compromise": (party,)}))):
            if remedy.act != "remove" or _is_quick(changed_estate, remedy.id):
                less = changed_estate.changed(without=remedy.without)
                closed.append(len(ways - _open_ways(less, asked, parties, anyones)))
    some = [(party, levels) for party, levels in rows if any(jewels or things for jewels, things, _ in levels)]
    reaching = {party: [jewels for jewels, _, _ in levels] for party, levels in some}
    stops = {it for it in parties if felt_without(changed_estate, params, [it])[0]}
    rests = {it: more for it, more in rests.items() if more}
    changed = _changed_since(params.since, estate, params) if params.since is not None else None
    return reaching, at + 1 if found else None, ways, rests, max(closed), stops, changed


def _changed_since(base: Estate, head: Estate, params: Any) -> Any:
    """Who is new and gone, the way of each to a jewel of either estate before and now, and what stops without whom."""
    jewels = {it for estate in (base, head) for it in estate.entities if _is_private_jewel(estate, it)}
    sides = []
    for estate in (base, head):
        parties = {it.id for it in estate.of_kind(Kind.PARTY) if getattr(it, "role", None) != "self"}
        levels: dict[tuple[str, str], int] = {}
        for level in (level for level in Level if level <= params.level):
            asked = plain(params.asked).model_copy(update={"assume": level})
            anyones = spec(estate, asked.model_copy(update={"anyone": True})).keys()
            for party in parties:
                beyond = spec(estate, asked.model_copy(update={"compromise": (party,)})).keys() - anyones
                for fact in beyond:
                    if fact.entity in jewels:
                        levels.setdefault((party, fact.entity), level.value)
        stops = {(it, name) for it in parties for name in felt_without(estate, params, [it])[0]}
        sides.append((parties, levels, stops))
    (before, was, stopped), (now, is_now, stop) = sides
    moved = {way: (was.get(way), is_now.get(way)) for way in {*was, *is_now} if was.get(way) != is_now.get(way)}
    return now - before, before - now, moved, stop - stopped, stopped - stop


def _is_private_jewel(estate: Estate, name: str) -> bool:
    return estate.crown_jewel(name) and not getattr(estate.entities[name], "public", False)


def _is_quick(estate: Estate, relation: str) -> bool:
    return estate.relations[relation].verb in LEVER_VERBS and not compile_system(estate).is_telling(relation)


def _open_ways(estate: Estate, asked: Scenario, parties: Iterable[str], anyones: set[Fact]) -> set[tuple[str, str]]:
    """The third parties and the crown jewels that each reaches beyond what anyone does now."""
    return {
        (party, fact.entity)
        for party in parties
        for fact in spec(estate, asked.model_copy(update={"compromise": (party,)})).keys() - anyones
        if _is_private_jewel(estate, fact.entity)
    }


def told_brief(answer: Answer) -> Any:
    data = answer.data.model_dump()
    reaching = {row["party"]: [sorted(it["crown_jewels"] or ()) for it in row["reach"]] for row in data["reaching"]}
    level = data["level"] and Level[data["level"].upper()].value
    at = next((place for place, it in enumerate(Level) if it.value == level), -1)
    ways = {(party, jewel) for party, levels in reaching.items() for jewel in levels[at]}
    rests = {row["control"]: {tuple(way) for way in row["ways"]} for row in data["rests_on"]}
    most_closed = max((len(row["ways"]) for row in data["cuts"]), default=0)
    stops = {it["party"] for it in data["stops"]}
    changed = data["since"] and _told_since(data["since"])
    return reaching, level, ways if data["level"] else set(), rests, most_closed, stops, changed


def _told_since(data: Any) -> Any:
    rows = [row for name in ("new_ways", "gone_ways", "nearer", "farther") for row in data[name]]
    levels = {level.word: level.value for level in Level}
    moved = {(row["party"], row["jewel"]): (levels.get(row["before"]), levels.get(row["level"])) for row in rows}
    parties = ({row["party"] for row in data[name]} for name in ("new_parties", "gone_parties"))
    stops = ({(row["party"], row["process"]) for row in data[name]} for name in ("new_stops", "gone_stops"))
    return (*parties, moved, *stops)
