"""What the script that counts unnoticed mistakes changes, and that it tells those that are noticed from the others."""

from __future__ import annotations

import ast
import gc
import random
import subprocess
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from blastradius.estate import routes
from tests.campaign import mutation, table
from tests.campaign.equivalents import EQUIVALENT
from tests.campaign.mutation import ROOMS, mutants
from tests.campaign.noticing import ROOT, Noticing, put_in_place


@pytest.mark.slow
@pytest.mark.parametrize("room", ROOMS)
def test_each_mutant_is_another_module(room: str) -> None:
    every = list(mutants(room))
    assert len(every) > 200
    found = random.Random(1).sample(every, 60)
    trees = {file: ast.dump(ast.parse((ROOT / file).read_text())) for file in {mutant.file for mutant in found}}
    assert [str(mutant) for mutant in found if ast.dump(ast.parse(mutant.text)) == trees[mutant.file]] == []


def test_the_rule_table_is_among_what_is_changed() -> None:
    changes = {(mutant.before, mutant.after) for mutant in mutants("rules")}
    assert ('"segmented hard_mfa pam"', "'segmented hard_mfa'") in changes
    assert ('"every from.use -> to.use"', "'from.use -> to.use'") in changes
    assert ('"to.use -> from.control"', "'from.use -> to.control'") in changes


def test_a_change_of_the_table_shows_in_what_is_asked_of_it() -> None:
    """And what changes no rule shows on a generated page, or nowhere."""
    asked = [one for one in table.quick() if one.name == "rule R1"]
    first = {(mutant.before, mutant.after): mutant for mutant in reversed(list(mutants("rules")))}
    assert table.shown_by(first['"from.control -> to.control"', "'to.control -> from.control'"], asked) == "rule R1"
    assert table.shown_by(first['"each"', "''"], asked) == "a generated page"
    assert table.shown_by(first['"each from.possess -> to.use"', "'from.possess -> to.use'"], asked) is None


def test_what_is_read_when_modules_are_imported_is_changed_in_a_process_of_its_own() -> None:
    asked = [one for one in table.quick() if one.name in ("rule R1", "rule R3b")]
    [change] = [it for it in mutants("rules") if it.source.strip() == 'Kind.SCOPE: _capabilities("use"),']
    assert table.shown_afresh(change, asked) == "blastradius.errors.CertificateError"
    assert table.shown_afresh(replace(change, text=(ROOT / change.file).read_text(encoding="utf-8")), asked) is None


@pytest.mark.parametrize("room", ROOMS)
def test_each_mutant_has_a_key_of_its_own_and_each_reason_a_mutant(room: str) -> None:
    keys = [mutant.key for mutant in mutants(room)]
    assert len(set(keys)) == len(keys)
    assert {key for key in EQUIVALENT if key.startswith(ROOMS[room])} <= set(keys)


def test_the_tests_that_mirror_what_is_changed_come_first(tmp_path: Path) -> None:
    """Then those that look at most, and those of the room, as many as there is time for."""
    change = next(it for it in mutants("engine") if it.file.endswith("check/quorum.py") and it.function)
    costs = {
        "tests/engine/check/test_spec.py::test_it": 8.0,
        "tests/engine/test_placed_controls.py::test_it": 3.0,
        "tests/engine/test_corpus.py::test_it": 2.0,
        "tests/queries/test_verify.py::test_it": 0.9,
        "tests/estate/test_ties.py::test_it": 7.0,
    }
    called = frozenset({change.function or ""})
    noticing = Noticing(lambda _: None, tmp_path / "known.json", tmp_path, seconds=14.0)
    noticing.calls = {name: (cost, called) for name, cost in reversed(costs.items())}
    assert list(noticing.tests(change, 14.0)) == list(costs)[:4]


def test_functions_of_a_process_that_froze_its_objects_are_changed_in_place() -> None:
    change = next(it for it in mutants("estate") if it.file.endswith("routes.py"))
    gc.freeze()
    try:
        put_in_place(replace(change, text=(ROOT / change.file).read_text(encoding="utf-8")))
    finally:
        gc.unfreeze()
    assert routes.template("/a/:b") == "/a/{}"


DRIVER = """
import sys
from dataclasses import replace
from pathlib import Path
import pytest
from tests.campaign.mutation import mutants
from tests.campaign.noticing import QUICK, ROOT, Noticing

table = next(mutant for mutant in mutants("rules") if mutant.before == '"non_exportable"')
code = next(it for it in mutants("engine") if it.file.endswith("compile.py") and it.after == "return None" and it.scope)
same = replace(code, text=(ROOT / code.file).read_text(encoding="utf-8"))
uncalled = replace(code, file="blastradius/nowhere.py", function="nowhere")

def run(noticing):
    print([noticing.end_of(mutant) for mutant in (table, code, same, uncalled)], file=sys.stderr)

home = Path(sys.argv[1])
plugin = Noticing(run, home / "called.json", home, seconds=60)
pytest.main([*QUICK, "tests/engine/test_rules_needed.py"], plugins=[plugin])
"""


@pytest.mark.slow
def test_a_mistake_is_noticed_and_nothing_else_is(tmp_path: Path) -> None:
    """In the table, which a new process reads; in a function, in a copy of the process; and what is no change."""
    command = [sys.executable, "-c", DRIVER, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == "['failed', 'failed', 'passed', 'never called']", done.stdout


def test_the_page_has_the_score_and_each_survivor_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = list(islice(mutants("rules"), 4))
    ends = dict(zip(drawn, ("failed", "too slow", "passed", "never called"), strict=True))
    monkeypatch.setitem(EQUIVALENT, drawn[2].key, "nobody could tell")
    found = mutation.Tried(7, {"rules": drawn}, ends, {"rules": 737})
    assert found.score(["rules"]) == (2, 3)
    lines = found.page().splitlines()
    assert lines[0] == "Seed 7: of 3 changes that are no equivalents 2 are noticed, 66.7 %."
    assert "| `rules` | 737 | 4 | 2 | 1 | 66.7 % |" in lines
    assert [line.rpartition("`: ")[2] for line in lines if line.startswith("- ")] == [
        "equivalent: nobody could tell",
        "not noticed",
    ]
