"""What keeps the house as it is meant to be."""

from __future__ import annotations

import ast
from pathlib import Path

from blastradius.docs import pages

ROOT = Path(__file__).parents[2]
CODE = [file for folder in ("blastradius", "loaders", "queries") for file in (ROOT / folder).rglob("*.py")]


def test_generated_pages_are_up_to_date() -> None:
    assert {name: (ROOT / "docs" / name).read_text() for name in pages()} == pages()


def test_files_and_functions_stay_small() -> None:
    assert len(CODE) > 30
    assert [file.name for file in CODE if file.read_text().count("\n") > 500] == []
    functions = [
        node for file in CODE for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)
    ]
    assert [node.name for node in functions if (node.end_lineno or 0) - node.lineno >= 60] == []


def test_every_control_and_rule_is_documented() -> None:
    text = (ROOT / "docs" / "controls.md").read_text()
    from blastradius.controls import VOCABULARY
    from blastradius.model import ControlKind

    assert set(VOCABULARY) == set(ControlKind)
    assert all(f"`{kind}`" in text for kind in ControlKind)
