"""The explorer: one page that stands for itself, in which every what-if of an estate is answered where it is asked."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

from blastradius.engine import PreparedEstate
from blastradius.errors import UsageError
from blastradius.escape import visible
from blastradius.estate import Estate
from blastradius.estate.things import read_at
from blastradius.model import SEEDS, Level, Scenario
from blastradius.render.lettering import faces
from blastradius.render.page.data import SCRIPTS as ANSWERING
from blastradius.render.page.data import page_data
from blastradius.render.page.exercise import Exercise, exercise_data
from blastradius.render.page.graphviz import graphviz_block, graphviz_license
from blastradius.render.page.link import state_of
from blastradius.render.page.look import look_data
from blastradius.render.page.scripts import DRAWING, PLAYING, SHOWING
from blastradius.render.page.told import told_data
from blastradius.render.style import SHADES
from blastradius.reports.gaps import gaps
from blastradius.reports.rows import model_row
from blastradius.reports.surface import Surfaces, third_parties
from blastradius.reports.words import STARTED, listed, with_names

MOST = 150_000
"""Up to how many things a page can carry."""
MANY = 20_000
"""From how many on a page is slow to open."""
SCRIPTS = (
    *ANSWERING,
    *DRAWING,
    *SHOWING,
    *(
        "dom.js",
        "trail.js",
        "search.js",
        "ranking.js",
        "asking.js",
        "placing.js",
        "scenarios.js",
        "reached.js",
        "explaining.js",
        "tables.js",
    ),
    *("statement.js", "sharing.js", "drawing.js", *PLAYING, "keys.js", "page.js"),
)
"""The scripts of the page, in the order in which they are read."""
_FOLDER = Path(__file__).parent


class Written(NamedTuple):
    """What is said of a page besides its estate.

    ``paths`` are the words by which a command line names the estate, ``start`` the scenario that it opens with,
    ``cut`` the sentence that says what of the estate it leaves out, ``redacted`` whether names are replaced, and
    ``exercise`` what is played in it.
    """

    title: str
    paths: tuple[str, ...] = ()
    start: Scenario | None = None
    cut: str = ""
    redacted: bool = False
    exercise: Exercise | None = None


def refuse_too_many(estate: Estate, *, is_part: bool = False) -> None:
    """That a page can carry an estate, or a part that was asked for.

    Raises:
        UsageError: it has too many things.
    """
    count = len(estate.entities)
    if count > MOST:
        way_out = "name what it is to be about with --from PARTY or --around STORE"
        if is_part:
            way_out = "that is the part that was asked for; name with --from or --around what less is tied to"
        raise UsageError(f"{count:,} things are too many for a page, which carries {MOST:,} at most; {way_out}")


def explorer(prepared: PreparedEstate, written: Written) -> str:
    """The page as one HTML document.

    Raises:
        UsageError: the estate has too many things for a page.
    """
    refuse_too_many(prepared.estate)
    script = "\n".join((_FOLDER / name).read_text("utf-8") for name in SCRIPTS)
    style = faces() + _colours() + (_FOLDER / "page.css").read_text("utf-8")
    return Template((_FOLDER / "page.html").read_text("utf-8")).substitute(
        policy=_policy(script, style),
        title=escape(visible(written.title)),
        style=style,
        script=script,
        estate=_packed(carried(prepared, written)),
        graphviz=graphviz_block(),
        licence=escape(graphviz_license()),
    )


def carried(prepared: PreparedEstate, written: Written) -> dict[str, Any]:
    """All that the page reads of an estate, ready for JSON."""
    about, exercise = _about(prepared.estate, written), written.exercise and exercise_data(prepared, written.exercise)
    looks = {"look": look_data(prepared), "about": about, "exercise": exercise}
    return {**page_data(prepared), "told": told_data(prepared), **looks}


def _policy(script: str, style: str) -> str:
    allowed = {
        "default-src": "'none'",
        "script-src": f"'{_hash(script)}' 'wasm-unsafe-eval'",
        "style-src": f"'{_hash(style)}'",
        "worker-src": "blob:",
        "img-src": "blob:",
        "font-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {values}" for name, values in allowed.items())


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _packed(data: Mapping[str, Any]) -> str:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return b64encode(gzip.compress(text.encode("utf-8", "surrogatepass"), mtime=0)).decode()


def _colours() -> str:
    """The colours of the pictures' levels, by their numbers."""
    named = ((level, SHADES[level]) for level in Level)
    lines = (f"--fill-{int(level)}: {shade.fill}; --text-{int(level)}: {shade.text};" for level, shade in named)
    return f":root {{ {' '.join(lines)} }}\n"


def _about(estate: Estate, written: Written) -> dict[str, Any]:
    model, parties, numbers = (
        model_row(estate),
        third_parties(estate),
        {name: n for n, name in enumerate(estate.entities)},
    )
    return {
        "title": written.title,
        "paths": list(written.paths),
        "start": state_of(written.start) if written.start else {},
        "cut": written.cut,
        "redacted": written.redacted,
        "digest": model.digest,
        "day": estate.day,
        "dated": estate.as_of is not None,
        "written": estate.today,
        **model.model_dump(include={"entities", "relations", "rejected", "ignored"}),
        "sources": Counter(_files(estate)).most_common(),
        "notes": [with_names(estate, note.message) for note in estate.notes],
        "gaps": _gaps(estate),
        "ways": [{"way": way, "kinds": _startable(way), "says": STARTED[way]} for way in SEEDS],
        "parties": [numbers[party.id] for party in parties],
        "scenarios": [
            {"name": expectation.name, "state": state_of(expectation.scenario)}
            for expectation in estate.expectations
            if expectation.for_each is None
        ],
    }


def _startable(way: str) -> list[str]:
    """The kinds that can start a scenario in a way; a zone stands for its services and stores."""
    found = sorted(map(str, SEEDS[way][1]))
    return [*found, "zone"] if {"service", "store"} & set(found) else found


def _files(estate: Estate) -> Iterable[str]:
    for things in (estate.entities, estate.relations):
        for name in things:
            yield from dict.fromkeys(place.file for place in read_at(things, name))


def _gaps(estate: Estate) -> list[str]:
    """What nobody stated of third parties, a line a kind of gap; of a large estate nothing is looked for."""
    if len(estate.entities) > MANY:
        return []
    found = Surfaces(estate)
    rows = gaps(estate, [found.of(party.id) for party in third_parties(estate)])
    return [f"{row.says}: {len(row.things):,} of {row.of:,}: {listed(row.names)}" for row in rows]
