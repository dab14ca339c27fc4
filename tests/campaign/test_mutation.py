"""What the script that counts unnoticed mistakes changes, and that it tells those that are noticed from the others."""

from __future__ import annotations

import ast
import random
import shutil
from pathlib import Path

import pytest

from tests.campaign import mutation
from tests.campaign.mutation import LEFT_OUT, ROOMS, ROOT, end_of, mutants


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


@pytest.mark.slow
def test_a_mistake_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = shutil.copytree(ROOT, tmp_path / "project", ignore=LEFT_OUT)
    room = ("blastradius/rules.py", ("tests/engine/test_rules_needed.py",))
    monkeypatch.setitem(mutation.ROOMS, "rules", room)
    assert end_of(copy, "rules", 600) == "passed"
    wrong = next(mutant for mutant in mutants("rules") if mutant.before == '"non_exportable"')
    (copy / wrong.file).write_text(wrong.text)
    assert end_of(copy, "rules", 600) == "failed"
