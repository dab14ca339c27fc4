"""Answers as text for a terminal, JSON, CSV and Markdown.

Strings from the input are shown, never obeyed: no terminal sequence, no markup, no formula, no HTML.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from blastradius.answer import Answer, Cell, Table
from blastradius.escape import acts, visible

if TYPE_CHECKING:
    from rich.table import Table as RichTable

UNBOUNDED = 10_000
_FORMULA = tuple("=+-@\t\r\n")
_MARKUP = re.compile(r"([\\`*_\[\]|~$])")
_BLOCK_START = re.compile(r"^(\s*)(\d*)([#+\-=.):])")
_ENTITIES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))
_EMOJI = r"(?:\\?[+-]1|100|1234|[\w+\\-]*[a-z][\w+\\-]*):"
_LINKED = re.compile(rf"@|:(?=//|{_EMOJI})|\bwww(?=\.)|#(?=\d)|\bgh(?=-\d)", re.IGNORECASE)
_NOTHING = "<!-- -->"
"""Parts two texts for GitHub, which makes links, mentions and emoji of what it finds in one, however it is escaped."""


def safe(text: str) -> str:
    r"""``text`` made harmless for a terminal: controls, bidi marks and line breaks shown as ``\x1b``, ``\n`` …"""
    return visible(text)


def table(answer: Answer, *, color: bool = False, width: int | None = None) -> str:
    """The answer for a reader at a terminal; without a ``width`` nothing is wrapped."""
    from rich.console import Console
    from rich.text import Text

    out = io.StringIO()
    console = Console(
        file=out,
        width=width or UNBOUNDED,
        force_terminal=color,
        no_color=not color,
        color_system="standard" if color else None,
        legacy_windows=False,
        markup=False,
        highlight=False,
        emoji=False,
    )
    console.print(Text(safe(answer.headline), style="bold"))
    for line in answer.lines:
        console.print(Text(safe(line)))
    for table in answer.tables:
        console.print(Text("\n" + safe(table.title), style="bold"))
        console.print(_rich(table))
    for number, note in enumerate(answer.notes):
        console.print(Text(("" if number else "\n") + f"note: {safe(str(note))}", style="yellow"))
    return _trimmed(out.getvalue())


def _rich(one: Table) -> RichTable:
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    made = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for index, column in enumerate(one.columns):
        cells = [row[index] for row in one.rows if row[index] is not None]
        numbers = bool(cells) and all(map(_is_number, cells))
        made.add_column(Text(safe(column)), justify="right" if numbers else "left", overflow="fold")
    for row in one.rows:
        made.add_row(*(Text(safe(_words(cell))) for cell in row))
    return made


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()).rstrip() + "\n"


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _words(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return str(cell)


def as_json(answer: Answer) -> str:
    """The answer's data; what a terminal would obey is a JSON escape, so that the value stays the same."""
    text = json.dumps(answer.data.model_dump(mode="json"), indent=2, ensure_ascii=False)
    unsafe = {ord(char): _json_escape(char) for char in set(text) if char != "\n" and acts(char)}
    return text.translate(unsafe) + "\n"


def in_ascii(text: str) -> str:
    """JSON whose values are the same, in ASCII alone."""
    return "".join(char if char.isascii() else _json_escape(char) for char in text)


def _json_escape(char: str) -> str:
    return json.dumps(char)[1:-1] if char != "\x7f" else "\\u007f"


def as_csv(answer: Answer) -> str:
    """The tables as CSV, a blank line between them; no cell is a formula for a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for number, one in enumerate(answer.tables):
        if number:
            out.write("\n")
        writer.writerow([_csv_cell(column) for column in one.columns])
        writer.writerows([_csv_cell(cell) for cell in row] for row in one.rows)
    return out.getvalue()


def _csv_cell(cell: Cell) -> str:
    if _is_number(cell):
        return str(cell)
    words = _words(cell)
    return ("'" if words.startswith(_FORMULA) else "") + safe(words)


def as_markdown(answer: Answer) -> str:
    """The answer as GitHub Markdown; nothing in a name becomes markup, a link or a mention."""
    blocks = [f"**{_markdown(answer.headline)}**", _list(answer.lines)]
    blocks += [_markdown_table(table) for table in answer.tables]
    blocks.append(_list(f"note: {note}" for note in answer.notes))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {_markdown(line)}" for line in lines)


def _markdown_table(one: Table) -> str:
    rows = [one.columns, *one.rows]
    cells = [" | ".join(_markdown_cell(cell) for cell in row) for row in rows]
    cells.insert(1, " | ".join("---" for _ in one.columns))
    return f"### {_markdown(one.title)}\n\n" + "\n".join(f"| {line} |" for line in cells)


def _markdown_cell(cell: Cell) -> str:
    return str(cell) if _is_number(cell) else _markdown(_words(cell))


def _markdown(text: str) -> str:
    text = _MARKUP.sub(r"\\\1", safe(text).strip())
    for char, entity in _ENTITIES:
        text = text.replace(char, entity)
    text = _LINKED.sub(rf"\g<0>{_NOTHING}", text)
    return _BLOCK_START.sub(r"\1\2\\\3", text)


RENDERERS: dict[str, Callable[[Answer], str]] = {
    "table": partial(table, color=False, width=None),
    "json": as_json,
    "csv": as_csv,
    "markdown": as_markdown,
}
