"""The compiled steps of an estate as the solver of a page reads them: numbers, names, and typed arrays in base64."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from blastradius.columns.ragged import Flags, RaggedArray
from blastradius.columns.tables import BASES, CONTROLS, KINDS, NO_INDEX, VERBS, RelationColumns
from blastradius.engine import CAPABILITIES, PreparedEstate, System
from blastradius.engine.numbering import APPLICABLE, Numbering
from blastradius.engine.scenario import ATTACKS
from blastradius.engine.variants import DECIDING, all_variants, deciding, guards
from blastradius.estate import Estate
from blastradius.estate.ties import ALWAYS_HARD, RESTS, VOID_ALONG
from blastradius.model import SEEDS, Capability, ControlKind, Kind, Scenario
from blastradius.render.page.packing import lists, packed
from blastradius.rules import CLOSURE, placements

SCRIPTS = (
    "compiled.js", "ties.js", "world.js", "proofs.js", "solver.js", "rereading.js", "checker.js",
    "words.js", "labels.js", "answers.js", "rows.js", "accounts.js", "reasons.js", "state.js",
)  # fmt: skip
"""The files of the page that answer, in the order in which a page has them; their names are one space."""


def page_data(prepared: PreparedEstate) -> dict[str, Any]:
    """All that the page's solver and checker read of an estate, ready for JSON; ``Compiled`` in ``compiled.js``."""
    system = all_variants(prepared.estate)
    return {
        **_facts(system.facts),
        **_places(prepared.estate, system.facts),
        **_relations(prepared),
        **_controls(prepared),
        **_steps(system),
        **_variants(system),
    }


def asked_of_page(scenario: Scenario) -> dict[str, Any]:
    """A scenario as the page's solver is asked it; ``Asked`` in ``compiled.js``."""
    return {
        "seeds": {way: list(getattr(scenario, way)) for way in SEEDS},
        "anyone": scenario.anyone,
        "hours": scenario.hours,
        "assume": int(scenario.assume),
        "distrust": list(scenario.distrust),
        "without": list(scenario.without),
        "with": list(scenario.controls),
        "basis": str(scenario.basis),
    }


def _facts(facts: Numbering) -> dict[str, Any]:
    present = facts.stone(Capability.PRESENT, 0)
    return {
        "width": len(CAPABILITIES),
        "capabilities": list(map(str, CAPABILITIES)),
        "applies": APPLICABLE.astype(int).tolist(),
        "includes": [_includes(kind) for kind in range(len(KINDS))],
        "entities": list(facts.entities),
        "kinds": packed(facts.kinds, "int8"),
        "total": facts.total,
        "inactive": facts.stone(Capability.INACTIVE, 0),
        "present": present,
        "after_present": present + len(facts.keys),
        "present_keys": [facts.entity_numbers[key] for key in facts.keys],
        "anyone": facts.stone(Capability.ANYONE, 0),
    }


def _includes(kind: int) -> list[list[int]]:
    """For the place of each capability those of what it includes in one step, over entities of a kind."""
    places = {capability: place for place, capability in enumerate(CAPABILITIES)}
    return [
        [places[part] for whole, part in CLOSURE if whole == capability and APPLICABLE[kind, places[part]]]
        for capability in CAPABILITIES
    ]


def _places(estate: Estate, facts: Numbering) -> dict[str, Any]:
    """What a name that a scenario starts from stands for."""
    numbers = facts.entity_numbers
    zones = {*estate.zones, *estate.zone_of.values()}
    return {
        "zones": {zone: [numbers[name] for name in estate.in_zone(zone)] for zone in sorted(zones)},
        "seeds": {way: str(gained) for way, (gained, _) in SEEDS.items()},
        "attacks": list(ATTACKS),
        "credential": KINDS.index(Kind.CREDENTIAL),
    }


def _relations(prepared: PreparedEstate) -> dict[str, Any]:
    """What runs between what, and what of it decides about the steps of others."""
    relations, entities = prepared.columns.relations, prepared.columns.entities
    zones: dict[str, int] = {}
    zone_of = np.full(len(entities.ids), NO_INDEX)
    for number, zone in prepared.estate.zone_of.items():
        zone_of[number] = zones.setdefault(zone, len(zones))
    foreign = (entities.kind == KINDS.index(Kind.PARTY)) & ~entities.ourselves
    return {
        "relations": _named(relations, entities.ids),
        "verbs": list(map(str, VERBS)),
        "verb": packed(relations.verb, "int8"),
        "sources": lists(relations.sources),
        "targets": lists(relations.targets),
        "keys": lists(relations.keys),
        "needs": lists(relations.needs),
        "known": packed(relations.basis, "int8"),
        "vital": packed(_vital(relations), "int8"),
        "zone_ids": list(zones),
        "zone_of": packed(zone_of, "int32"),
        "ourselves": np.flatnonzero(entities.ourselves).tolist(),
        "foreign": np.flatnonzero(foreign).tolist(),
    }


def _named(relations: RelationColumns, names: Sequence[str]) -> list[str | None]:
    """The ids of relations; null where one says no more than what runs between what, which the page puts together."""
    sources, targets = _called(relations.sources, names), _called(relations.targets, names)
    rows = zip(relations.ids, relations.verb.tolist(), sources, targets, strict=True)
    return [None if name == f"{VERBS[verb]}:{here}>{there}" else name for name, verb, here, there in rows]


def _called(ends: RaggedArray, names: Sequence[str]) -> list[str]:
    values: list[int] = ends.values.tolist()
    first = ends.indptr.tolist()
    return ["+".join(names[end] for end in values[start:stop]) for start, stop in pairwise(first)]


def _vital(relations: RelationColumns) -> Flags:
    """The relations by which what they come from cannot do without what they lead to."""
    hard = np.array([stated == "hard" for stated in relations.dependency], np.bool_)
    unstated = np.array([stated is None for stated in relations.dependency], np.bool_)
    always = np.isin(relations.verb, [VERBS.index(verb) for verb in ALWAYS_HARD])
    found: Flags = np.isin(relations.verb, [VERBS.index(verb) for verb in RESTS]) & (hard | (always & unstated))
    return found


def _controls(prepared: PreparedEstate) -> dict[str, Any]:
    controls = prepared.columns.controls
    second = (controls.kind == CONTROLS.index(ControlKind.MFA)) & controls.phishable & ~controls.failed
    bound = (controls.kind == CONTROLS.index(ControlKind.NON_EXPORTABLE)) & ~controls.failed
    return {
        "controls": list(controls.ids),
        "control_kinds": [str(CONTROLS[kind]) for kind in controls.kind.tolist()],
        "host": packed(controls.host, "int32"),
        "provider": packed(controls.provider, "int32"),
        "phishable": np.flatnonzero(second).tolist(),
        "binding": np.flatnonzero(bound).tolist(),
        "implied": _implied(prepared),
        "doubtful": list(map(str, VOID_ALONG)),
        "bases": [str(basis) for basis in BASES],
        "rules": [rule.id for rule in prepared.rules],
    }


def _implied(prepared: PreparedEstate) -> list[int]:
    """The controls that stand where they do only because a scope guards what they stand on."""
    is_guard = prepared.columns.controls.kind == CONTROLS.index(ControlKind.FUNCTION_AUTHZ)
    found: list[int] = np.flatnonzero(is_guard & prepared.estate.controls.implied).tolist()
    return found


def _steps(system: System) -> dict[str, Any]:
    steps = system.steps
    small = {name: getattr(steps, name) for name in ("rule", "level", "hop", "gate", "basis")}
    return {
        **{name: packed(values, "int8") for name, values in small.items()},
        "shut": packed(steps.fails_closed, "int8"),
        "need": packed(steps.need, "int32"),
        "conclusion": packed(steps.conclusion, "int32"),
        "delay": packed(steps.delay_h, "float64"),
        "premises": lists(steps.premises),
        "blockers": lists(steps.blockers),
        "along": lists(steps.along),
    }


def _variants(system: System) -> dict[str, Any]:
    """What decides about steps when something is changed."""
    found, steps = deciding(system), system.steps
    places = {str(kind): [sorted(map(str, some)) for some in both] for kind, both in placements().items()}
    whole = [
        (rule, number)
        for rule, row in enumerate(system.rules)
        for number, flow in enumerate(row.flows)
        if flow.gate == "whole"
    ]
    return {
        "conditions": list(DECIDING),
        "deciding": {
            "steps": packed(found.steps, "int32"),
            "condition": packed(found.condition, "int8"),
            "about": lists(found.about),
        },
        "flow": packed(steps.flow, "int8"),
        "whole": whole,
        "guards": [
            {"kinds": list(map(str, some.kinds)), "hosts": packed(some.hosts, "int32"), "steps": lists(some.steps)}
            for some in guards(system)
        ],
        "placements": places,
    }
