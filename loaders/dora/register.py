"""A DORA register of information in its own words: the rows of its templates, each with its place.

Rests on Implementing Regulation (EU) 2024/2956, annex I: templates B_01.01 to B_99.01, taxonomy module 4.x.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Document, Provenances
from blastradius.model import Provenance, placed
from blastradius.reading import Archive, Sheet

_TEMPLATE = re.compile(r"b_[0-9]{2}\.[0-9]{2}\.csv")
_MODULE = re.compile(r"/dora/([0-9]+)\.([0-9]+)/")
ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TEMPLATES = (
    "b_01.01", "b_01.02", "b_01.03", "b_02.01", "b_02.02", "b_02.03", "b_03.01", "b_03.02", "b_03.03", "b_04.01",
    "b_05.01", "b_05.02", "b_06.01", "b_07.01", "b_99.01",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A row of a template, or ``why`` it does not fit; cells come without their code lists (``x28``).

    A key that has nothing to name says `Not Applicable`, which is nothing here.
    """

    cells: dict[str, str]
    provenance: Provenances
    why: str | None = None

    def __getitem__(self, column: str) -> str:
        text = self.cells.get(column, "").strip()
        if text.lower() == "not applicable":
            return ""
        return text.partition(":")[2] if re.match(r"eba_\w+:", text) else text


@dataclass
class Register:
    """The templates of one register."""

    open: Callable[[str], Document | None]
    as_of: str | None = None

    def rows(self, template: str, needs: tuple[str, ...]) -> Iterator[Row]:
        """The rows of a template, those that do not fit included.

        Raises:
            InputError: the template is no table, or one with a row for each data point.
        """
        document = self.open(f"{template}.csv")
        if document is None:
            return
        sheet = document.data
        if not isinstance(sheet, Sheet):
            raise InputError([f"{document.path}: not a table; a template of the register is CSV"])
        if {"datapoint", "factvalue"} <= {column.lower() for column in sheet.columns}:
            line, column = sheet.position()
            why = (
                "one row a data point (datapoint, ..., factValue); read is a table with a column for each (c0010, ...)"
            )
            raise InputError([f"{document.path}:{line}:{column}: {why}: export or convert the register in that layout"])
        missing = [column for column in needs if column not in sheet.columns]
        for bad in sheet.bad:
            yield Row({}, (Provenance(source="dora", file=document.path, line=bad.line),), bad.why)
        for number, cells in enumerate(sheet):
            line, column = sheet.position(number)
            provenance = (placed("dora", document.path, line, column),)
            yield Row(cells, provenance, f"its template has no column {', '.join(missing)}" if missing else None)


def is_register(data: Any) -> bool:
    """Whether a document is a register, or something of the register that is refused with a reason."""
    if isinstance(data, Archive):
        return any(_TEMPLATE.fullmatch(_base(name)) for name in data)
    return isinstance(data, dict) and (bool(_extends(data)) or _refusal(data) is not None)


def read_register(document: Document) -> Register:
    """The register in an archive, or beside its ``report.json``.

    Raises:
        InputError: no register as xBRL-CSV, or one of a version that is not known.
    """
    data = document.data
    if isinstance(data, Archive):
        return _from_archive(document, data)
    why = _refusal(data) if isinstance(data, dict) else "neither an archive nor a report.json"
    if why is None and not _extends(data):
        why = "a report.json that does not extend a DORA module; not a register of information"
    if why:
        raise InputError([f"{document.path}: {why}"])
    _check_version(document.path, data)

    def beside(name: str) -> Document | None:
        try:
            return document.sibling(name)
        except InputError as error:
            if "is not a file" in str(error):
                return None
            raise

    return _with_date(Register(beside))


def _from_archive(document: Document, archive: Archive) -> Register:
    reports = {str(PurePosixPath(name).parent) for name in archive if _TEMPLATE.fullmatch(_base(name))}
    if len(reports) != 1:
        found = ", ".join(sorted(map(repr, reports))[:5]) or "none"
        raise InputError([f"{document.path}: an archive of {len(reports)} registers ({found}); expected is one"])
    folder = next(iter(reports))
    names = {_base(name): name for name in archive if str(PurePosixPath(name).parent) == folder}
    if "report.json" in names:
        report = archive[names["report.json"]]
        _check_version(report.path, report.data if isinstance(report.data, dict) else {})
    return _with_date(Register(lambda name: archive[names[name]] if name in names else None))


def _with_date(register: Register) -> Register:
    parameters = register.open("parameters.csv")
    for row in parameters.data if parameters is not None and isinstance(parameters.data, Sheet) else ():
        if row.get("name") == "refPeriod" and ISO.fullmatch(row.get("value", "")):
            register.as_of = row["value"]
    return register


def _base(name: str) -> str:
    return PurePosixPath(name).name.lower()


def _extends(data: dict[str, Any]) -> list[str]:
    """The DORA modules that a report.json says it extends."""
    info = data.get("documentInfo")
    extends = info.get("extends") if isinstance(info, dict) else None
    listed = extends if isinstance(extends, list) else [extends]
    return [item for item in listed if isinstance(item, str) and "/dora/" in item.lower()]


def _check_version(path: str, report: dict[str, Any]) -> None:
    modules = [found for extend in _extends(report) if (found := _MODULE.search(extend.lower()))]
    wrong = [f"{module[1]}.{module[2]}" for module in modules if module[1] != "4"]
    if wrong:
        raise InputError([f"{path}: DORA module {wrong[0]}; read is 4.x, whose columns are known"])


def _refusal(data: dict[str, Any]) -> str | None:
    """Why a document that has to do with the register is none."""
    if data.get("code") == "dora" and isinstance(data.get("tables"), list):
        return "the definition of the DORA tables, with no register in it; name the xBRL-CSV package"
    if data.get("tag") == "xbrl" and isinstance(data.get("children"), list):
        links = [child for child in data["children"] if isinstance(child, dict) and child.get("tag") == "schemaRef"]
        if any("/dora/" in str(link.get("attributes")).lower() for link in links):
            return "a register as xBRL-XML; read is xBRL-CSV, the form that is submitted: convert it first"
    return None
