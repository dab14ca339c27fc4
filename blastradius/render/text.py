"""Answers as text for a terminal, JSON, CSV and Markdown; HTML has a module of its own.

Strings from the input are shown, never obeyed: no terminal sequence, no markup, no formula, no HTML.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from blastradius.answer import PLAIN, UNKNOWN, Answer, Cell, Detail, Section, Table
from blastradius.escape import acts, visible
from blastradius.render.columns import Column

if TYPE_CHECKING:
    from blastradius.render.terminal import Screen

_AT_ONCE = 5_000
"""How many rows of a list are made JSON at once."""
_FORMULA = tuple("=+-@\t\r\n")
_MARKUP = re.compile(r"([\\`*_\[\]|~$])")
_BLOCK_START = re.compile(r"^(\s*)(\d*)([#+\-=.):])")
_ENTITIES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))
_EMOJI = r"(?:\\?[+-]1|100|1234|[\w+\\-]*[a-z][\w+\\-]*):"
_LINKED = re.compile(rf"@|:(?=//|{_EMOJI})|\bwww(?=\.)|#(?=\d)|\bgh(?=-\d)", re.IGNORECASE)
_NOTHING = "<!-- -->"
"""Parts two texts for GitHub, which makes links, mentions and emoji of what it finds in one, however it is escaped."""

MOST_NOTES = 10
"""How many notes a document in Markdown has in full."""


def safe(text: str) -> str:
    r"""``text`` made harmless for a terminal: controls, bidi marks and line breaks shown as ``\x1b``, ``\n`` …"""
    return visible(text)


def table(answer: Answer, *, color: bool = False, width: int | None = None, detail: Detail = PLAIN) -> str:
    """The answer for a reader at a terminal of so many columns; without a ``width`` nothing is wrapped or cut."""
    from blastradius.render.terminal import Screen

    screen = Screen(width, color=color)
    screen.paragraph(safe(answer.headline), style="bold")
    if answer.page is None:
        _write_lines(screen, answer.lines)
        for whole in answer.tables:
            _write(screen, whole, detail)
    else:
        for section in answer.page.sections:
            _write_section(screen, section, detail)
    for page in answer.appendix:
        screen.blank()
        screen.paragraph(safe(f"{page.title}: {page.subtitle}"), style="bold")
        for section in page.sections:
            _write_section(screen, section, detail)
    if answer.notes:
        screen.blank()
    for note in note_lines(answer, detail):
        screen.paragraph(safe(note), style="yellow", hanging=2)
    return screen.text()


def _write_lines(screen: Screen, lines: Iterable[str]) -> None:
    for line in lines:
        screen.paragraph(safe(line), hanging=2)


def _write_section(screen: Screen, section: Section, detail: Detail) -> None:
    screen.blank()
    screen.paragraph(safe(section.title), style="bold")
    _write_lines(screen, section.lines)
    if section.table is not None and section.table.rows:
        _write_rows(screen, section.table, detail)


def _write(screen: Screen, whole: Table, detail: Detail) -> None:
    shown = whole.shown(detail)
    screen.blank()
    if not whole.rows:
        screen.paragraph(f"{safe(whole.title)}: none", style="bold")
        return
    if not shown.rows:
        screen.paragraph(f"{safe(whole.title)} ({left_out(whole)})", style="bold")
        return
    screen.paragraph(safe(whole.title), style="bold")
    _write_rows(screen, whole, detail)


def _write_rows(screen: Screen, whole: Table, detail: Detail) -> None:
    shown = whole.shown(detail)
    no_room = screen.table(_columns(shown))
    more = [
        *([left_out(whole)] if whole.is_short(detail) else []),
        *([f"no room for: {', '.join(no_room)}"] * bool(no_room)),
    ]
    if more:
        screen.paragraph(f"({'; '.join(more)})", hanging=1)


def _columns(shown: Table) -> list[Column]:
    """The columns as text; one of marks alone is left out where nothing is marked."""
    return [
        Column(
            safe(name),
            [safe(words(row[place])) for row in shown.rows],
            under=name in shown.under,
            headed=name in shown.headed,
            spare=name in shown.spare,
            number=is_numeric(shown, place),
        )
        for place, name in enumerate(shown.columns)
        if name or any(row[place] for row in shown.rows)
    ]


def left_out(whole: Table) -> str:
    """How the rows that people are not shown are asked for."""
    return f"--all shows {'its row' if len(whole.rows) == 1 else f'all {len(whole.rows):,} rows'}"


def note_lines(answer: Answer, detail: Detail) -> Iterable[str]:
    """The notes in full, or in one line how many there are."""
    if detail.notes or not answer.notes:
        return (f"note: {note}" for note in answer.notes)
    if len(answer.notes) == 1:
        return ("1 note concerns this answer; --notes prints it",)
    return (f"{len(answer.notes):,} notes concern this answer; --notes prints them",)


def is_numeric(table: Table, place: int) -> bool:
    """Whether a column holds numbers, some of which may be unknown."""
    cells = [row[place] for row in table.rows if row[place] is not None]
    return any(map(is_number, cells)) and all(cell == UNKNOWN or is_number(cell) for cell in cells)


def is_number(cell: Cell) -> bool:
    """Whether a cell holds a number."""
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def words(cell: Cell) -> str:
    """A cell as people read it; nothing of what is empty."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int | float):
        return f"{cell:,}"
    return cell or ""


def as_json(answer: Answer) -> str:
    """The answer's data; what a terminal would obey is a JSON escape, so that the value stays the same."""
    return "".join(json_pieces(answer))


def json_pieces(answer: Answer) -> Iterator[str]:
    """The same in pieces, where a list is long: the text of a large answer takes as much memory as the rest of it."""
    for text in _pieces(answer.data) if _is_long(answer.data) else [_dumped(answer.data)]:
        yield _harmless(text)
    yield "\n"


def _is_long(value: object) -> bool:
    """Whether a list in the data of an answer, or in a model in it, has many rows."""
    if isinstance(value, BaseModel):
        return any(_is_long(part) for _, part in value)
    return isinstance(value, tuple) and len(value) > _AT_ONCE


def _pieces(data: BaseModel, margin: str = "") -> Iterator[str]:
    """The fields of a model that stands so far to the right, those that are long so many rows at a time."""
    before = "{"
    for name, value in data:
        yield f'{before}\n{margin}  "{name}": '
        before = ","
        if not _is_long(value):
            yield _field(data, name, margin)
        elif isinstance(value, BaseModel):
            yield from _pieces(value, f"{margin}  ")
        else:
            for first in range(0, len(value), _AT_ONCE):
                part = data.model_copy(update={name: value[first : first + _AT_ONCE]})
                rows = _field(part, name, margin).removesuffix(f"\n{margin}  ]")
                yield f",{rows[1:]}" if first else rows
            yield f"\n{margin}  ]"
    yield f"\n{margin}}}"


def _field(data: BaseModel, name: str, margin: str) -> str:
    """The value of one field of a model, as it stands there."""
    text = _dumped(data, {name}).removeprefix(f'{{\n  "{name}": ').removesuffix("\n}")
    return text.replace("\n", f"\n{margin}") if margin else text


def _dumped(data: BaseModel, only: set[str] | None = None) -> str:
    try:
        return data.model_dump_json(indent=2, include=only)
    except PydanticSerializationError:  # half a character, which UTF-8 cannot say: slower, and escaped below
        return json.dumps(data.model_dump(mode="json", include=only), indent=2, ensure_ascii=False)


def _harmless(text: str) -> str:
    """JSON with escapes for what a terminal would obey."""
    if text.isascii() and "\x7f" not in text:  # other controls are escapes already
        return text
    unsafe = {ord(char): _json_escape(char) for char in set(text) if char != "\n" and acts(char)}
    return text.translate(unsafe) if unsafe else text


def in_ascii(text: str) -> str:
    """JSON whose values are the same, in ASCII alone."""
    return "".join(char if char.isascii() else _json_escape(char) for char in text)


def _json_escape(char: str) -> str:
    return json.dumps(char)[1:-1] if char != "\x7f" else "\\u007f"


def as_csv(answer: Answer, main: str = "") -> str:
    """One table as CSV, that of the id ``main`` or else the first; no cell is a formula for a spreadsheet."""
    tables = {table.id: table for table in reversed(answer.tables)}
    if not tables:
        return ""
    return csv_of(tables.get(main, answer.tables[0]))


def csv_of(table: Table) -> str:
    """All rows and columns of a table."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_csv_cell(column or "mark") for column in table.columns])
    writer.writerows([_csv_cell(cell) for cell in row] for row in table.rows)
    return out.getvalue()


def _csv_cell(cell: Cell) -> str:
    if is_number(cell):
        return str(cell)
    text = words(cell)
    return ("'" if text.startswith(_FORMULA) else "") + safe(text)


def as_markdown(answer: Answer, detail: Detail = PLAIN, scenes: Sequence[str] = ()) -> str:
    """The answer as GitHub Markdown; nothing in a name becomes markup, a link or a mention.

    ``scenes`` are the names of the files of its page's pictures.
    """
    blocks = [f"**{_markdown(answer.headline)}**"]
    if answer.page is None:
        blocks += [_list(answer.lines), *(_markdown_table(whole, detail) for whole in answer.tables)]
    else:
        blocks = [f"# {_markdown(answer.page.title)}", _markdown(answer.page.subtitle), *blocks]
        blocks += [_markdown_section(section, detail, scenes) for section in answer.page.sections]
    for page in answer.appendix:
        blocks += [f"# {_markdown(page.title)}", _markdown(page.subtitle)]
        blocks += [_markdown_section(section, detail, scenes) for section in page.sections]
    blocks.append(_list(note_lines(answer, detail) if answer.page is None else _document_notes(answer)))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _document_notes(answer: Answer) -> Iterable[str]:
    """The notes of a document, whose readers have no command to ask for them."""
    if len(answer.notes) <= MOST_NOTES:
        return (f"note: {note}" for note in answer.notes)
    return (f"{len(answer.notes):,} notes concern this document; its HTML lists them",)


def _markdown_section(section: Section, detail: Detail, scenes: Sequence[str] = ()) -> str:
    blocks = [f"## {_markdown(section.title)}", _list(section.lines)]
    if section.scene is not None and section.scene < len(scenes):
        blocks.append(f"![{_markdown(section.title)}]({scenes[section.scene]})")
    blocks += [_document_rows(section.table, detail)] if section.table is not None and section.table.rows else []
    return "\n\n".join(filter(None, blocks))


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {_markdown(line)}" for line in lines)


def _markdown_table(whole: Table, detail: Detail) -> str:
    title = _markdown(whole.title)
    if not whole.rows:
        return f"### {title}: none"
    more = f"\n\n({left_out(whole)})" if whole.is_short(detail) else ""
    return f"### {title}\n\n{_markdown_rows(whole.shown(detail))}{more}"


def _document_rows(whole: Table, detail: Detail) -> str:
    shown = whole.shown(detail)
    more = f"\n\n({len(shown.rows):,} of {len(whole.rows):,} rows)" if whole.is_short(detail) else ""
    return f"{_markdown_rows(shown)}{more}"


def _markdown_rows(shown: Table) -> str:
    rows = [shown.columns, *shown.rows] if shown.rows else []
    lines = [f"| {' | '.join(_markdown_cell(cell) for cell in row)} |" for row in rows]
    lines[1:1] = [f"| {' | '.join('---' for _ in shown.columns)} |"] if rows else []
    return "\n".join(lines)


def _markdown_cell(cell: Cell) -> str:
    return words(cell) if is_number(cell) else _markdown(words(cell))


def _markdown(text: str) -> str:
    text = _MARKUP.sub(r"\\\1", safe(text).strip())
    for char, entity in _ENTITIES:
        text = text.replace(char, entity)
    text = _LINKED.sub(rf"\g<0>{_NOTHING}", text)
    return _BLOCK_START.sub(r"\1\2\\\3", text)
