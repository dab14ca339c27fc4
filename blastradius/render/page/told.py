"""What the page says: names, words, evidence, and what is stated of things beside what follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from blastradius.columns.tables import KINDS, NO_INDEX
from blastradius.engine import SEED_KINDS, PreparedEstate
from blastradius.engine.scenario import ATTACKS, BACK, WHOLE
from blastradius.estate import Estate
from blastradius.estate.footing import status_of
from blastradius.estate.things import read_at, told
from blastradius.model import Capability, Control, ControlKind, Kind, Level, Note, Process, Provenance
from blastradius.render.page.packing import packed
from blastradius.reports.copies import originals
from blastradius.reports.labels import KNOWN
from blastradius.reports.phrases import PHRASES, UNSAID
from blastradius.reports.remedies import FOREIGN, REMOVED
from blastradius.reports.rows import ASKED, BECAUSE, NO_CLOCK, STRENGTH
from blastradius.reports.silence import LEADS
from blastradius.reports.unstated import missing
from blastradius.reports.words import MEANINGS, SEVERAL, STARTED, STATUS, WORDS, control_said, label
from blastradius.rules import included


def told_data(prepared: PreparedEstate) -> dict[str, Any]:
    """All that the page's answers say of an estate, ready for JSON; ``Told`` in ``words.js``.

    Nothing is in it that ``reach --format json`` would not print.
    """
    return {
        **_vocabulary(),
        **_things(prepared),
        **_relations(prepared),
        **_controls(prepared),
        **_stones(prepared),
        "notes": [_note(note) for note in prepared.estate.notes],
        "model": _model(prepared.estate),
        "missing": list(missing(prepared.estate)),
        "places": _places(prepared),
    }


def _vocabulary() -> dict[str, Any]:
    """Words that are the same for all estates."""
    return {
        "words": WORDS,
        "meanings": MEANINGS,
        "phrases": {**PHRASES, "whole": WHOLE, "back": BACK},
        "started": STARTED,
        "statuses": STATUS,
        "known": KNOWN,
        "because": BECAUSE,
        "levels": [[level.word, level.says] for level in Level],
        "kinds": list(map(str, KINDS)),
        "several": {str(kind): many for kind, many in SEVERAL.items()},
        "controls": {str(kind): control_said(kind) for kind in ControlKind},
        "removed": {str(verb): says for verb, says in REMOVED.items()} | {"": FOREIGN},
        "unsaid": UNSAID,
        "leads": {str(kind): [list(map(str, verbs)) for verbs in both] for kind, both in LEADS.items()},
        "strength": list(map(str, STRENGTH)),
        "implied": {str(capability): list(map(str, included(capability)[1:])) for capability in STRENGTH},
        "asked": ASKED,
        "seed_kinds": {way: sorted(map(str, kinds)) for way, kinds in SEED_KINDS.items()},
        "attacks": list(ATTACKS),
        "no_clock": _note(NO_CLOCK),
    }


def _things(prepared: PreparedEstate) -> dict[str, Any]:
    """Entities by number: their names (null where it is the id), and what is stated of some."""
    estate, flags, numbers = prepared.estate, prepared.columns.entities, prepared.facts.entity_numbers
    zones: dict[str, str] = {zone.id: zone.label for zone in estate.zones.values()}
    for zone in estate.zone_of.values():
        zones.setdefault(zone, zone)
    shown = {name: label(estate, name) for name in estate.entities}
    unknown = {number: list(said) for number, name in enumerate(shown) if (said := told(estate.entities, name).unknown)}
    processes = (entity for entity in estate.of_kind(Kind.PROCESS) if isinstance(entity, Process))
    sized = np.flatnonzero(flags.records != NO_INDEX).tolist()
    shared = {store: sorted(found) for store, found in originals(prepared.columns).items()}
    return {
        "names": [None if said == name else said for name, said in shown.items()],
        "zones": zones,
        "jewels": np.flatnonzero(flags.crown_jewel).tolist(),
        "public": np.flatnonzero(flags.public).tolist(),
        "anonymous": bool(flags.anonymous.any()),
        "unknown": unknown,
        "tolerance": {numbers[process.id]: process.tolerance_h for process in processes},
        "records": {number: int(flags.records[number]) for number in sized},
        "originals": {store: found for store, found in shared.items() if found != [store]},
    }


def _relations(prepared: PreparedEstate) -> dict[str, Any]:
    relations = prepared.columns.relations
    buffered = np.flatnonzero(relations.buffer_h > 0).tolist()
    return {"buffers": {number: float(relations.buffer_h[number]) for number in buffered}}


def _controls(prepared: PreparedEstate) -> dict[str, Any]:
    placed = prepared.estate.controls.values()
    known = list(STATUS)
    return {
        "status": packed([known.index(status_of(found.control)) for found in placed], "int8"),
        "why": {number: found.control.why for number, found in enumerate(placed) if found.control.why is not None},
        "added": {str(kind): status_of(Control(kind=kind)) for kind in ControlKind},
        "starts_after": {
            number: found.control.starts_after_h
            for number, found in enumerate(placed)
            if found.control.kind == ControlKind.FALLBACK
            and found.control.status not in ("failed", "absent")
            and found.control.starts_after_h is not None
        },
    }


def _stones(prepared: PreparedEstate) -> dict[str, Any]:
    """What the facts beyond those about entities are about, in the order of their numbers."""
    facts = prepared.facts
    consumers, supplied = prepared.weave.inputs
    stones = (Capability.INACTIVE, Capability.CALLABLE, Capability.FOOTHOLD, Capability.ANYONE, Capability.PRESENT,
              Capability.LOST, Capability.STRAINED)  # fmt: skip
    return {
        "stones": {str(stone): facts.stone(stone, 0) for stone in stones},
        "apis": list(facts.apis),
        "flat_zones": list(facts.zones),
        "inputs": [consumers.tolist(), supplied.tolist()],
    }


def _note(note: Note) -> dict[str, Any]:
    at = list(map(str, note.provenance))
    return {"kind": str(note.kind), "message": note.message, "about": list(note.about), "at": at}


def _model(estate: Estate) -> dict[str, Any]:
    tally = estate.tally
    return {
        "entities": len(estate.entities),
        "relations": len(estate.relations),
        "facts": tally.facts,
        "rejected": tally.rejected,
        "ignored": tally.ignored,
        "digest": estate.digest,
    }


def _places(prepared: PreparedEstate) -> dict[str, Any]:
    """Where entities and relations were read; files by number."""
    files: dict[str, int] = {}
    estate = prepared.estate
    return {
        "entities": _read_at((read_at(estate.entities, name) for name in estate.entities), files),
        "relations": _read_at((read_at(estate.relations, name) for name in estate.relations), files),
        "files": list(files),
    }


def _read_at(places: Iterable[tuple[Provenance, ...]], files: dict[str, int]) -> dict[str, Any]:
    """File, line and column of each place, 0 where there is none; ``first`` is the first place of each thing."""
    first, rows = [0], []
    for found in places:
        rows += [(files.setdefault(place.file, len(files)), place.line or 0, place.column or 0) for place in found]
        first.append(len(rows))
    file, line, column = np.array(rows, np.int64).reshape(-1, 3).T
    return {
        "first": packed(first, "int32"),
        "file": packed(file, "int32"),
        "line": packed(line, "int32"),
        "column": packed(column, "int32"),
    }
