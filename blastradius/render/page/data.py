"""The compiled steps of an estate as the solver of a page reads them: numbers, names, and typed arrays in base64."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import numpy as np

from blastradius.columns.ragged import RaggedArray
from blastradius.columns.tables import BASES, CONTROLS, KINDS, NO_INDEX
from blastradius.engine import CAPABILITIES, PreparedEstate
from blastradius.engine.numbering import APPLICABLE, Numbering
from blastradius.estate import Estate
from blastradius.model import SEEDS, Capability, Kind, Scenario
from blastradius.rules import CLOSURE

_ATTACKS = [way for way, (gained, _) in SEEDS.items() if gained not in (Capability.TAINT, Capability.DENY)]
"""The ways to start that mean somebody who means it: neither a mistake nor an outage."""


def page_data(prepared: PreparedEstate) -> dict[str, Any]:
    """All that the page's solver and checker read of an estate, ready for JSON; ``Compiled`` in ``solver.js``."""
    return {**_facts(prepared.facts), **_places(prepared.estate, prepared.facts), **_controls(prepared)} | _steps(
        prepared
    )


def asked_of_page(scenario: Scenario) -> dict[str, Any]:
    """A scenario as the page's solver is asked it; ``Asked`` in ``solver.js``. Controls put in place are not for it."""
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
        "kinds": _packed(facts.kinds, "int8"),
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
        "attacks": _ATTACKS,
        "credential": KINDS.index(Kind.CREDENTIAL),
    }


def _controls(prepared: PreparedEstate) -> dict[str, Any]:
    estate, controls, relations = prepared.estate, prepared.columns.controls, prepared.relation_numbers
    return {
        "controls": list(controls.ids),
        "control_kinds": [str(CONTROLS[kind]) for kind in controls.kind.tolist()],
        "provided": _packed(controls.provider != NO_INDEX, "int8"),
        "on": _packed([relations.get(placed.host, NO_INDEX) for placed in estate.controls.values()], "int32"),
        "relations": list(prepared.columns.relations.ids),
        "telling": _packed(np.array(sorted(prepared.telling_relations), np.int64), "int32"),
        "bases": [str(basis) for basis in BASES],
        "rules": [rule.id for rule in prepared.rules],
    }


def _steps(prepared: PreparedEstate) -> dict[str, Any]:
    steps = prepared.steps
    small = {name: getattr(steps, name) for name in ("rule", "level", "hop", "gate", "basis")}
    return {
        **{name: _packed(values, "int8") for name, values in small.items()},
        "shut": _packed(steps.fails_closed, "int8"),
        "need": _packed(steps.need, "int32"),
        "conclusion": _packed(steps.conclusion, "int32"),
        "delay": _packed(steps.delay_h, "float64"),
        "premises": _lists(steps.premises),
        "blockers": _lists(steps.blockers),
        "along": _lists(steps.along),
    }


def _lists(lists: RaggedArray) -> dict[str, Any]:
    return {"first": _packed(lists.indptr, "int32"), "values": _packed(lists.values, "int32")}


def _packed(values: Any, kind: str) -> dict[str, str]:
    """Numbers as little-endian bytes, which is how browsers on all machines of today read them."""
    kept = np.asarray(values).astype(np.dtype(kind).newbyteorder("<"))
    return {"type": kind, "base64": b64encode(kept.tobytes()).decode("ascii")}
