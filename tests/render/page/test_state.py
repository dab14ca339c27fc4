"""A state of the page as data: the command that gives the same answer, the link that restores it, undo."""

from __future__ import annotations

import random
import shlex
from typing import Any

import pytest

from blastradius.cli.question_command import params_options
from blastradius.engine import ScenarioParams
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import ENTITY_TYPES, SEEDS, Kind, Scenario
from tests.engine.random_estates import random_estate, random_scenario
from tests.render.page.asking import NODE
from tests.render.page.telling import said, state_of

pytestmark = pytest.mark.skipif(NODE is None, reason="no Node.js here, which runs what the page says")

HOSTILE = (
    "-x", "--assume", "a b", "it's", '"', "$(x)", "`x`", "a=5", "a\nb", "</script>", "__proto__", "\\", "*",
    "\U0001f600", "é", "#", "-", "!x", "a'b\"c",
)  # fmt: skip


def hostile_estate() -> Estate:
    """Parties with names that a shell, an option parser or JavaScript might take for something else."""
    made = (ENTITY_TYPES[Kind.PARTY](kind=Kind.PARTY, id=name) for name in HOSTILE)
    return Estate.build([Loaded(entities=tuple(made))])


def scenario_of(line: str, estate: Estate) -> tuple[str, Scenario]:
    """The path and the scenario that the real command line reads from a line."""
    import click

    found: dict[str, Any] = {}

    def run(paths: tuple[str, ...], **given: Any) -> None:
        found.update(given, paths=paths)

    command: Any = run
    for option in params_options(ScenarioParams):
        command = option(command)
    words = shlex.split(line)
    assert words[:2] == ["blastradius", "reach"]
    click.command()(click.argument("paths", nargs=-1)(command)).main(words[2:], standalone_mode=False)
    (path,) = found.pop("paths")
    named = {name: value for name, value in found.items() if value is not None}
    return path, parameters_of(named).scenario(estate)


def parameters_of(named: dict[str, Any]) -> ScenarioParams:
    """The parameters of a question from what was named."""
    return ScenarioParams(**named)


LINE = "return commandLine(system, given.state, given.path);"


@pytest.mark.parametrize("seed", range(4))
def test_the_command_gives_the_scenario_back(seed: int) -> None:
    estate, rng = random_estate(random.Random(seed)), random.Random(seed)
    asked = [random_scenario(rng, estate) for _ in range(12)]
    asked = [scenario for scenario in asked if scenario.anyone or any(getattr(scenario, way) for way in SEEDS)]
    assert asked
    lines = said(estate, [(LINE, {"state": state_of(scenario), "path": "my estate.yaml"}) for scenario in asked])
    assert [scenario_of(line, estate) for line in lines] == [("my estate.yaml", scenario) for scenario in asked]


def test_so_it_does_with_hostile_names() -> None:
    estate = hostile_estate()
    asked = [
        Scenario(compromise=(name,), outage=(name, "a=5"), hours=hours) for name in HOSTILE for hours in (None, 5.0)
    ]
    lines = said(estate, [(LINE, {"state": state_of(scenario), "path": "-estate"}) for scenario in asked])
    assert [scenario_of(line, estate) for line in lines] == [("./-estate", scenario) for scenario in asked]


def test_a_link_restores_the_state() -> None:
    estate = hostile_estate()
    states = [state_of(Scenario(compromise=HOSTILE, hours=0.5, anyone=True)), state_of(Scenario(anyone=True))]
    states.append(states[0] | {"with": [["mfa", "-x"]], "without": ["\ud800"], "distrust": ["</script>"], "assume": 4})
    run = "const text = toFragment(given); return [text, fromFragment(text), fromFragment(text.slice(1))];"
    for state, (text, one, other) in zip(states, said(estate, [(run, state) for state in states]), strict=True):
        assert (one, other) == (state, state)
        assert text.startswith("#ask=")
        assert shlex.quote(text[1:]).strip("'") == text[1:]


DAMAGED = (
    "", "#", "#ask", "#ask=", "#ask=!", "#ask=AAAA", "#other=e30", "#ask=bnVsbA", "#ask=W10", "ask=" + "A" * 9,
    *(f"#ask={text}" for text in ("eyJhc3N1bWUiOjl9", "eyJfX3Byb3RvX18iOnsiYSI6MX19", "eyJ3aXRoIjpbWyJtZmEiXV19")),
)  # fmt: skip


def test_a_damaged_link_gives_one_sentence() -> None:
    text = "eyJjb21wcm9taXNlIjpbImEiXX0"
    cut = [f"#ask={text[:length]}" for length in range(len(text))]
    found = said(hostile_estate(), [("return given.map(fromFragment);", [*DAMAGED, *cut])])[0]
    assert {type(one) for one in found} == {str}
    assert found[0].endswith("copy all of it")


def test_names_that_are_not_there_are_said() -> None:
    state = state_of(Scenario(compromise=("nobody",), leak=("-x",), distrust=("x",), without=("y",)))
    state["with"] = [["mfa", "nowhere"], ["magic", "-x"]]
    found = said(hostile_estate(), [("return problems(system, given);", state)])[0]
    assert [problem.split(":")[0] for problem in found] == ["compromise", "leak", "distrust", "without", "with", "with"]
    assert said(hostile_estate(), [("return problems(system, emptyState());", None)])[0][0].startswith(
        "a scenario starts"
    )


def test_undo_and_redo() -> None:
    run = """
    let story = historyOf(emptyState());
    for (const assume of [2, 3, 4]) story = moved(story, changedState(story.now, { assume }));
    const back = undone(story), further = undone(undone(undone(back)));
    const kept = savedAs(savedAs(savedAs([], "a", story.now), "b", back.now), "a", further.now);
    const stories = [story, back, redone(back), further, redone(redone(redone(further))), moved(back, emptyState())];
    return [...stories.map(({ past, now, future }) => [past.length, now.assume, future.length]),
      ...kept.map(({ name, state }) => [name, state.assume]), forgotten(kept, "a").map(({ name }) => name)];
    """
    found = said(hostile_estate(), [(run, None)])[0]
    assert found == [[2, 4, 0], [1, 3, 1], [2, 4, 0], [0, 2, 2], [2, 4, 0], [2, 2, 0], ["b", 3], ["a", 2], ["b"]]
