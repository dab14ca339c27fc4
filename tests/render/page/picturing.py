"""The page's pictures, drawn by Node, beside the command line's: `python -m tests.render.page.picturing 2000`."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from blastradius.engine import PreparedEstate, solve
from blastradius.model import Scenario
from blastradius.render.dot import to_dot
from blastradius.render.page import data
from blastradius.render.page.look import look_data
from blastradius.render.page.scripts import DRAWING
from blastradius.render.page.told import told_data
from blastradius.reports.diagram import picture_of
from tests.render.page.asking import FOLDER, NODE, random_case

_CHUNK = 100


def drawn(prepared: PreparedEstate, questions: list[dict[str, Any]], folder: Path = FOLDER) -> list[dict[str, Any]]:
    """What the page's scripts, read from a folder, draw of one estate."""
    return list(all_drawn([(prepared, questions)], folder))


def all_drawn(cases: list[tuple[PreparedEstate, list[dict[str, Any]]]], folder: Path = FOLDER) -> list[dict[str, Any]]:
    """What they draw of several, in order."""
    lines = [json.dumps({"written": written(prepared), "questions": asked}) for prepared, asked in cases]
    scripts = [*data.SCRIPTS, *DRAWING]
    command = [str(NODE), str(Path(__file__).with_name("pictures.js")), str(folder), *scripts]
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def told(prepared: PreparedEstate, run: str, given: Any) -> Any:
    """What a line of JavaScript that sees ``system``, ``given`` and all that draws gives."""
    line = json.dumps({"written": written(prepared), "given": given, "run": run})
    command = [str(NODE), str(Path(__file__).with_name("telling.js")), str(FOLDER), *data.SCRIPTS, *DRAWING]
    done = subprocess.run(command, input=line, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def written(prepared: PreparedEstate) -> dict[str, Any]:
    """An estate as a page carries it."""
    return data.page_data(prepared) | {"told": told_data(prepared), "look": look_data(prepared)}


def question(asked: Scenario, **view: Any) -> dict[str, Any]:
    """A scenario and a view as the page is asked them."""
    return {"asked": data.asked_of_page(asked), "view": view}


def wanted(prepared: PreparedEstate, asked: Scenario, *, full: bool) -> str:
    """The picture's text as the command line writes it."""
    reach = solve(prepared.estate, asked, system=prepared)
    return to_dot(picture_of(reach, full=full))


def differing(first: int, last: int, folder: Path = FOLDER) -> list[tuple[int, bool]]:
    """The seeds of random estates of which the page draws another picture than the command line."""
    cases = {seed: _random(seed) for seed in range(first, last)}
    asked = [
        (prepared, [question(scenario, full=full) for full in pictures])
        for prepared, scenario, pictures in cases.values()
    ]
    answers = iter(all_drawn(asked, folder))
    return [
        (seed, full)
        for seed, (_, _, pictures) in cases.items()
        for full, picture in pictures.items()
        if next(answers)["dot"] != picture
    ]


@cache
def _random(seed: int) -> tuple[PreparedEstate, Scenario, dict[bool, str]]:
    """A random estate, what is asked of it, and the command line's pictures: the usual one, and one of everything."""
    case = random_case(seed)
    pictures = {full: wanted(case.prepared, case.asked, full=full) for full in (False, True)}
    return case.prepared, case.asked, pictures


def main() -> int:
    """Draw so many random estates; 1 if any differs."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    wrong = [seed for first in range(0, count, _CHUNK) for seed in differing(first, min(first + _CHUNK, count))]
    print(f"{2 * count - len(wrong):,} of {2 * count:,} pictures agree", *wrong[:20])
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
