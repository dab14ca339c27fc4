"""What each control lets through that fails, each pair, and each put in its place."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from blastradius.answer import Answer
from blastradius.engine import SEED_KINDS, World, plain, what_if
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from blastradius.model import (
    Capability,
    Fact,
    Kind,
)
from tests.campaign.brute.shared import measure
from tests.engine.batch.test_worlds import changed


def controls(estate: Estate, params: Any) -> Any:
    """By one world after the other: what each control lets through that fails, each pair, and each put in its place."""
    if params.anyone or any(getattr(params, way) for way in SEED_KINDS):
        starts = [plain(params.scenario(estate))]
    else:
        parties = [party.id for party in estate.of_kind(Kind.PARTY) if getattr(party, "role", None) != "self"]
        asked = plain(params.asked).model_copy(update={"hours": params.hours})
        starts = [asked.model_copy(update={"compromise": (name,)}) for name in parties]
    estate = what_if(estate, params.asked)
    placed = {it.id: it for it in estate.controls.values()}
    gone = {name: it for name, it in placed.items() if it.control.status in ("failed", "absent")}
    force = [
        name for name, it in placed.items() if name not in gone and not {name, it.control.kind} & {*params.distrust}
    ]
    now = [set(spec(estate, scenario)) for scenario in starts]

    def failing(*names: str) -> list[set[Fact]]:
        wider = [it.model_copy(update={"distrust": (*it.distrust, *names)}) for it in starts]
        return [set(spec(estate, scenario)) for scenario in wider]

    def opened(before: list[set[Fact]], after: list[set[Fact]], compared: list[set[Fact]], numbers: bool = True) -> Any:
        """What is in ``after`` and not in ``compared``, by whether something was held of it ``before``."""
        new, more, records = set[str](), set[str](), []
        for start, (scenario, least, most) in enumerate(zip(starts, before, after, strict=True)):
            own = {name for way in SEED_KINDS for name in getattr(scenario, way)}
            about = {it.entity for it in most - compared[start]} - own
            about = {name for name in about if not getattr(estate.entities[name], "public", False)}
            old = {it.entity for it in least}
            new, more = new | (about - old), more | (about & old)
            if about and numbers:
                one, other = (measure(estate, scenario, facts) for facts in (most, least))
                records.append(None if one[1] == other[1] and one[4] != other[4] else one[1] - other[1])
        jewels = sorted(name for name in new if estate.crown_jewel(name))
        processes = sorted(name for name in new if estate.kind_of(name) is Kind.PROCESS)
        told = [it for it in records if it is not None]
        found = jewels, max(told, default=None if records else 0), processes, len(new), len(more - new)
        return found if new or more else None

    alone = {name: failing(name) for name in force}
    pairs = {}
    for one, other in combinations(sorted(force), 2):
        union = [one_of | other_of for one_of, other_of in zip(alone[one], alone[other], strict=True)]
        both = failing(one, other)
        pairs[one, other] = opened(now, both, union, numbers=False)
    kept = {}
    for name, it in gone.items():
        there = ((it.control.kind, it.host),)
        then = [set(spec(changed(estate, World(scenario, controls=there)), scenario)) for scenario in starts]
        kept[name] = opened(then, now, then)
    held = {name: opened(now, then, now) for name, then in alone.items()}
    fallen = {(name, start) for name in force for start, facts in enumerate(now) if _falls(estate, name, facts, params)}
    return _some(held), _some(pairs), _some(kept), sorted(fallen), len(force)


def _some(found: dict[Any, Any]) -> list[Any]:
    return sorted((name, told) for name, told in found.items() if told is not None)


def _falls(estate: Estate, name: str, facts: set[Fact], params: Any) -> bool:
    """Whether a control falls with what provides it."""
    control = estate.controls[name].control
    if control.provided_by is None:
        return False
    held = {it.capability for it in facts if it.entity == control.provided_by}
    service = estate.kind_of(control.provided_by) is Kind.SERVICE
    closes = control.fails == "closed" and control.kind not in ("fallback", "immutable_backup")
    swayed = control.misled or control.kind in ("second_source", "out_of_band")
    return bool(
        (Capability.STEER if service else Capability.CONTROL) in held
        or (Capability.DENY in held and (not closes or "fail_closed" in params.distrust))
        or (Capability.TAINT in held and swayed)
    )


def told_controls(answer: Answer) -> Any:
    data = answer.data.model_dump()

    def told(row: Any, records: bool = True) -> Any:
        things = row["things"], row["more_of"]
        return [*(row["crown_jewels"] or ())], row["records"] if records else 0, [*(row["processes"] or ())], *things

    holding = sorted((row["id"], told(row["opens"])) for row in data["holding"])
    pairs = sorted((tuple(sorted(row["controls"])), told(row["opens"], records=False)) for row in data["together"])
    kept = sorted((row["id"], told(row["keeps"])) for row in data["gone"] if row["keeps"] and row["keeps"]["starts"])
    starts = [None] if data["starts"] is None else data["starts"]
    fallen = sorted((row["id"], starts.index(it["start"])) for row in data["fallen"] for it in row["with_starts"])
    return holding, pairs, kept, fallen, data["in_force"]
