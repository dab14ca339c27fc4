from __future__ import annotations

import json
import os
import pickle
import random
import re
import struct
import subprocess
import sys
import time
from dataclasses import replace
from html import unescape
from pathlib import Path
from types import ModuleType

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension

import blastradius
from blastradius.answer import Edge, Gain, Node, Picture
from blastradius.errors import DrawingError
from blastradius.escape import visible
from blastradius.model import Kind, Level
from blastradius.render import draw as drawing
from blastradius.render.dot import to_dot
from blastradius.render.draw import draw, laid_out

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "https://api.partner.example:443/v1",
    "&lt;script&gt;",
    "</title><svg onload=alert(1)>",
    "--><script>",
    "]]>",
    "a:b",
    "a:n",
    "<b>bold</b>",
    "<>",
    "tail\\",
    '\\"]; evil [label="x',
    "\\N\\G\\E\\L\\T",
    "%",
    "node",
    "x|<p>y|{z}",
    "a -> b",
    "*/ evil /*",
    "#",
    "",
    "   ",
    "=1+1",
    "\x00\x07\x1b]0;x\x07\x9b31m",
    "a\u202egnp.exe",
    "line\nbreak\r\n\u2028",
    "\ud800\udc00 \udfff",
    "\uffff",
    "数据库 Ünïcødé 🔥",
    "A" * 5000,
)


class SvgExtension(SingleFileSnapshotExtension):
    file_extension = "svg"


def groups(drawn: bytes, kind: str) -> int:
    return drawn.count(f'class="{kind}"'.encode())


def chain(count: int) -> Picture:
    kinds, levels = list(Kind), list(Level)
    nodes = tuple(
        Node(f"id{i}", f"Thing {i}", kinds[i % 8], f"z{i % 3}" if i % 4 else None, (Gain("can use it", levels[i % 4]),))
        for i in range(count)
    )
    edges = tuple(Edge(f"id{i // 2}", f"id{i}", "", tone=levels[i % 4]) for i in range(1, count))
    return Picture("Chain", "", nodes, edges)


def test_a_small_picture(small: Picture, snapshot: SnapshotAssertion) -> None:
    assert draw(small, "svg") == snapshot(extension_class=SvgExtension)


@pytest.mark.slow
def test_two_fresh_processes_draw_the_same_bytes(small: Picture) -> None:
    code = "import pickle, sys; from blastradius.render.draw import draw; "
    code += "sys.stdout.buffer.write(draw(pickle.load(sys.stdin.buffer), 'svg'))"
    root = str(Path(blastradius.__path__[0]).parent)
    drawn = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=pickle.dumps(small),
            capture_output=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": root},
        ).stdout
        for seed in ("1", "2")
    }
    assert drawn == {draw(small, "svg")}


def test_hostile_names_are_shown_and_do_nothing() -> None:
    nodes = tuple(
        Node(f"{i} {name}", name, Kind.SERVICE, name if i % 2 else None, (Gain(name, Level.GRANTED),))
        for i, name in enumerate(HOSTILE)
    )
    edges = tuple(Edge(n.id, n.id, n.label, "stopped", stopped_by=(n.label,)) for n in nodes)
    drawn = draw(Picture(HOSTILE[0], HOSTILE[1], nodes, edges), "svg").decode()
    assert not re.search(r"<script|<img|<svg on|\son\w+=\"|href=\"", drawn.split("<g id", 1)[1])
    bodies = dict(re.findall(r'class="node">\s*<title>(n\d+)</title>(.*?)\n</g>\n</g>', drawn, re.DOTALL))
    for number, name in enumerate(HOSTILE):
        text = unescape("".join(re.findall(r"<text[^>]*>(.*?)</text>", bodies[f"n{number}"])))
        assert visible(name)[:199].replace(" ", "") in text.replace(" ", "")
        tooltip = re.search(r'xlink:title="([^"]*)"', bodies[f"n{number}"])
        assert tooltip is not None
        assert unescape(tooltip[1]).replace("\xa0", " ").startswith(f"{number} {visible(name)[:500]}")


@pytest.mark.parametrize("count", [1, 2, pytest.param(40, marks=pytest.mark.slow)])
def test_everything_asked_for_is_drawn(count: int) -> None:
    picture = chain(count)
    drawn = draw(picture, "svg")
    assert groups(drawn, "node") == count
    assert groups(drawn, "edge") == count - 1


def test_an_empty_picture_says_so() -> None:
    drawn = draw(Picture("Nothing", "at all", (), ()), "svg")
    assert b"nothing to show" in drawn
    assert b"at all" in drawn


def test_a_self_loop_and_parallel_edges_are_drawn() -> None:
    node, other = Node("a", "A", Kind.SERVICE, "z", (Gain("x", Level.LATERAL),)), Node("b", "B", Kind.STORE)
    edges = (Edge("a", "a", ""), Edge("a", "b", ""), Edge("a", "b", "writes"))
    assert groups(draw(Picture("Loop", "", (node, other), edges), "svg"), "edge") == 4


def test_a_picture_in_which_everything_is_stopped(small: Picture) -> None:
    stopped = tuple(e._replace(style="stopped", tone=None, stopped_by=("mfa",)) for e in small.edges)
    nodes = tuple(replace(n, gains=()) for n in small.nodes)
    drawn = draw(replace(small, nodes=nodes, edges=stopped), "svg").decode()
    assert drawn.count("⊘ mfa") == len({edge.source for edge in stopped})


@pytest.mark.slow
@pytest.mark.parametrize("lost", ["n0&#45;&gt;l0", "n4"])
def test_a_lost_node_or_edge_is_an_error(small: Picture, monkeypatch: pytest.MonkeyPatch, lost: str) -> None:
    dot = to_dot(small)
    holed = laid_out([dot])[0].replace(f"<title>{lost}</title>".encode(), b"<title>gone</title>")
    monkeypatch.setattr(drawing, "_run", lambda *_: json.dumps([holed.decode()]).encode())
    with pytest.raises(DrawingError, match=r"lost 1 of \d+ nodes and edges \((party:acme → cred:api|ops)"):
        laid_out([dot])


def test_a_child_that_hangs_is_ended(small: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "_CHILD", "import time; time.sleep(60)")
    started = time.monotonic()
    with pytest.raises(DrawingError, match=r"took longer than 0\.5 seconds"):
        draw(small, "svg", seconds=0.5)
    assert time.monotonic() - started < 10


@pytest.mark.slow
def test_a_layout_that_takes_too_long_is_ended() -> None:
    chosen = random.Random(1)
    nodes = tuple(Node(str(i), str(i), Kind.SERVICE, f"z{i % 9}") for i in range(300))
    edges = tuple(Edge(str(chosen.randrange(300)), str(chosen.randrange(300)), "x") for _ in range(2000))
    with pytest.raises(DrawingError, match="took longer than 2 seconds"):
        draw(Picture("Too much", "", nodes, edges), "svg", seconds=2)


def test_a_child_that_fails_is_an_error(small: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "_CHILD", "raise SystemExit('out of \\x1b memory')")
    with pytest.raises(DrawingError, match=r"drew nothing: out of \\x1b memory"):
        draw(small, "svg")


def test_the_system_engine_is_asked_for_by_name(small: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DrawingError, match="no 'dot' program"):
        draw(small, "svg", engine="system")
    with pytest.raises(DrawingError, match="unknown engine 'neato'"):
        draw(small, "svg", engine="neato")
    with pytest.raises(DrawingError, match="unknown picture format 'gif'"):
        draw(small, "gif")


def test_dot_needs_no_engine(small: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "_CHILD", "raise SystemExit(1)")
    assert draw(small, "dot").decode() == to_dot(small)


@pytest.mark.slow
def test_png_has_the_size_of_the_picture_and_shows_its_text(small: Picture) -> None:
    drawn = draw(small, "svg")
    size = re.search(rb'width="([\d.]+)pt" height="([\d.]+)pt"', drawn)
    assert size is not None
    printed = draw(small, "png")
    assert printed.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", printed[16:24])
    assert abs(width - float(size[1]) * drawing.DENSITY / 72) <= 2
    assert abs(height - float(size[2]) * drawing.DENSITY / 72) <= 2
    mute = drawing.printed(re.sub(rb"<text.*?</text>", b"", drawn), "png", "")
    assert len(printed) > 1.2 * len(mute)


@pytest.mark.slow
def test_pdf_is_the_same_every_time(small: Picture) -> None:
    printed = draw(small, "pdf")
    assert printed.startswith(b"%PDF")
    assert b"/Font" in printed
    assert printed == draw(small, "pdf")


def test_without_typst_the_way_out_is_named(small: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(DrawingError, match=r"pip install 'partner-blastradius\[print\]'"):
        draw(small, "png")


@pytest.mark.slow
def test_a_typst_that_is_too_old_is_said(small: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    old = ModuleType("typst")
    monkeypatch.setitem(sys.modules, "typst", old)
    with pytest.raises(DrawingError, match=r"png needs typst 0\.15 or newer"):
        draw(small, "png")
    vars(old).update(compile=lambda page, format: b"")  # noqa: A006
    with pytest.raises(DrawingError, match=r"png needs typst 0\.15 or newer"):
        draw(small, "png")


def test_a_strip_goes_from_left_to_right_without_a_heading_and_loads_nothing(small: Picture) -> None:
    svg = drawing.strip(small).decode()
    width, height = map(float, re.findall(r'viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"', svg)[0])
    assert width > height
    assert all(name in svg for name in ("Acme API key", "Customer records", "orders.readwrite"))
    assert "<script" not in svg
    assert not re.search(r'href="(?!#)', svg)
