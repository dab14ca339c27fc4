"""Every recipe of docs/modelling.md loads, and what it says is answered is what is reached."""

from __future__ import annotations

import json
import re
import shlex
from math import inf
from pathlib import Path
from typing import NamedTuple

import pytest

import blastradius as br
from blastradius.cli import main
from blastradius.engine.check.spec import arrivals_at
from blastradius.estate import Estate
from blastradius.model import SEEDS, Capability, Level, Scenario
from blastradius.reports.words import WORDS
from blastradius.rules import CLOSURE

PAGE = (Path(__file__).parents[2] / "docs" / "modelling.md").read_text("utf-8")
NEVER = (Level.LATERAL, inf)


class Row(NamedTuple):
    """One question of a recipe and its answer."""

    recipe: str
    estate: str
    asked: str
    answer: str


def _rows() -> list[Row]:
    found = []
    for section in PAGE.split("\n## ")[1:]:
        (estate,) = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
        table = re.findall(r"^\| `(--.*?)` \| (.+) \|$", section, re.MULTILINE)
        found += [Row(section.partition("\n")[0], estate, asked, answer) for asked, answer in table]
    return found


ROWS = _rows()


def scenario(options: str) -> Scenario:
    """The scenario of a line of options."""
    given: dict[str, list[str]] = {}
    words = iter(shlex.split(options))
    for word in words:
        given.setdefault(word.removeprefix("--"), []).append("" if word == "--anyone" else next(words))
    hours = {float(name.partition("=")[2]) for name in given.get("outage", ()) if "=" in name}
    seeds = {way: tuple(name.partition("=")[0] for name in given.pop(way, ())) for way in SEEDS}
    asked = Scenario(
        hours=max(hours, default=None),
        assume=Level[given.pop("assume", ["abused"])[0].upper()],
        distrust=tuple(given.pop("distrust", ())),
        controls=tuple(given.pop("with", ())),
        anyone=given.pop("anyone", None) is not None,
    )
    assert not given, f"not an option of these recipes: {', '.join(given)}"
    return asked.model_copy(update=seeds)


def reached(estate: Estate, asked: Scenario, entity: str) -> set[str]:
    """What comes of an entity: at the first level at which it does, and in which hour where the outage has a length.

    A weaker thing is left out unless it comes before all that include it.
    """
    since: dict[Capability, tuple[Level, float]] = {}
    for level in Level:
        at = arrivals_at(estate, asked, level) if level <= asked.assume else {}
        for fact in at:
            if fact.entity == entity:
                since.setdefault(fact.capability, (level, at[fact]))
    return _worded(since, hours=asked.hours is not None)


def _worded(since: dict[Capability, tuple[Level, float]], *, hours: bool = False) -> set[str]:
    implied = {part for whole in since for part in _included(whole) if since[whole] <= since.get(part, NEVER)}
    at = {held: f", hour {hour:g}" if hours else "" for held, (_, hour) in since.items()}
    return {f"{WORDS[held]} ({since[held][0].word}{at[held]})" for held in since if held not in implied} or {
        "not reached"
    }


def _included(whole: Capability) -> set[Capability]:
    found = {part for held, part in CLOSURE if held == whole}
    return found | {part for held in found for part in _included(held)}


def answers(answer: str) -> dict[str, tuple[set[str], str | None]]:
    """What an answer says of each thing: the words for what comes of it, and the control that stops it."""
    found = {}
    for part in answer.split("; "):
        said = re.fullmatch(r"`([^`]+)`: (.+?)(?:, `(\w+)` stops it)?", part)
        assert said, f"not an answer: {part!r}"
        found[said[1]] = (set(re.split(r", (?!hour)", said[2])), said[3])
    return found


@pytest.fixture
def estate(row: Row, tmp_path: Path) -> Estate:
    """The estate of a recipe, as a reader would save it."""
    file = tmp_path / "estate.yaml"
    file.write_text(row.estate, "utf-8")
    return br.load(str(file))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.recipe}: {row.asked}")
def test_what_the_page_says_is_what_is_reached(row: Row, estate: Estate) -> None:
    asked = scenario(row.asked)
    said = answers(row.answer)
    assert {name: reached(estate, asked, name) for name in said} == {name: words for name, (words, _) in said.items()}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.recipe}: {row.asked}")
def test_the_command_answers_alike(row: Row, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "estate.yaml"
    file.write_text(row.estate, "utf-8")
    assert main(["reach", str(file), *shlex.split(row.asked), "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    for name, (words, control) in answers(row.answer).items():
        facts = [fact for fact in data["facts"] if fact["entity"] == name]
        since = {Capability(fact["capability"]): (Level[fact["level"].upper()], fact["at_h"] or 0.0) for fact in facts}
        assert _worded(since, hours=data["scenario"]["hours"] is not None) == words
        assert control is None or control in {relied["control"] for relied in data["relies_on"]}


STOPPED = [(row, name) for row in ROWS for name, (_, control) in answers(row.answer).items() if control]


@pytest.mark.parametrize(("row", "name"), STOPPED, ids=lambda value: str(value)[:60])
def test_what_is_said_to_stop_it_is_what_does(row: Row, name: str, estate: Estate) -> None:
    asked = scenario(row.asked)
    control = answers(row.answer)[name][1]
    assert reached(estate, asked, name) == {"not reached"}
    without = asked.model_copy(update={"distrust": (*asked.distrust, control)})
    assert reached(estate, without, name) != {"not reached"}


def test_what_answers_are_quoted_with_is_what_they_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quoted = re.findall(r'the answer says so: "(.+?)"', PAGE, re.DOTALL)
    (row,) = (row for row in ROWS if row.recipe == "Unknown")
    (tmp_path / "estate.yaml").write_text(row.estate, "utf-8")
    assert main(["reach", str(tmp_path / "estate.yaml"), *shlex.split(row.asked)]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert [words in printed for words in quoted] == [True]


def test_every_recipe_is_asked_something_and_listed_at_the_top() -> None:
    recipes = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    anchors = set(re.findall(r"\(#([^)]+)\)", PAGE))
    assert len(recipes) >= 22
    assert {row.recipe for row in ROWS} == set(recipes)
    assert anchors == {re.sub(r"[^a-z0-9 -]", "", recipe.lower()).replace(" ", "-") for recipe in recipes}
