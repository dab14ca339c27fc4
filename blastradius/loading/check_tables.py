"""The tables of ``check``: what is loose first, how records ended last."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from blastradius.answer import Row, Table
from blastradius.loading.checked_rows import CheckData, SourceRow, StatementRow

_VARYING = re.compile(r"'[^']*'|\"[^\"]*\"|\d[\d,.]*")
_MANY = 5
"""Up to how many statements of one wording are told one by one."""
MOST_SOURCES = 30
"""How many sources people are shown at first."""


def tables(data: CheckData) -> tuple[Table, ...]:
    """What people are told; of nothing found is told only where all could be read."""
    found = (
        _said("problems", "What could not be read", "problem", data.problems),
        _said("findings", "Findings", "finding", data.findings),
        _said("unresolved", "References that lead nowhere", "reference", data.unresolved),
        _proposed(data),
        _said("notes", "Notes: what was assumed, or not taken in", "note", data.notes),
        _sources(data.sources),
        _ignored(data.sources),
    )
    always = () if data.problems else ("findings", "sources")
    return tuple(table for table in found if table.rows or table.id in always)


def _said(name: str, title: str, what: str, rows: Sequence[StatementRow]) -> Table:
    """Statements with their places; in brief those of one wording once where there are many."""
    alike: dict[str, list[StatementRow]] = {}
    for row in rows:
        alike.setdefault(_VARYING.sub("", row.message), []).append(row)
    brief = [cells for same in alike.values() for cells in _told(same)]
    cells = tuple((row.kind, row.words, row.at) for row in rows)
    return Table(name, title, ("kind", what, "at"), cells, ids=("kind",), brief=tuple(brief), under=("at",))


def _told(same: Sequence[StatementRow]) -> list[Row]:
    if len(same) <= _MANY:
        return [(row.kind, row.words, row.at) for row in same]
    first = same[0]
    return [(first.kind, f"{first.words} (and {len(same) - 1:,} more like it)", first.at)]


def _proposed(data: CheckData) -> Table:
    cells = tuple((row.why, row.evidence, row.write) for row in data.proposals)
    title = "May be one thing: accept by writing it into the workspace"
    return Table("proposals", title, ("why", "evidence", "write"), cells, under=("write",))


def _sources(rows: Sequence[SourceRow]) -> Table:
    """How the records of each file ended; in brief the files by their names under the folder that all are in."""
    columns = ("file", "loader", "entities", "relations", "records", "facts", "rejected", "ignored")
    cells = tuple(tuple(getattr(row, name) for name in columns) for row in rows)
    folder = _folder([row.file for row in rows])
    title = f"Sources in {folder}" if folder else "Sources"
    brief = tuple((cell[0][len(folder) :], *cell[1:]) for cell in cells[:MOST_SOURCES])
    return Table("sources", title, columns, cells, brief=brief, spare=("entities", "relations"))


def _folder(files: Sequence[str]) -> str:
    """The folder that all files are in, with its slash at the end; empty where there is none."""
    folders = [file.split("/")[:-1] for file in files]
    shared = takewhile(lambda names: len(set(names)) == 1, zip(*folders, strict=False))
    return "".join(f"{names[0]}/" for names in shared)


def _ignored(rows: Sequence[SourceRow]) -> Table:
    cells = tuple((row.file, what, count) for row in rows for what, count in row.by_class.items())
    return Table("ignored", "Ignored, by class", ("file", "class", "records"), cells, brief=cells[:MOST_SOURCES])
