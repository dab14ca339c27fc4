"""Every grant that others hold: its need, its use, and what it alone adds."""

from __future__ import annotations

from typing import Any

from blastradius.answer import Answer
from blastradius.engine import plain, what_if
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from blastradius.model import (
    Capability,
    ControlKind,
    Fact,
    Kind,
    Level,
    Relation,
    Scenario,
    Verb,
)
from tests.campaign.brute.shared import measure


def overgrant(estate: Estate, params: Any) -> Any:
    """Every grant of a key that others hold: whether a call needs it, whether it is seen used, what it alone adds."""
    holder = params.holder and estate.resolve(params.holder, (Kind.PARTY, Kind.SERVICE))
    estate = what_if(estate, params.asked)
    relations = list(estate.relations.values())
    held = [(it.sources[0], it.targets[0]) for it in relations if it.verb is Verb.HOLDS]
    calls = [(it, _keys_of(relations, held, it)) for it in relations if it.verb is Verb.CALLS]
    found = set()
    for grant in (it for it in relations if it.verb is Verb.GRANTS):
        holders = {name for name, key in held if key in grant.sources}
        others = {name for name in holders if getattr(estate.entities[name], "role", None) != "self"}
        if holder not in holders if holder else holders and not others:
            continue
        needs = _broken_calls(estate, grant, calls)
        target: Any = estate.entities[grant.targets[0]]
        stated, used = getattr(target, "needed", None), getattr(target, "used", None)
        need = "needed" if stated or any(needs) else "unsaid" if stated is None and not needs else "not needed"
        seen = [_seen(relations, calls, grant, key) for key in grant.sources]
        idle = any(getattr(estate.entities[key], "dormant", False) for key in grant.sources)
        is_used = used or all(yes for yes, _ in seen)
        use = "used" if is_used else "not seen" if used is False or idle or all(any_ for _, any_ in seen) else "unsaid"
        start = {"compromise": tuple(sorted(others))} if others else {"leak": grant.sources}
        scenario = plain(params.asked).model_copy(update=start)
        now = measure(estate, scenario, spec(estate, scenario))
        less = estate.changed(without=(grant.id,))
        then = measure(less, scenario, spec(less, scenario))
        alone = (now[1] - then[1], now[2] - then[2], now[3] - then[3], max(0, now[4] - then[4]))
        found.add((grant.id, need, use, tuple(sorted({*now[0]} - {*then[0]})), *alone))
    return found


def _keys_of(relations: list[Relation], held: list[tuple[str, str]], call: Relation) -> tuple[str, ...]:
    """What a call may be made with: the keys it names, else any of who calls and of who owns that."""
    owners = {it.sources[0] for it in relations if it.verb is Verb.OWNS and it.targets[0] == call.sources[0]}
    return call.keys or tuple(key for name, key in held if name in owners | {call.sources[0]})


def _broken_calls(estate: Estate, grant: Relation, calls: list[tuple[Relation, tuple[str, ...]]]) -> list[bool]:
    """For each call that keys of a grant serve as it is, whether they do not without the grant."""
    found = []
    for call, keys in calls:
        scenario = Scenario(use=keys, assume=Level.GRANTED, distrust=(ControlKind.APPROVAL,))
        wanted = Fact(call.targets[0], Capability.USE)
        if set(keys) & set(grant.sources) and wanted in spec(estate, scenario):
            found.append(wanted not in spec(estate.changed(without=(grant.id,)), scenario))
    return found


def _seen(
    relations: list[Relation], calls: list[tuple[Relation, tuple[str, ...]]], grant: Relation, key: str
) -> tuple[bool, bool]:
    """Whether a key was seen to use what a grant opens, and whether it was seen to use anything."""
    used = {it.targets[0] for it in relations if it.verb is Verb.GRANTS and key in it.sources and _was_seen(it)}
    used |= {it.targets[0] for it, keys in calls if key in keys and _was_seen(it)}
    opened = {it.targets[0] for it in relations if it.verb is Verb.PERMITS and grant.targets[0] in it.sources}
    return bool(used & (opened | {grant.targets[0]})), bool(used)


def _was_seen(relation: Relation) -> bool:
    return "observed" in {*relation.also, relation.basis}


def told_overgrant(answer: Answer) -> Any:
    rows = answer.data.model_dump()["rows"]
    return {
        (
            *(row["grant"], row["need"], row["use"], row["crown_jewels"] or ()),
            *(row["records"] or 0, row["processes"] or 0, row["entities"], row["uncounted"]),
        )
        for row in rows
    }
