"""How many small mistakes in the rules, the engine and the estate their quick tests notice.

``python -m tests.campaign.mutation --sample 60`` changes one place of one file at a time in a copy of the project,
and runs the tests of that room until the first fails. cosmic-ray was tried first: it changes no texts, and the
rule table is texts at the top of a module.
"""

from __future__ import annotations

import ast
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from blastradius.model import Verb
from tests.agreement import FIRST_SEEDS

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(".*", "build", "dist", "__pycache__", "*.egg-info")
_PAIRS = (
    *((ast.Eq, ast.NotEq), (ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.In, ast.NotIn), (ast.Is, ast.IsNot)),
    *((ast.And, ast.Or), (ast.Add, ast.Sub), (ast.Mult, ast.FloorDiv), (ast.BitAnd, ast.BitOr)),
    (ast.LShift, ast.RShift),
)
_SWAPS: dict[type[ast.AST], Any] = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}
_NO_CODE = frozenset({"annotation", "returns", "decorator_list"})
ENGINE_TESTS = (
    *("tests/engine/test_rules_needed.py", "tests/engine/test_agreement.py", "tests/engine/single"),
    *("tests/engine/batch", "tests/engine/check", "tests/engine/test_seeded_bugs.py"),
)
ROOMS: dict[str, tuple[str, tuple[str, ...]]] = {
    "rules": ("blastradius/rules.py", (*ENGINE_TESTS[:2], "tests/rules", "tests/guards/test_house.py")),
    "engine": ("blastradius/engine", ENGINE_TESTS),
    "estate": ("blastradius/estate", ("tests/estate", "tests/queries", "tests/loading", "tests/engine/single")),
}
"""For each room its code and its quick tests, the quickest first."""
LOOKED_AT = ("rules", "engine")
FIRST_LOOK = f"import sys; from tests.agreement import tried; sys.exit(bool(tried(*{FIRST_SEEDS})))"
"""What a quick test does as well (``tests/engine/test_agreement.py``), without starting pytest."""


@dataclass(frozen=True)
class Mutant:
    """One change: in which file and line, what stood there, and what stands there instead."""

    room: str
    file: str
    line: int
    before: str
    after: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.before!r} became {self.after!r}"


def mutants(room: str) -> Iterator[Mutant]:
    """Every change of a room's code."""
    code = ROOT / ROOMS[room][0]
    for file in [code] if code.is_file() else sorted(code.rglob("*.py")):
        source = file.read_text(encoding="utf-8")
        lines = source.encode().splitlines(keepends=True)
        for node, after in _changes(ast.parse(source), texts=room == "rules"):
            if ast.unparse(ast.parse(after)) != ast.unparse(node):
                ahead, before, behind = (part.decode() for part in _parted(lines, node))
                yield Mutant(room, str(file.relative_to(ROOT)), node.lineno, before, after, ahead + after + behind)


def _changes(tree: ast.AST, *, texts: bool) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """Nodes, and what may stand in their place; annotations and texts for people stay."""
    for name, value in ast.iter_fields(tree):
        for node in value if isinstance(value, list) else [value]:
            if name in _NO_CODE or not isinstance(node, ast.AST) or _is_literal(node):
                continue
            if isinstance(node, ast.expr | ast.stmt):
                yield from ((node, after) for after in _instead(node, texts=texts))
            yield from _changes(node, texts=texts)


def _is_literal(node: ast.AST) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Literal"


def _instead(node: ast.expr | ast.stmt, *, texts: bool) -> Iterator[str]:
    match node:
        case ast.Compare(left=left, ops=[op], comparators=comparators) if type(op) in _SWAPS:
            yield f"({ast.unparse(ast.Compare(left, [_swapped(op)], comparators))})"
        case ast.BoolOp(op=op, values=values):
            yield f"({ast.unparse(ast.BoolOp(_swapped(op), values))})"
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _SWAPS:
            yield f"({ast.unparse(ast.BinOp(left, _swapped(op), right))})"
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield f"({ast.unparse(operand)})"
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield f"({ast.unparse(ast.IfExp(test, orelse, body))})"
        case ast.Constant(value=bool(value)):
            yield str(not value)
        case ast.Constant(value=int(value)):
            yield str(value + 1)
        case ast.Constant(value=str(value)) if texts:
            yield from (repr(other) for other in _other_words(value) if other != value)
        case ast.AugAssign() | ast.Break() | ast.Continue():
            yield "pass"
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()):
            yield "pass"
        case ast.Return(value=ast.expr()):
            yield "return None"


def _swapped(op: ast.AST) -> Any:
    return _SWAPS[type(op)]()


def _other_words(text: str) -> Iterator[str]:
    """A text of the rule table with a word less, or with its ends or what it needs and gives exchanged."""
    words = text.split()
    if "->" in words:
        yield text.replace("from.", "?.").replace("to.", "from.").replace("?.", "to.")
        needs, gives = text.split(" -> ")
        yield f"{needs} -> {gives.partition('.')[0]}.{needs.rpartition('.')[2]}"
        if len(words) == 4:
            yield " ".join(words[1:])
    elif len(words) < 5 and text not in set(Verb) and all(re.fullmatch("[a-z_]+", word) for word in words):
        yield from (" ".join(words[:place] + words[place + 1 :]) for place in range(len(words)))


def _parted(lines: list[bytes], node: ast.expr | ast.stmt) -> tuple[bytes, bytes, bytes]:
    """What stands before a node, the node, and what stands behind it."""
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    here = b"".join(lines[first : last + 1])
    end = len(here) - len(lines[last]) + (node.end_col_offset or 0)
    ahead, behind = b"".join(lines[:first]), b"".join(lines[last + 1 :])
    return ahead + here[: node.col_offset], here[node.col_offset : end], here[end:] + behind


def end_of(copy: Path, room: str, seconds: float, *, first_look: bool = False) -> str:
    """How the tests of a room end: ``passed``, ``failed`` or ``too slow``; of the first look only, if asked for."""
    looks = [[sys.executable, "-c", FIRST_LOOK]] if room in LOOKED_AT else []
    tests = [each for each in ROOMS[room][1] if (copy / each).exists()]
    looks += [[sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", *tests]]
    env = os.environ | {"PYTHONPATH": str(copy), "BLASTRADIUS_EXAMPLES": "100", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        for look in looks[:1] if first_look else looks:
            done = subprocess.run(look, cwd=copy, env=env, capture_output=True, timeout=seconds, check=False)
            if done.returncode:
                return "failed"
    except subprocess.TimeoutExpired:
        return "too slow"
    return "passed"


@click.command()
@click.option("--room", type=click.Choice(list(ROOMS)), multiple=True, help="Only this room; may be repeated.")
@click.option("--sample", default=60, show_default=True, help="How many mutants, drawn from all there are.")
@click.option("--seed", type=int, default=None, help="Where random numbers come from; without one a new one is drawn.")
@click.option("--first-look", is_flag=True, help="Only what is quickest: some random estates. Most are noticed by it.")
@click.option("--seconds", default=600.0, show_default=True, help="How long the tests of one mutant may take.")
def main(room: tuple[str, ...], sample: int, seed: int | None, first_look: bool, seconds: float) -> None:
    """Draw mutants, run the tests of each, and list those that no test notices; exit code 1 below nine in ten."""
    drawn = random.SystemRandom().randrange(10**9) if seed is None else seed
    every = [mutant for each in room or ROOMS for mutant in mutants(each)]
    chosen = random.Random(drawn).sample(every, min(sample, len(every)))
    click.echo(f"seed {drawn}: {len(chosen)} of {len(every):,} mutants")
    ends: dict[str, int] = {"failed": 0, "too slow": 0, "passed": 0}
    with tempfile.TemporaryDirectory() as home:
        copy = shutil.copytree(ROOT, Path(home) / "project", ignore=LEFT_OUT)
        for each in sorted({mutant.room for mutant in chosen}):
            if end_of(copy, each, seconds, first_look=first_look) != "passed":
                raise click.ClickException(
                    f"the tests of {each} do not pass in {seconds:g} s before anything is changed"
                )
        for mutant in chosen:
            right = (copy / mutant.file).read_text(encoding="utf-8")
            (copy / mutant.file).write_text(mutant.text, encoding="utf-8")
            end = end_of(copy, mutant.room, seconds, first_look=first_look)
            (copy / mutant.file).write_text(right, encoding="utf-8")
            ends[end] += 1
            click.echo(f"{'SURVIVED' if end == 'passed' else end}: {mutant}")
    noticed = len(chosen) - ends["passed"]
    click.echo(f"{noticed} of {len(chosen)} noticed, {ends['too slow']} of them by time; {ends['passed']} survived")
    sys.exit(noticed < 0.9 * len(chosen))


if __name__ == "__main__":
    main()
