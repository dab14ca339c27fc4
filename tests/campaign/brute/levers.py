"""What each change cuts, and what each control that fails opens."""

from __future__ import annotations

from typing import Any

from blastradius.answer import Answer
from blastradius.engine import World, plain, what_if
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from blastradius.model import (
    Kind,
    Scenario,
    Verb,
)
from blastradius.rules import placements
from tests.campaign.brute.shared import NO_LEVERS, NOT_ADDED, Numbers, measure
from tests.engine.batch.test_worlds import changed


def levers(estate: Estate, params: Any) -> Any:
    """What each relation less, and all that a key grants, cuts; what each control stops, and each failed one opens."""
    scenario = params.scenario(estate)
    estate, scenario = what_if(estate, scenario), plain(scenario)
    reached = set(spec(estate, scenario))
    now = measure(estate, scenario, reached)
    alone = Scenario(anyone=True, assume=scenario.assume, distrust=scenario.distrust, basis=scenario.basis)
    theirs = set() if scenario.anyone else set(spec(estate, alone))

    def effect(**change: Any) -> Any:
        """The difference, where something that only this scenario reaches is out of reach then."""
        left = set(spec(changed(estate, World(scenario, **change)), scenario))
        then = measure(estate, scenario, left)
        helps = left & reached - theirs < reached - theirs and not set(then[0]) - set(now[0])
        return _difference(now, then) if helps else None

    removed: dict[tuple[str, ...], Any] = {}
    for relation in estate.relations.values():
        if relation.verb == params.along or (params.along is None and relation.verb not in NO_LEVERS):
            removed[(relation.id,)] = effect(without=(relation.id,))
    grants = [relation for relation in estate.relations.values() if relation.verb is Verb.GRANTS]
    for key in estate.of_kind(Kind.CREDENTIAL) if params.along is None else ():
        all_its = tuple(relation.id for relation in grants if key.id in relation.sources)
        removed |= {all_its: effect(without=all_its)} if all_its else {}
    added = {}
    for kind, (kinds, verbs) in placements().items() if params.add else ():
        hosts = [entity.id for entity in estate.entities.values() if entity.kind in kinds]
        hosts += [relation.id for relation in estate.relations.values() if relation.verb in verbs]
        for host in hosts if kind not in NOT_ADDED else ():
            standing = [each.control for each in estate.controls_on(host) if each.control.kind == kind]
            if not any(control.status in ("working", "assumed") for control in standing):
                added[f"{kind}@{host}"] = effect(controls=((kind, host),))
    controls = [each.id for each in estate.controls.values() if each.control.status not in ("failed", "absent")]
    failed = []
    for control in controls:
        wide = scenario.model_copy(update={"distrust": (*scenario.distrust, control)})
        more = measure(estate, scenario, spec(estate, wide))
        failed += [] if more == now else [(control, *_difference(more, now))]
    helping = [sorted((name, found) for name, found in each.items() if found) for each in (removed, added)]
    return now[3], *helping, sorted(failed), len(controls)


def _difference(more: Numbers, less: Numbers) -> tuple[tuple[str, ...], int, int, int]:
    jewels = tuple(each for each in more[0] if each not in less[0])
    return jewels, more[1] - less[1], more[2] - less[2], more[3] - less[3]


def told_levers(answer: Answer) -> Any:
    data = answer.data.model_dump()

    def numbers(row: Any) -> tuple[tuple[str, ...], int, int, int]:
        return row["crown_jewels"], row["records"] or 0, row["processes"], row["entities"]

    removed = {
        row["relations"]: numbers(row)
        for row in data["removed"]
        if row["act"] != "narrow" and (len(row["relations"]) == 1 or row["change"].startswith("revoke:"))
        if data["along"] or not row["change"].startswith("holds:")
    }
    added = {name: numbers(row) for row in data["added"] for name in (*row["controls"], *row["alike"])}
    failed = [(row["change"], *numbers(row)) for row in data["failed"]]
    entities = data["reached"]["entities"]
    return entities, sorted(removed.items()), sorted(added.items()), sorted(failed), data["failures_tried"]
