"""The compiled steps of an estate as the solver of a page reads them: numbers, names, and typed arrays in base64."""

from __future__ import annotations

from typing import Any

import numpy as np

from blastradius.columns.tables import BASES, CONTROLS, KINDS, NO_INDEX
from blastradius.engine import CAPABILITIES, PreparedEstate
from blastradius.engine.numbering import APPLICABLE, Numbering
from blastradius.engine.scenario import ATTACKS
from blastradius.estate import Estate
from blastradius.model import SEEDS, Capability, Kind, Scenario
from blastradius.render.page.packing import lists, packed
from blastradius.rules import CLOSURE

SCRIPTS = (
    "compiled.js", "world.js", "solver.js", "checker.js", "words.js", "labels.js", "answers.js", "accounts.js",
    "reasons.js", "state.js",
)  # fmt: skip
"""The files of the page that answer, in the order in which a page has them; their names are one space."""


def page_data(prepared: PreparedEstate) -> dict[str, Any]:
    """All that the page's solver and checker read of an estate, ready for JSON; ``Compiled`` in ``compiled.js``."""
    return {**_facts(prepared.facts), **_places(prepared.estate, prepared.facts), **_controls(prepared)} | _steps(
        prepared
    )


def asked_of_page(scenario: Scenario) -> dict[str, Any]:
    """A scenario as the page's solver is asked it; ``Asked`` in ``compiled.js``. Controls put in place are not for it."""
    return {
        "seeds": {way: list(getattr(scenario, way)) for way in SEEDS},
        "anyone": scenario.anyone,
        "hours": scenario.hours,
        "assume": int(scenario.assume),
        "distrust": list(scenario.distrust),
        "without": list(scenario.without),
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
    zones = {*estate.zones, *(entity.zone for entity in estate.entities.values() if entity.zone)}
    parts = ((str(numbers[name]), estate.parts_of(name)) for name in numbers)
    return {
        "zones": {zone: [numbers[name] for name in estate.in_zone(zone)] for zone in sorted(zones)},
        "parts": {whole: [numbers[part] for part in found] for whole, found in parts if found},
        "seeds": {way: str(gained) for way, (gained, _) in SEEDS.items()},
        "attacks": list(ATTACKS),
        "credential": KINDS.index(Kind.CREDENTIAL),
    }


def _controls(prepared: PreparedEstate) -> dict[str, Any]:
    controls = prepared.columns.controls
    on = controls.host - len(prepared.facts.entities)
    return {
        "controls": list(controls.ids),
        "control_kinds": [str(CONTROLS[kind]) for kind in controls.kind.tolist()],
        "provided": packed(controls.provider != NO_INDEX, "int8"),
        "on": packed(np.where(on < 0, NO_INDEX, on), "int32"),
        "relations": list(prepared.columns.relations.ids),
        "telling": packed(np.array(sorted(prepared.telling_relations), np.int64), "int32"),
        "bases": [str(basis) for basis in BASES],
        "rules": [rule.id for rule in prepared.rules],
    }


def _steps(prepared: PreparedEstate) -> dict[str, Any]:
    steps = prepared.steps
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
