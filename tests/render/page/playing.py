"""Exercises as the page plays them, run by Node, beside the command: `python -m tests.render.page.playing 100`."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from blastradius.engine import PreparedEstate, compile_system, solve
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Level, Scenario, Signal
from blastradius.render.page.data import SCRIPTS, page_data
from blastradius.render.page.exercise import Exercise, exercise_data
from blastradius.render.page.told import told_data
from blastradius.reports.decisions import Decision, Tried, tried
from blastradius.reports.exercise_data import CardRow, ExerciseData, card_rows, option_rows
from blastradius.reports.exercise_pages import open_headline
from blastradius.reports.exercise_tables import cost, outcome, reached
from blastradius.reports.playing import Begun, begun, played
from blastradius.reports.rows import model_row
from blastradius.rules import RULES
from tests.engine.random_estates import random_estate, random_relations, random_scenario
from tests.render.page.asking import FOLDER, NODE

Journey = tuple[tuple[int, int], ...]


class Game(NamedTuple):
    """An exercise, as the command has it, and what is decided in it several times."""

    prepared: PreparedEstate
    exercise: Exercise
    first: Begun
    levers: list[Tried]
    journeys: list[Journey]


def game_of(estate: Estate, scenario: Scenario, journeys: Sequence[Journey] = ((),), minutes: int = 180) -> Game:
    """An exercise of a scenario."""
    prepared = compile_system(estate)
    reach = solve(estate, scenario, system=prepared)
    first = begun(reach, minutes)
    return Game(prepared, Exercise(scenario, (), minutes), first, tried(first.story), list(journeys))


def random_game(seed: int) -> Game:
    """A small estate in which somebody notices something, and what is decided: nothing, one thing, several."""
    rng = random.Random(seed)
    estate = noticing(rng, random_estate(rng))
    asked = random_scenario(rng, estate).model_copy(update={"assume": rng.choice((Level.ABUSED, Level.LATERAL))})
    if seed % 3 == 1:
        asked = asked.model_copy(update={"without": random_relations(rng, estate)})
    game = game_of(estate, asked)
    if game.first.rows and game.levers:
        numbers, levers = range(len(game.first.rows)), range(len(game.levers))
        for count in (1, 2, 3):
            game.journeys.append(tuple((rng.choice(numbers), rng.choice(levers)) for _ in range(count)))
    return game


def noticing(rng: random.Random, estate: Estate) -> Estate:
    """The same estate, in which somebody notices what happens to some things, and some steps take hours."""
    signal = Signal(signal="it is seen", who="who is on call")
    things = [
        thing.model_copy(update={"seen_by": (signal,)}) if rng.random() < 0.4 else thing
        for thing in estate.entities.values()
    ]
    clock = {rule.id: rng.choice((0.0, 1.0, 2.5)) for rule in RULES if rng.random() < rng.choice((0.0, 0.5, 1.0))}
    relations, zones = tuple(estate.relations.values()), tuple(estate.zones.values())
    return Estate.build([Loaded(entities=tuple(things), relations=relations, zones=zones, clock=clock)])


def answered(games: Sequence[Game], folder: Path = FOLDER) -> list[Any]:
    """What the page's scripts, read from a folder, say to each journey of each exercise."""
    lines = [json.dumps({"written": _carried(game), "journeys": game.journeys}) for game in games]
    driver = str(Path(__file__).with_name("playing.js"))
    command = [str(NODE), driver, str(folder), *SCRIPTS, "playing.js"]
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _carried(game: Game) -> dict[str, Any]:
    exercise = exercise_data(game.prepared, game.exercise)
    return {**page_data(game.prepared), "told": told_data(game.prepared), "exercise": exercise}


def wanted(game: Game) -> list[dict[str, Any]]:
    """What the command says to each journey."""
    return [_wanted(game, journey) for journey in game.journeys]


def _wanted(game: Game, journey: Journey) -> dict[str, Any]:
    first, estate = game.first, game.prepared.estate
    play = played(first, [(number, game.levers[lever]) for number, lever in journey], game.levers)
    injects = [play.rows[number].inject for number in play.coming]
    data = ExerciseData(
        question="exercise", headline="", edition="facilitator", minutes=game.exercise.minutes,
        injects=tuple(play.rows[number] for number in play.coming), options=option_rows(play), answers=None,
        model=model_row(estate),
    )  # fmt: skip

    def cards(decisions: Sequence[Decision]) -> list[dict[str, Any]]:
        rows = list(card_rows(play, decisions))
        return [json.loads(row.model_dump_json(exclude={"stops", "slows"})) | said(estate, row) for row in rows]

    found = {"cards": cards(play.choices), "decided": cards(play.decided)}
    return {"headline": open_headline(data), "injects": injects, **found}


def said(estate: Estate, row: CardRow) -> dict[str, Any]:
    """A card as the command's tables tell it."""
    return {"outcome": outcome(estate, row), "reached": list(reached(estate, row)), "cost": cost(estate, row)}


def differing(first: int, last: int, folder: Path = FOLDER) -> list[int]:
    """The seeds of which the page plays otherwise than the command."""
    games = [random_game(seed) for seed in range(first, last)]
    pairs = zip(range(first, last), games, answered(games, folder), strict=True)
    return [seed for seed, game, answer in pairs if answer != wanted(game)]


def main() -> int:
    """Play so many exercises; 1 if any differs."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    wrong = differing(0, count)
    print(f"{count - len(wrong):,} of {count:,} agree", *wrong[:20])
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
