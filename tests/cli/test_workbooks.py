"""Answers as workbooks: the register goes out and comes in again, and no cell is more than text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import blastradius as br
from blastradius.answer import Table
from blastradius.cli import main
from blastradius.errors import DrawingError
from blastradius.render import workbook

pytest.importorskip("xlsxwriter")
calamine = pytest.importorskip("python_calamine")
WORKSPACE = """\
workspace: 1
sources:
  - path: register.xlsx
    loader: table
    options:
      rows: vendors
      sheet: register
      columns: {party: third party, owner: owner, last_review: last review, contract_end: contract end}
"""


@pytest.fixture(scope="module")
def register(northwind: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The register of the example retailer, as a workbook and as JSON."""
    folder = tmp_path_factory.mktemp("register")
    for name in ("register.xlsx", "register.json"):
        assert main(["inventory", str(northwind), "-o", str(folder / name)]) == 0
    return folder


def sheets(file: Path) -> dict[str, list[list[Any]]]:
    book = calamine.load_workbook(str(file))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_the_register_and_the_gaps_are_a_sheet_each_and_say_what_the_json_says(register: Path) -> None:
    data = json.loads((register / "register.json").read_text(encoding="utf-8"))
    found = sheets(register / "register.xlsx")
    assert list(found) == ["register", "gaps"]
    head, *rows = found["register"]
    cells = [dict(zip(head, row, strict=True)) for row in rows]
    assert len(cells) == len(data["parties"]) == 18
    for cell, row in zip(cells, data["parties"], strict=True):
        stated = {key: row[field] for key, field in STATED.items()}
        assert {key: cell[key].removesuffix(" (over)") for key in STATED} == {
            key: "unknown" if text is None else text for key, text in stated.items()
        }
        assert len(cell["reach"]) == len(row["reach"])
        assert len([name for name in cell["keys"].split("; ") if name]) == len(row["keys"])
    gaps = {row[0]: (row[2], row[3]) for row in found["gaps"][1:]}
    assert gaps == {gap["id"]: (len(gap["things"]), gap["of"]) for gap in data["gaps"]}


STATED = {
    "id": "party",
    "third party": "name",
    "owner": "owner",
    "contract end": "contract_end",
    "last review": "last_review",
    "criticality": "criticality",
}
"""The columns that say what somebody stated, and where the JSON says it."""


def test_every_cell_is_that_of_the_table(register: Path, northwind: Path) -> None:
    tables = br.inventory(br.load(northwind)).answer.tables
    for table, (head, *rows) in zip(tables, sheets(register / "register.xlsx").values(), strict=True):
        assert (head, rows) == ([*table.columns], [[*row] for row in table.rows])


def test_the_register_is_read_again_as_a_table(register: Path, tmp_path: Path) -> None:
    (tmp_path / "register.xlsx").write_bytes((register / "register.xlsx").read_bytes())
    (tmp_path / "blastradius.yaml").write_text(WORKSPACE)
    again: Any = br.inventory(br.load(tmp_path)).data
    data = json.loads((register / "register.json").read_text(encoding="utf-8"))
    stated = {row["name"]: (row["owner"], row["last_review"]) for row in data["parties"]}
    assert {row.name: (row.owner, row.last_review) for row in again.parties} == stated


def test_what_begins_like_a_formula_is_text(tmp_path: Path) -> None:
    names = ["=1+1", "+1", "-1", "@SUM(A1)"]
    estate = tmp_path / "estate.yaml"
    estate.write_text(
        json.dumps({"blastradius": 1, "parties": {f"p{at}": {"name": it} for at, it in enumerate(names)}})
    )
    assert main(["inventory", str(estate), "-o", str(tmp_path / "a.xlsx")]) == 0
    assert {row[1] for row in sheets(tmp_path / "a.xlsx")["register"][1:]} == set(names)


def test_one_table_may_be_asked_for_and_a_format_that_disagrees_is_refused(
    northwind: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = str(tmp_path / "gaps.xlsx")
    assert main(["inventory", str(northwind), "--table", "gaps", "-o", target]) == 0
    assert list(sheets(Path(target))) == ["gaps"]
    assert main(["inventory", str(northwind), "--format", "csv", "-o", target]) == 2
    assert "its ending says xlsx, and --format says csv" in capsys.readouterr().err


def test_more_rows_than_a_sheet_takes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_MOST_ROWS", 2)
    with pytest.raises(DrawingError, match="a sheet takes 2 rows; write it as csv"):
        workbook.as_xlsx([Table("t", "t", ("a",), ((1,), (2,)))])
