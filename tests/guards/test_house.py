"""What keeps the house as it is meant to be."""

from __future__ import annotations

import ast
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from blastradius.docgen.pages import main

ROOT = Path(__file__).parents[2]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
CODE = [file for folder in ("blastradius", "loaders", "queries") for file in (ROOT / folder).rglob("*.py")]


def test_generated_pages_are_up_to_date_and_none_is_left_over(capsys: pytest.CaptureFixture[str]) -> None:
    assert (main(["--check"]), capsys.readouterr().err) == (0, "")


@pytest.mark.slow
def test_a_page_that_is_out_of_date_or_of_what_is_gone_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copytree(ROOT / "tests" / "loaders", tmp_path / "tests" / "loaders")
    monkeypatch.setattr("blastradius.docgen.pages._ROOT", tmp_path)
    (tmp_path / "docs" / "rules.md").write_text("old")
    (tmp_path / "docs" / "loaders" / "gone.md").write_text((ROOT / "docs" / "loaders" / "okta.md").read_text())
    (tmp_path / "docs" / "loaders" / "mine.md").write_text("written by hand")
    assert main(["--check"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(";")[0] for line in said] == [
        "docs/rules.md: out of date",
        "blastradius/__init__.pyi: out of date",
        "docs/loaders/gone.md: of something that is gone",
    ]
    assert main([]) == 0
    assert main(["--check"]) == 0
    assert (tmp_path / "docs" / "loaders" / "mine.md").exists()


def test_files_and_functions_stay_small() -> None:
    assert len(CODE) > 30
    assert [file.name for file in CODE if file.read_text().count("\n") > 500] == []
    functions = [node for file in CODE for node in _functions(ast.parse(file.read_text()))]
    assert len(functions) > 1000
    assert [node.name for node in functions if (node.end_lineno or 0) - node.lineno >= 60] == []


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    """All functions of a module, without a look at its expressions: those are most of it."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield node
        if isinstance(node, ast.stmt):
            yield from _functions(node)


def test_the_rooms_stay_few_and_say_what_they_are() -> None:
    assert [file.name for file in (ROOT / "loaders").iterdir() if file.name[0] == "_" and file.suffix] == []
    assert len(list((ROOT / "loaders").glob("*[!_]"))) <= 35
    assert len(list((ROOT / "blastradius").glob("[!_]*.py"))) <= 12


def test_loop_variables_name_their_element() -> None:
    lines = [(file.name, line) for file in CODE for line in file.read_text("utf-8").splitlines()]
    assert [(name, line) for name, line in lines if re.search(r"\bfor (each|one) in\b", line)] == []


def test_the_page_of_rooms_names_all_that_there_are_and_nothing_else() -> None:
    rooms = set(re.findall(r"^\| `(\S+)` \|", ARCHITECTURE, re.MULTILINE))
    package = ROOT / "blastradius"
    modules = {file for file in package.glob("*.py") if not file.name.startswith("_")}
    folders = {file.parent for pattern in ("*/__init__.py", "engine/*/__init__.py") for file in package.glob(pattern)}
    folders -= {package / "loaders", package / "queries"}
    there = {str(file.relative_to(ROOT)) for file in modules} | {f"{folder.relative_to(ROOT)}/" for folder in folders}
    assert rooms == there | {"loaders/", "queries/"}


def test_the_page_of_rooms_has_the_layers_of_the_contracts() -> None:
    written = re.search(r"```layers\n(.*?)```", ARCHITECTURE, re.DOTALL)
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    assert written
    assert written[1].splitlines() == next(contract["layers"] for contract in contracts if contract["type"] == "layers")


def test_every_control_and_rule_is_documented() -> None:
    text = (ROOT / "docs" / "controls.md").read_text()
    from blastradius.meanings import VOCABULARY
    from blastradius.model import ControlKind

    assert set(VOCABULARY) == set(ControlKind)
    assert all(f"`{kind}`" in text for kind in ControlKind)
