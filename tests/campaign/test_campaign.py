"""Each part of the campaign for a moment, and that it finds, reduces and keeps what is broken."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

import blastradius.engine.compile as compiling
from blastradius.model import ControlKind
from tests.campaign import answers, engines, figures, liars
from tests.campaign.__main__ import PARTS, main
from tests.campaign.brute import BRUTE
from tests.campaign.trial import Attempt, BrokenError, Outcome, Plan, reduced, run
from tests.engine.bugs import TABLE_BUGS
from tests.engine.random_estates import random_estate, random_scenario


@pytest.mark.slow
@pytest.mark.parametrize("part", [each for each in PARTS if each != "liars"])
def test_each_part_runs_and_breaks_nothing(part: str, tmp_path: Path) -> None:
    outcome = run(part, PARTS[part], Plan(3, tmp_path), 1.5)
    assert outcome.ended.total() >= 1
    assert outcome.failed == {}


@pytest.mark.slow
@pytest.mark.parametrize("error", liars.ERRORS)
def test_no_wrong_answer_passes(error: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liars, "ERRORS", (error,))
    ended = set()
    for seed in range(60):
        rng = random.Random(seed)
        estate = random_estate(rng)
        ended.add(liars.judge_many(rng, estate, random_scenario(rng, estate)))
    assert ("wrong claims refused" in ended) == (error != "none")


def broken_by(attempt: Attempt, tmp_path: Path) -> dict[str, str]:
    """The files kept of the first attempts that fail."""
    for seed in range(40):
        outcome = run("part", attempt, Plan(seed, tmp_path), 2)
        if outcome.failed:
            return {file.name: file.read_text() for file in next(tmp_path.iterdir()).iterdir()}
    raise AssertionError("nothing was found")


@pytest.mark.slow
def test_a_wrong_rule_is_found_and_reduced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "RULES", TABLE_BUGS["R2 copies what cannot be copied"])
    kept = broken_by(engines.attempt, tmp_path)
    assert "--only part --attempt" in kept["why.txt"]
    shown = json.loads(kept["shown.json"])
    verbs = [relation["verb"] for relation in shown["estate"]["relations"]]
    assert verbs[-1:] == ["holds"]  # it, after what leads to it from where the scenario starts
    assert len(verbs) <= 2
    assert str(ControlKind.NON_EXPORTABLE) in kept["shown.json"]


@pytest.mark.slow
def test_a_wrong_answer_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blastradius.reports.copies.originals", lambda columns: {})
    monkeypatch.setattr(answers, "BRUTE", {"rank": BRUTE["rank"]})  # soon asked again, so that it gets small
    kept = broken_by(answers.attempt, tmp_path)
    assert sum(entity["kind"] == "store" for entity in json.loads(kept["shown.json"])["estate"]["entities"]) == 2


@pytest.mark.slow
def test_a_checker_that_believes_everything_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liars, "check", lambda estate, scenario, certificate: None)
    monkeypatch.setattr(liars, "check_worlds", lambda estate, block: None)
    assert "is accepted" in broken_by(liars.attempt, tmp_path)["why.txt"]


def test_data_is_reduced_to_what_fails() -> None:
    data = {"a": [{"b": number} for number in range(50)], "c": {"d": "long"}}
    assert reduced(data, lambda smaller: {"b": 31} in smaller.get("a", [])) == {"a": [{"b": 31}]}


def test_failures_of_a_kind_are_counted_and_few_are_kept(tmp_path: Path) -> None:
    def attempt(rng: random.Random, home: Path) -> str:
        raise BrokenError("always", {"input.json": "{}"})

    outcome = run("part", attempt, Plan(7, tmp_path), 0.2)
    assert outcome.failed["always"] > 3
    assert len(list(tmp_path.iterdir())) == 3
    assert (tmp_path / "part-7-0" / "input.json").read_text() == "{}"


def test_it_ends_with_a_line_that_can_be_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call = ["--minutes", "0.001", "--seed", "3", "--only", "answers", "--keep", str(tmp_path)]
    done = CliRunner().invoke(main, [*call, "--attempt", "0"])
    assert (done.exit_code, done.output.splitlines()[0]) == (0, "seed 3")
    assert done.output.splitlines()[-1] == "1 passed, 0 failed"
    monkeypatch.setitem(PARTS, "answers", lambda rng, home: 1 / 0)
    again = CliRunner().invoke(main, [*call, "--attempt", "5"])
    assert (again.exit_code, again.output.splitlines()[-1]) == (1, "0 passed, 1 failed")
    assert "--attempt 5" in (tmp_path / "answers-3-5" / "why.txt").read_text()


def test_the_figures_are_written_into_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "WORLDS", 20)
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- shares -->\nold\n<!-- /shares -->\nb\n<!-- figures -->\n<!-- /figures -->\nc\n")
    good, bad = Outcome("names", 60.0, Counter(an_answer=1200)), Outcome("kills", 60.0, Counter(), Counter({"a|b": 2}))
    figures.write(page, [good, bad], 7)
    text = page.read_text()
    assert "2 minutes, seed 7: 1,200 attempts passed and 2 failed." in text
    assert "| `names` | 1,200 | 0 |  |\n| `kills` | 0 | 2 | 2 times: a\\|b |\n<!-- /figures -->\nc\n" in text
    assert text.startswith("a\n<!-- shares -->\nOf 20 worlds:\n\n| % | R1 |")
    assert "old" not in text
    page.write_text("a\n")
    with pytest.raises(ValueError, match="expected <!-- figures -->"):
        figures.write(page, [good], 7)
