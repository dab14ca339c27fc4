"""Which rules and controls each reading of the rules speaks of: the table, the spec, and the checker."""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

from blastradius.model import ControlKind

READINGS: dict[str, tuple[str, ...]] = {
    "table": ("rules.py",),
    "spec": ("engine/check/spec/held.py", "engine/check/spec/rules.py"),
    "checker": (
        "engine/check/rule_instances/rights.py",
        "engine/check/rule_instances/effects.py",
        "engine/check/rule_instances/inputs.py",
        "engine/check/rule_instances/losses.py",
        "engine/check/rule_instances/surroundings.py",
        "engine/check/rule_instances/view.py",
        "engine/check/certificate/asked.py",
    ),
}
"""The files of each, below the package."""

_RULE = re.compile(r"R\d+[a-z]?")


def gaps(package: Path, rules: Iterable[str], controls: Iterable[str]) -> list[str]:
    """What is missing where: a rule of ``rules`` or of another reading, or one of ``controls``."""
    found = {reading: set(_words(package, files)) for reading, files in READINGS.items()}
    named = {word for words in found.values() for word in words if _RULE.fullmatch(word)}
    return [
        f"{what} {name} is missing in the {reading} ({', '.join(READINGS[reading])})"
        for reading, words in found.items()
        for what, names in (("rule", {*rules, *named}), ("control", set(controls)))
        for name in sorted(names - words - _left_out(reading))
    ]


def _left_out(reading: str) -> set[str]:
    """``fail_closed`` stops no flow, but the fall of other controls, which the table has no columns for."""
    return {ControlKind.FAIL_CLOSED} if reading == "table" else set()


def _words(package: Path, files: Iterable[str]) -> Iterator[str]:
    """The words of all texts but docstrings, and of all comments."""
    for file in files:
        tree = ast.parse((package / file).read_text("utf-8"))
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
                yield from node.value.split()
        with (package / file).open("rb") as lines:
            for token in tokenize.tokenize(lines.readline):
                if token.type == tokenize.COMMENT:
                    yield from re.findall(r"\w+", token.string)
