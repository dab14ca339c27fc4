"""What the page says, by Node, beside what the command line says."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from blastradius import plugins
from blastradius.engine import PreparedEstate, compile_system
from blastradius.estate import Estate
from blastradius.model import SEEDS, Scenario
from blastradius.render.page.data import SCRIPTS, page_data
from blastradius.render.page.told import told_data
from tests.render.page.asking import FOLDER, NODE

TELL = """
const answer = solve(system, askedOf(system, given.state));
const refused = refusal(system, askedOf(system, given.state), answer, seedsOf(system, askedOf(system, given.state)));
const { rows, ...told } = describe(system, given.state, answer); // these hold the whole system: 100 MB as JSON
return { ...told, refused };
"""
WHY = "return given.ids.map((id) => why(system, given.state, solve(system, askedOf(system, given.state)), id));"


def written(prepared: PreparedEstate) -> dict[str, Any]:
    """What a page has of an estate."""
    return page_data(prepared) | {"told": told_data(prepared)}


def said(estate: Estate, asked: Iterable[tuple[str, Any]]) -> list[Any]:
    """What scripts, each with what it is given, return of an estate."""
    lines = [{"run": run, "given": given} for run, given in asked]
    lines[0]["written"] = written(compile_system(estate))
    command = [str(NODE), str(Path(__file__).with_name("telling.js")), str(FOLDER), *SCRIPTS]
    text = "\n".join(map(json.dumps, lines))
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def state_of(scenario: Scenario) -> dict[str, Any]:
    """A scenario as the page keeps it."""
    found = {way: list(getattr(scenario, way)) for way in SEEDS}
    stated = scenario.model_dump(mode="json", include={"anyone", "hours", "assume", "distrust", "without", "basis"})
    return {**found, **stated, "with": [control.split("@", 1) for control in scenario.controls]}


def params_of(scenario: Scenario) -> dict[str, Any]:
    """A scenario as the parameters of a question."""
    found = {way: getattr(scenario, way) for way in SEEDS}
    stated = {name: getattr(scenario, name) for name in ("anyone", "hours", "distrust", "without")}
    return {**found, **stated, "with_": scenario.controls, "assume": scenario.assume.word, "basis": str(scenario.basis)}


def asked(question: str, estate: Estate, scenario: Scenario, **more: Any) -> dict[str, Any]:
    """What the command line says, as its JSON."""
    query = plugins.query(question)
    answer = query.run(estate, query.params(**params_of(scenario), **more))
    found: dict[str, Any] = json.loads(answer.data.model_dump_json())
    return found | {"lines": list(answer.lines)}


_STOP = (
    "says", "kind", "capability", "because", "by", "changes", "rule", "missing", "level", "controls"
)  # fmt: skip
_FACT = ("name", "kind", "capability", "level", "hops", "basis", "anyone", "implied")
_WHY = ("headline", "name", "capability", "says", "level", "hops", "basis", "anyone")
_STEP = ("says", "because", "capability", "rule", "level", "hops", "premises")


def page_facts(told: Mapping[str, Any]) -> list[list[Any]]:
    """The rows of facts that the page has."""
    return [[row["id"], *(row[name] for name in _FACT), row["at"], row["jewel"]] for row in told["facts"]]


def cli_facts(data: Mapping[str, Any]) -> list[list[Any]]:
    """The same of the command line."""
    return [[row["entity"], *(row[name] for name in _FACT), row["at_h"], row["crown_jewel"]] for row in data["facts"]]


def page_stops(system: PreparedEstate, rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """What the page says was stopped."""
    ids = system.columns.relations.ids
    along = [[ids[number] for number in row["relations"]] for row in rows]
    pairs = zip(rows, along, strict=True)
    return [[row["id"], *(row[name] for name in _STOP), row["after"], row["basis"], names] for row, names in pairs]


def cli_stops(rows: Iterable[Mapping[str, Any]]) -> list[list[Any]]:
    """What the command line says was stopped."""
    return [
        [row["entity"], *(row[name] for name in _STOP), row["after_h"], row["basis"], row["relations"]] for row in rows
    ]


def page_rests(told: Mapping[str, Any]) -> list[list[Any]]:
    """The controls on which the page's answer rests."""
    names = ("id", "kind", "on", "onName", "status", "by", "why", "stops")
    return [[row[name] for name in names] for row in told["rests"]]


def cli_rests(data: Mapping[str, Any]) -> list[list[Any]]:
    """The same of the command line."""
    names = ("id", "control", "on", "on_name", "status", "provided_by", "why", "stops")
    return [[row[name] for name in names] for row in data["relies_on"]]


def page_timeline(told: Mapping[str, Any]) -> list[list[Any]]:
    """When the page says that processes feel it."""
    names = ("id", "name", "slows", "stops", "tolerance", "usedUp", "back", "jewel")
    return [[row[name] for name in names] for row in told["timeline"]]


def cli_timeline(data: Mapping[str, Any]) -> list[list[Any]]:
    """The same of the command line."""
    return [list(row.values()) for row in data["timeline"]]


def page_all(system: PreparedEstate, told: Mapping[str, Any]) -> dict[str, Any]:
    """All that the page says of an answer, in one shape."""
    counts = told["counts"]
    return {
        "headline": told["headline"],
        "counts": [counts[name] for name in ("entities", "jewels", "records", "uncounted", "processes")],
        "facts": page_facts(told),
        "stopped": page_stops(system, told["stops"]),
        "rests": page_rests(told),
        "timeline": page_timeline(told),
        "unsaid": [[row["id"], row["name"], row["unsaid"], row["stated"]] for row in told["unsaid"]],
        "lines": told["lines"],
        "notes": [[note["kind"], note["message"], note["at"]] for note in told["notes"]],
    }


def cli_all(data: Mapping[str, Any]) -> dict[str, Any]:
    """All that the command line says, in the same shape."""
    counts = data["counts"]
    return {
        "headline": data["headline"],
        "counts": [counts[name] for name in ("entities", "crown_jewels", "records", "uncounted", "processes")],
        "facts": cli_facts(data),
        "stopped": cli_stops(data["stopped"]),
        "rests": cli_rests(data),
        "timeline": cli_timeline(data),
        "unsaid": [list(row.values()) for row in data["unsaid"]],
        "lines": data["lines"][:-1],
        "notes": [[note["kind"], note["message"], note["at"]] for note in data["notes"]],
    }


def page_why(system: PreparedEstate, why: Mapping[str, Any]) -> dict[str, Any]:
    """Why the page says that something is reached, or not; what stands in the way in no order."""
    ids = system.columns.relations.ids
    steps = why["strip"] or why["way"]
    return {
        **{name: why[name] for name in ("id", *_WHY)},
        "reached": why["answer"] == "reached",
        "steps": [
            [row["id"], *(row[name] for name in _STEP), [ids[number] for number in row["relations"]], row["evidence"]]
            for row in steps
        ],
        "stopped": sorted(page_stops(system, why["reasons"]), key=str),
        "lines": why["lines"],
    }


def cli_why(data: Mapping[str, Any]) -> dict[str, Any]:
    """Why the command line says so, in the same shape."""
    return {
        "id": data["entity"],
        **{name: data[name] for name in _WHY},
        "reached": data["reached"],
        "steps": [
            [row["entity"], *(row[name] for name in _STEP), row["relations"], row["provenance"]]
            for row in data["steps"]
        ],
        "stopped": sorted(cli_stops(data["stopped"]), key=str),
        "lines": data["lines"],
    }
