"""How many small mistakes in the rules, the engine and the estate the quick tests notice.

``python -m tests.campaign.mutation --sample 60`` changes one place of one file at a time, and runs the tests that call
what is changed until the first fails. cosmic-ray was tried first: it changes no texts, and the rule table is texts at
the top of a module.
"""

from __future__ import annotations

import ast
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest

from blastradius.model import Verb
from tests.campaign.equivalents import EQUIVALENT
from tests.campaign.noticing import QUICK, ROOT, Noticing

_PAIRS = (
    *((ast.Eq, ast.NotEq), (ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.In, ast.NotIn), (ast.Is, ast.IsNot)),
    *((ast.And, ast.Or), (ast.Add, ast.Sub), (ast.Mult, ast.FloorDiv), (ast.BitAnd, ast.BitOr)),
    (ast.LShift, ast.RShift),
)
_SWAPS: dict[type[ast.AST], Any] = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}
_NO_CODE = frozenset({"annotation", "returns", "decorator_list"})
ROOMS = {"rules": "blastradius/rules.py", "engine": "blastradius/engine", "estate": "blastradius/estate"}
TESTS = (
    *("engine", "rules", "estate", "loading", "reports", "workspace", "test_api.py", "test_examples.py"),
    *("guards/test_house.py", "cli/test_cli.py", "queries/test_verify.py", "queries/test_overgrant.py"),
)
"""The tests that may notice: those of the rooms, and some of what stands next to them."""
UNNOTICED = ("passed", "never called")
MARKS = "<!-- mutation -->\n", "<!-- /mutation -->\n"


@dataclass(frozen=True)
class Mutant:
    """One change: in which file, line, column and function, what stood there, and what stands there instead.

    ``function`` is the file and the line where it begins, None outside of any; ``scope`` is its name, or that of the
    rule of the table, ``source`` the line as it stands, and ``alike`` how many changes before it are the same by these.
    """

    room: str
    file: str
    line: int
    column: int
    function: str | None
    scope: str
    source: str
    before: str
    after: str
    text: str
    alike: int = 0

    @property
    def near(self) -> tuple[str, ...]:
        """How the functions begin that use what is outside of any: the rule table is read by those that compile it."""
        return (f"{self.file}:", "blastradius/engine/compile.py:")[: 2 if self.room == "rules" else 1]

    @property
    def key(self) -> str:
        """What it is by, while lines move."""
        number = f" | {self.alike + 1}" if self.alike else ""
        return " ".join(f"{self.file} {self.scope} | {self.source} | {self.before} => {self.after}{number}".split())

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.before!r} became {self.after!r}"


class Place(NamedTuple):
    """In what a change is: the line where the function begins, None outside of any, and its name or the rule's id."""

    line: int | None
    scope: str


def mutants(room: str) -> Iterator[Mutant]:
    """Every change of a room's code."""
    code = ROOT / ROOMS[room]
    for path in [code] if code.is_file() else sorted(code.rglob("*.py")):
        source, file = path.read_text(encoding="utf-8"), str(path.relative_to(ROOT))
        lines, alike = source.encode().splitlines(keepends=True), Counter[str]()
        for node, after, place in _changes(ast.parse(source), Place(None, ""), texts=room == "rules"):
            if ast.unparse(ast.parse(after)) != ast.unparse(node):
                ahead, before, behind = (part.decode() for part in _parted(lines, node))
                function = None if place.line is None else f"{file}:{place.line}"
                where = room, file, node.lineno, node.col_offset, function, place.scope, lines[node.lineno - 1].decode()
                found = Mutant(*where, before, after, ahead + after + behind)
                yield replace(found, alike=alike[found.key])
                alike[found.key] += 1


def _changes(tree: ast.AST, place: Place, *, texts: bool) -> Iterator[tuple[ast.expr | ast.stmt, str, Place]]:
    """Nodes, what may stand in their place, and their function; annotations and texts for people stay."""
    for name, value in ast.iter_fields(tree):
        here = _within(tree, name, place)
        for node in value if isinstance(value, list) else [value]:
            if name in _NO_CODE or not isinstance(node, ast.AST) or _is_passed_over(node):
                continue
            if isinstance(node, ast.expr | ast.stmt):
                yield from ((node, after, here) for after in _instead(node, texts=texts))
            yield from _changes(node, here, texts=texts)


def _within(tree: ast.AST, part: str, place: Place) -> Place:
    """Where a part of a node is: in a function where it is the body of one, or in a rule of the table."""
    match tree:
        case ast.FunctionDef(name=name) if part == "body":
            return Place(min([tree.lineno, *(decorator.lineno for decorator in tree.decorator_list)]), name)
        case ast.Call(func=ast.Name("rule"), args=[ast.Constant(value=str(rule_id)), *_]) if place.line is None:
            return Place(None, rule_id)
    return place


def _is_passed_over(node: ast.AST) -> bool:
    """Whether it is a type, a docstring, or the ``strict=True`` of a ``zip``: that asserts what no input breaks."""
    match node:
        case ast.Subscript(value=ast.Name("Literal")) | ast.Expr(value=ast.Constant()) | ast.keyword(arg="strict"):
            return True
    return False


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


@dataclass(frozen=True)
class Tried:
    """What was tried: the mutants that were drawn, how each ended, and of how many they were drawn, room by room."""

    seed: int
    drawn: Mapping[str, Sequence[Mutant]]
    ends: Mapping[Mutant, str]
    of: Mapping[str, int]

    def survivors(self, room: str) -> list[Mutant]:
        """Those of a room that no test noticed."""
        return [mutant for mutant in self.drawn[room] if self.ends[mutant] in UNNOTICED]

    def score(self, rooms: Iterable[str]) -> tuple[int, int]:
        """How many of some rooms were noticed, and of how many that are no equivalents."""
        there = [mutant for room in rooms for mutant in self.drawn[room]]
        left = [mutant for room in rooms for mutant in self.survivors(room)]
        alike = sum(EQUIVALENT.get(mutant.key) is not None for mutant in left)
        return len(there) - len(left), len(there) - alike

    def page(self) -> str:
        """The figures as a table, and each survivor with its reason."""
        rows = ["| room | changes | tried | noticed | equivalent | of the others |", "|---|--:|--:|--:|--:|--:|"]
        for room, drawn in self.drawn.items():
            noticed, of = self.score([room])
            counts = [f"{self.of[room]:,}", len(drawn), noticed, len(drawn) - of]
            rows.append(f"| `{room}` | {' | '.join(map(str, counts))} | {_share(noticed, of)} |")
        noticed, of = self.score(self.drawn)
        told = (
            f"Seed {self.seed}: of {of} changes that are no equivalents {noticed} are noticed, {_share(noticed, of)}."
        )
        left = [_told(mutant) for room in self.drawn for mutant in self.survivors(room)]
        return "\n".join([told, "", *rows, "", *left, ""])


def _share(some: int, of: int) -> str:
    return f"{100 * some / of:.1f} %" if of else "—"


def _told(mutant: Mutant) -> str:
    before, after = (" ".join(text.split()) for text in (mutant.before, mutant.after))
    where = f"`{mutant.file.removeprefix('blastradius/')}`" + (f", `{mutant.scope}`" if mutant.scope else "")
    why = EQUIVALENT.get(mutant.key)
    return f"- {where}: `{before}` became `{after}`: " + (f"equivalent: {why}" if why else "not noticed")


def tried(noticing: Noticing, seed: int, sample: int, rooms: Iterable[str], kept: Path) -> Tried:
    """Draw mutants of each room, and see how each ends; each is printed at once.

    What was noticed is kept by room in a folder, and not tried again.
    """
    every = {room: list(mutants(room)) for room in rooms}
    drawn = {room: random.Random(seed).sample(some, min(sample, len(some))) for room, some in every.items()}
    ends: dict[Mutant, str] = {}
    for room, some in drawn.items():
        file = kept / f"noticed-{room}.json"
        noticed: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        for mutant in some:
            start = time.monotonic()
            ends[mutant] = noticed.get(str(mutant)) or noticing.end_of(mutant)
            click.echo(f"{ends[mutant]}: {mutant} ({time.monotonic() - start:.0f} s)")
            if ends[mutant] not in UNNOTICED:
                noticed[str(mutant)] = ends[mutant]
                file.write_text(json.dumps(noticed, indent=1), encoding="utf-8")
    return Tried(seed, drawn, ends, {room: len(some) for room, some in every.items()})


@click.command()
@click.option("--room", type=click.Choice(list(ROOMS)), multiple=True, help="Only this room; may be repeated.")
@click.option("--sample", default=60, show_default=True, help="How many mutants of each room.")
@click.option("--seed", type=int, default=None, help="Where random numbers come from; without one a new one is drawn.")
@click.option("--seconds", default=30.0, show_default=True, help="How long a mutant's tests may take without it.")
@click.option("--keep", default="build/campaign", show_default=True, help="Where it is kept what was seen so far.")
@click.option("--page", type=click.Path(path_type=Path), help="Write the figures into this page, docs/campaign.md.")
def main(room: tuple[str, ...], sample: int, seed: int | None, seconds: float, keep: str, page: Path | None) -> None:
    """Draw mutants, run the tests of each, and list those that no test notices; exit code 1 below nine in ten."""
    drawn = random.SystemRandom().randrange(10**9) if seed is None else seed
    click.echo(f"seed {drawn}")
    found: list[Tried] = []
    with tempfile.TemporaryDirectory() as home:
        plugin = Noticing(
            lambda noticing: found.append(tried(noticing, drawn, sample, room or ROOMS, Path(keep))),
            *(Path(keep) / "called.json", Path(home), seconds),
        )
        pytest.main([*QUICK, *(f"tests/{name}" for name in TESTS)], plugins=[plugin])
    if not found:
        raise click.ClickException("the tests could not be collected")
    click.echo(found[0].page())
    if page:
        ahead, _, behind = re.split("|".join(MARKS), page.read_text(encoding="utf-8"))
        page.write_text(f"{ahead}{MARKS[0]}{found[0].page()}{MARKS[1]}{behind}", encoding="utf-8")
    noticed, of = found[0].score(found[0].drawn)
    sys.exit(noticed < 0.9 * of)


if __name__ == "__main__":
    main()
