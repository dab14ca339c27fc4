"""What a page needs to draw as the command line does: looks, sizes, texts with gaps, and how wide letters are.

No colour, no shape and no word of a legend is written in JavaScript: they are all here, as the drawing code has them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from blastradius.answer import Felt, Tone
from blastradius.columns.tables import KINDS, VERBS
from blastradius.engine import PreparedEstate
from blastradius.escape import visible
from blastradius.estate import Estate
from blastradius.estate.things import told
from blastradius.model import Basis, Level, Verb
from blastradius.render import boxes, dot, legend, lettering, sheet, style
from blastradius.render.page.packing import packed
from blastradius.reports import diagram
from blastradius.reports.captions import CAPTIONS, caption
from blastradius.reports.labels import KNOWN
from blastradius.reports.words import MEANINGS, WORDS, kinds, label, plural

_TONES: tuple[Tone, ...] = (*Level, *Felt)
_COUNTED = ("thing", "crown jewel", "step")


def look_data(prepared: PreparedEstate) -> dict[str, Any]:
    """All that the page's pictures show of an estate besides its names, ready for JSON; ``Look`` in ``picture.js``."""
    estate = prepared.estate
    texts = _texts(estate)
    return {
        **_looks(),
        **_words(),
        **_sizes(),
        **_homes(prepared),
        "labels": _labels(estate),
        "ourselves": np.flatnonzero(prepared.columns.entities.ourselves).tolist(),
        "shown": {text: shown for text in texts if (shown := visible(text)) != text},
        "letters": _letters(texts),
    }


def _looks() -> dict[str, Any]:
    """Colours, outlines and marks, as attributes of Graphviz and for the page's own lettering."""
    return {
        "graph": style.GRAPH,
        "node": style.NODE,
        "edge": style.EDGE,
        "zone": style.ZONE,
        "empty": style.EMPTY,
        "shapes": [style.SHAPES[kind] for kind in KINDS],
        "unreached": [style.unreached(kind) for kind in KINDS],
        "marks": style.MARKS,
        "plain": style.LABEL,
        "control": style.CONTROL,
        "lines": style.LINES,
        "ends": style.ENDS,
        "tones": [_tone(tone) for tone in _TONES],
        "felt": {str(capability): _TONES.index(felt) for felt, capability in diagram.FEELS.items()},
        "toneless": {"paint": style.paint(None), "line": style.line(None)},
        "ink": {
            "text": style.INK,
            "quiet": style.QUIET,
            "alarm": style.ALARM,
            "zone": style.ZONE_FILL,
            "change": style.CHANGE,
        },
        "samples": {mark: {"fill": "white", **look} for mark, look in sheet.SAMPLES.items()},
        "stack": style.STACK,
    }


def _tone(tone: Tone) -> dict[str, Any]:
    """What a level, or what is felt, looks like and is called."""
    word = tone.word if isinstance(tone, Level) else None
    number = f"{style.NUMBERS[tone]} " if isinstance(tone, Level) else ""
    said = visible(legend.tone_said(tone))
    return {"word": word, "number": number, "says": said, "paint": style.paint(tone), "line": style.line(tone)}


def _words() -> dict[str, Any]:
    """Texts with gaps, and what words mean."""
    said = ((WORDS[of], meaning) for of, meaning in MEANINGS.items())
    return {
        "captions": CAPTIONS,
        "counted": {noun: [noun, plural(2, noun).removeprefix("2 ")] for noun in _COUNTED},
        "kinds": [[kinds(count, kind).removeprefix(f"{count} ") for count in (1, 2)] for kind in KINDS],
        "meanings": [[word, visible(legend.word_said(word, meaning))] for word, meaning in said],
        "keys": {mark: visible(words) for mark, words in legend.MARKS.items()},
        "weak": {str(basis): KNOWN[basis] for basis in (Basis.INFERRED, Basis.ASSUMED)},
        "signs": {"starts": boxes.STARTS, "jewel": boxes.CROWN, "known": boxes.WEAK, "stops": boxes.STOPS},
        "between": boxes.BETWEEN,
        "nothing": dot.NOTHING,
        "step": dot.STEP,
        "stopped": dot.STOPPED,
    }


def _sizes() -> dict[str, Any]:
    """Sizes in points, limits in characters and boxes."""
    return {
        "sizes": {
            "name": style.NAME, "text": style.TEXT, "title": style.TITLE, "pitch": lettering.PITCH,
            "room": style.ROOM, "stop_room": boxes.STOP_ROOM, "step_room": boxes.STEP_ROOM,
            "chip": boxes.CHIP, "lid": boxes.LID, "frame": boxes.FRAME,
        },
        "sheet": {
            "edge": sheet.EDGE, "narrow": sheet.NARROW, "row": sheet.ROW, "sample": sheet.SAMPLE, "gap": sheet.GAP,
        },
        "limits": {"label": boxes.LABEL_LIMIT, "tooltip": dot.TOOLTIP_LIMIT, "zone": dot.ZONE_LIMIT},
        "few": diagram.FEW["A4"],
        "most": diagram.MOST,
        "coarser": list(diagram.COARSER),
        "frames": [boxes.FRAMES.get(kind) for kind in KINDS],
        "shifts": [list(sheet.SHIFTS.get(kind, (0.0, 0.0))) for kind in KINDS],
    }  # fmt: skip


def _homes(prepared: PreparedEstate) -> dict[str, Any]:
    """The API of each operation, and the relations by which things are drawn where others are."""
    relations, verbs = prepared.columns.relations, (Verb.SERVES, Verb.HOLDS)
    along = np.concatenate([np.flatnonzero(relations.verb == VERBS.index(verb)) for verb in verbs])
    drawn, at = relations.targets.first[along], relations.sources.first[along]
    return {
        "api": packed(prepared.columns.entities.api, "int32"),
        "homes": {"drawn": packed(drawn, "int32"), "at": packed(at, "int32"), "along": packed(along, "int32")},
    }


def _labels(estate: Estate) -> dict[str, str]:
    """How boxes are called that are not called as in sentences, by the number of what they show."""
    return {
        str(number): caption("double", label=called, id=name) if diagram.has_double(estate, name) else called
        for number, name in enumerate(estate.entities)
        if (called := told(estate.entities, name).label) in estate.namesakes
    }


def _texts(estate: Estate) -> list[str]:
    """Every text that comes from the input and is drawn."""
    names = (text for name in estate.entities for text in (name, label(estate, name)))
    zones = (text for zone in estate.zones.values() for text in (zone.id, zone.label))
    return list(dict.fromkeys([*names, *zones, *estate.zone_of.values(), *_labels(estate).values()]))


def _letters(texts: Iterable[str]) -> dict[str, Any]:
    """How wide each letter is, in ems: those of the face, and those that it has not and are no ordinary guess."""
    plain, bold = lettering.widths(bold=False), lettering.widths(bold=True)
    others = {char for text in texts for char in text} - (plain.keys() & bold.keys())
    guessed = {char: wide for char in sorted(others) if (wide := lettering.guessed(char)) != lettering.GUESS}
    return {
        "plain": _by_width(plain),
        "bold": _by_width(bold),
        "guessed": _by_width(guessed),
        "guess": lettering.GUESS,
    }


def _by_width(widths: dict[str, float]) -> list[list[Any]]:
    """Pairs of a width and all the letters that have it."""
    found: dict[float, str] = {}
    for char, wide in widths.items():
        found[wide] = found.get(wide, "") + char
    return [[wide, chars] for wide, chars in found.items()]
