"""Hostile names through every sink: what is shown never acts, and what can be read back says the same."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any

from defusedxml import ElementTree

import blastradius as br
from blastradius import plugins
from blastradius.answer import Answer, Query
from blastradius.errors import InputError, UsageError
from blastradius.estate import Estate, snapshot
from blastradius.loaderkit.contract import Loaded
from blastradius.loaderkit.names import harmless
from blastradius.reading import parse_document
from blastradius.render import RENDERERS, text
from blastradius.render.dot import to_dot
from blastradius.render.draw import draw
from tests.campaign.asking import ask, stated
from tests.campaign.estates import Data, as_data, broken, described_estate, from_data, reduced_estate, still_broken
from tests.campaign.mutants import SHARED
from tests.campaign.trial import BrokenError
from tests.loaders.laws import HOSTILE, hostile
from tests.render.test_text import HOSTILE as SHOWN
from tests.render.test_text import harmful

DRAWN = 0.03
"""How often a picture is laid out, which takes a second."""
SPOTS = ("name", "description", "owner", "why", "title")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_SYNTAX = re.compile(r"[\w\s{}\[\]=,;.#>-]*")
_ELEMENTS = {"svg", "g", "title", "a", "style", "rect", "path", "polygon", "ellipse", "polyline", "text"}


def attempt(rng: random.Random, _home: Path) -> str:
    """Give the things of an estate hostile names, ask a question, and send answer and estate into every sink.

    Raises:
        BrokenError: a name acts, or arrives otherwise than it was given.
    """
    data = renamed(rng, as_data(described_estate(rng)))
    query = plugins.query(rng.choice(list(plugins.queries())))
    try:
        asked = stated(rng, query, from_data(data))
    except InputError:
        return "names refused"
    check = partial(first_problem, query, asked, lay_out=rng.random() < DRAWN)
    why = broken(check, from_data(data))
    if why is None:
        return "names carried"
    smallest = reduced_estate(from_data(data), still_broken(check, why))
    shown = {"estate": smallest, "question": query.name, "parameters": asked}
    raise BrokenError(why, {"shown.json": json.dumps(shown, indent=1)})


def first_problem(query: Query, asked: dict[str, Any], estate: Estate, *, lay_out: bool) -> str | None:
    """What is wrong first in the answer and in the exports of an estate."""
    found = list(of_exports(estate))
    with suppress(UsageError):
        found += of_answer(ask(query, estate, asked), lay_out=lay_out)
    return found[0] if found else None


@cache
def known() -> tuple[str, ...]:
    """Names that have broken other programs: ours, those of the tests of renderers, and the shared ones.

    None has half a character, which reading refuses wherever it stands.
    """
    every = dict.fromkeys((*HOSTILE, *SHOWN, *(hostile(SHARED) if SHARED.is_dir() else ())))
    return tuple(name for name in every if not _unwritable(name))


def renamed(rng: random.Random, data: Data) -> Data:
    """An estate whose things have hostile ids, where ids may be such, and hostile texts."""
    ids = [name for name in known() if harmless(name) and name.strip() and len(name) < 500]
    old = [each["id"] for each in (*data["entities"], *data["zones"])]
    new = dict(zip(old, rng.sample(ids, min(len(ids), len(old))), strict=False))
    renamed_data: Data = _replaced(data, new)
    for entity in renamed_data["entities"]:
        entity.update({spot: rng.choice(known()) for spot in SPOTS[:3] if rng.random() < 0.5})
        entity["tags"] = [rng.choice(known())]
    return renamed_data


def _replaced(value: Any, new: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(each, new) for key, each in value.items()}
    if isinstance(value, list):
        return [_replaced(each, new) for each in value]
    return new.get(value, value) if isinstance(value, str) else value


def of_answer(answer: Answer, *, lay_out: bool) -> Iterator[str]:
    """What is wrong in the texts and pictures of an answer."""
    for name, render in RENDERERS.items():
        made = render(answer)
        if harmful(made) or _unwritable(made):
            yield f"{answer.question} as {name}: a name acts on a terminal"
    if json.loads(text.as_json(answer)) != json.loads(json.dumps(answer.data.model_dump(mode="json"))):
        yield f"{answer.question} as json: a value is not what it was"
    if any(cell[:1] in "=@+" and cell for row in csv.reader(io.StringIO(text.as_csv(answer))) for cell in row):
        yield f"{answer.question} as csv: a cell is a formula"
    markdown = text.as_markdown(answer).replace("<!-- -->", " ")  # it parts what GitHub would link or mention
    if re.search(r"<|(?<!\\)\]\(|(?<![\w&#;])@\w", markdown):
        yield f"{answer.question} as markdown: a name is markup"
    if answer.picture is not None:
        dot = to_dot(answer.picture)
        if not _SYNTAX.fullmatch(_QUOTED.sub("", dot)) or harmful(dot):
            yield f"{answer.question} as dot: a name is syntax"
        if lay_out:
            yield from _of_drawing(draw(answer.picture))


def _of_drawing(drawing: bytes) -> Iterator[str]:
    for element in ElementTree.fromstring(drawing.decode()).iter():
        tag = element.tag.rpartition("}")[2]
        links = [value for key, value in element.attrib.items() if key.endswith("href") or key.startswith("on")]
        if tag not in _ELEMENTS or any(links):
            yield f"svg: there is an element {tag!r} or a link in it"


def _unwritable(made: str) -> bool:
    try:
        made.encode()
    except UnicodeEncodeError:
        return True
    return False


def of_exports(estate: Estate) -> Iterator[str]:
    """What is wrong in the files of other tools; those that carry everything are read back."""
    for name, one in plugins.exports().items():
        try:
            made = br.export(estate, name)
        except (UsageError, InputError):
            continue
        if harmful(made.replace("\r\n", "\n")) or _unwritable(made):
            yield f"export {name}: a name acts"
        if one.carries.startswith("everything"):
            yield from _read_back(estate, name, one.suffix, made)


def _loaded(name: str, suffix: str, made: str) -> Loaded:
    """What an export says, by the way that reads it."""
    if name == "snapshot":
        return snapshot.loaded(made.removesuffix("\n").split("\n"), "f.snapshot")
    return plugins.loaders()["graph"].load(parse_document(made, f"f{suffix}", suffix), {})


def _read_back(estate: Estate, name: str, suffix: str, made: str) -> Iterator[str]:
    try:
        again = Estate.build([_loaded(name, suffix, made)])
    except InputError as error:
        yield f"export {name}: is not read back: {str(error)[:100]!r}"
        return
    if again.digest != estate.digest:
        yield f"export {name}: what is read back is not what was written"
