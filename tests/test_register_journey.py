"""From the files that people have to a ranking that is right: register, gateway, API description, identity export."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

import blastradius as br
from blastradius.cli import main
from blastradius.model import Party
from tests.reading.spreadsheets import MAIN, write_xlsx

LARKFIELD = Path(__file__).parents[1] / "examples" / "larkfield"
BY_HAND = 10
"""Lines of YAML that a person may have to write."""


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """The folder as it is before anybody has looked at it with this program."""
    folder = Path(shutil.copytree(LARKFIELD, tmp_path / "exports"))
    (folder / "blastradius.yaml").unlink()
    (folder / "README.md").unlink()
    return folder


def with_workbook(folder: Path) -> None:
    """The register as a workbook: numbers and some dates as such, titles above, a second sheet, no CSV."""
    with (folder / "register.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.reader(lines))
    cells = "".join(
        f'<row r="{number}">{"".join(_cell(text, f"{chr(65 + at)}{number}") for at, text in enumerate(row))}</row>'
        for number, row in enumerate(rows, 1)
    )
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{cells}</sheetData></worksheet>'
    sheets = {"Register 2026": [], "Lists": [["High"], ["Medium"], ["Low"]]}
    write_xlsx(folder / "Register v4 FINAL.xlsx", sheets, **{"xl/worksheets/sheet1.xml": sheet})
    (folder / "register.csv").unlink()


def _cell(text: str, at: str) -> str:
    if not text:
        return ""
    if text.isdigit():
        return f'<c r="{at}"><v>{text}</v></c>'
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return f'<c r="{at}" t="d"><v>{text}</v></c>'
    plain = text.replace("&", "&amp;")
    return f'<c r="{at}" t="inlineStr"><is><t>{plain}</t></is></c>'


def checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    main(["check", str(folder), "--exit-zero", "--format", "json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def ranked(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = br.rank(br.load(folder)).data.model_dump(mode="json")["rows"]
    return [row for row in rows if row["kind"] == "party"]


def lines_by_hand(folder: Path) -> list[str]:
    """The lines of the example's workspace and estate that the command did not write."""
    written = (folder / "blastradius.yaml").read_text(encoding="utf-8").splitlines()
    accepted = (LARKFIELD / "blastradius.yaml").read_text(encoding="utf-8").splitlines()
    estate = (LARKFIELD / "estate.yaml").read_text(encoding="utf-8").splitlines()
    lines = [*(line for line in accepted if line not in written), *estate]
    return [line for line in lines if line.strip() and not line.startswith("#")]


def test_a_first_workspace_has_every_file_and_every_column(exports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(exports)]) == 0
    said = capsys.readouterr().out
    assert "8 of 8 files are sources" in said
    assert "Left out" not in said
    assert "Not used" not in said
    workspace = yaml.safe_load((exports / "blastradius.yaml").read_text(encoding="utf-8"))
    (options,) = (source["options"] for source in workspace["sources"] if source["loader"] == "table")
    titles = [str(item["column"] if isinstance(item, dict) else item) for item in options["columns"].values()]
    (beside,) = (item for item in options["columns"].values() if isinstance(item, list))
    assert {*titles, *beside} >= {
        "Vendor", "Type", "What they access", "How", "Data classes", "Crit.", "Business owner", "Contract end",
        "Last review", "Notes",
    }  # fmt: skip
    assert options["dates"] == "dmy"


def test_what_was_accepted_was_proposed_and_fits_ten_lines(exports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", str(exports)])
    capsys.readouterr()
    assert len(lines_by_hand(exports)) <= BY_HAND
    proposed = [yaml.safe_load(row["write"]) for row in checked(exports, capsys)["proposals"]]
    accepted = yaml.safe_load((LARKFIELD / "blastradius.yaml").read_text(encoding="utf-8"))
    same = {name: others for row in proposed for name, others in row.get("same", {}).items()}
    assert same == accepted["same"]
    apis = [row["apis"]["partner-api"] for row in proposed if "apis" in row]
    assert {name for row in apis for name in row["also"]} == set(accepted["apis"]["partner-api"]["also"])
    assert [row["base"] for row in apis] == [accepted["apis"]["partner-api"]["base"]] * 2


def test_what_cannot_be_read_is_named_with_its_cell(capsys: pytest.CaptureFixture[str]) -> None:
    said = "\n".join(checked(LARKFIELD, capsys)["notes"])
    for part in (
        "register.csv:15:4: unsupported: 'unknown' is no party",
        "register.csv:16:2: unsupported: 'TOTAL 12' is a total and no party",
        "1 cell of 'Contract end' left out, no date: '31/06/2027' (row 13)",
        "taken as the last day of what they say: 'Q2 2027' (row 5), 'Dec 2027' (row 7)",
    ):
        assert part in said
    assert "contradicted" not in said


def test_the_ranking_is_right_and_a_lapsed_contract_with_a_live_key_is_found(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = {row["start"]: row for row in ranked(LARKFIELD)}
    assert next(iter(rows)) == "Chat Nook"
    assert [name for name, row in rows.items() if row["crown_jewels"]] == ["Chat Nook"]
    readers = {"Chat Nook", "Quickhaul Logistics GmbH", "Parcelmoor", "Returns Nordic AB", "Starmark Reviews"}
    assert {name for name, row in rows.items() if (row["records"] or 0) >= 800_000} == readers
    assert not {"unknown", "TOTAL 12", "Quick Haul Logistics", "Larkfield Home"} & rows.keys()
    (finding,) = checked(LARKFIELD, capsys)["findings"]
    assert "the relationship with 'Chat Nook' ended on 2026-09-30, but it still holds" in str(finding)


def test_what_one_row_says_is_nobody_elses() -> None:
    estate = br.load(LARKFIELD)
    reached = br.reach(estate, compromise="Brandt & Vale LLP", assume="lateral").data.model_dump(mode="json")["facts"]
    assert {fact["entity"] for fact in reached if fact["kind"] == "store"} == {"store:financial at Brandt & Vale LLP"}


def test_what_governs_a_third_party_is_in_the_model() -> None:
    estate = br.load(LARKFIELD)
    governed = {name: party for name in estate.entities if isinstance(party := estate.entities[name], Party)}
    assert governed["Chat Nook"].governance["last review"] == "2024"
    assert governed["Chat Nook"].governance["criticality"] == "Medium"
    assert governed["Quickhaul Logistics GmbH"].governance["last review"] == "2026-03-14"
    assert governed["Starmark Reviews"].governance["contract end"] == "rolling"
    assert governed["Priceloft"].governance["contract end"] == "31/06/2027"
    assert governed["SalesPier CRM"].contract_end == "2028-04-03"


def test_a_workbook_comes_to_the_same(exports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("python_calamine")
    with_workbook(exports)
    assert main(["init", str(exports)]) == 0
    said = capsys.readouterr().out
    assert "\"Register v4 FINAL.xlsx\": sheet 'Lists'\n" in said
    text = (exports / "blastradius.yaml").read_text(encoding="utf-8")
    accepted = (LARKFIELD / "blastradius.yaml").read_text(encoding="utf-8")
    by_hand = accepted[accepted.index("\n# Accepted") : accepted.index("\n# What no file says")]
    (exports / "blastradius.yaml").write_text(f"{text}as_of: 2026-11-14\n{by_hand}", encoding="utf-8")
    assert ranked(exports) == ranked(LARKFIELD)
    notes = "\n".join(checked(exports, capsys)["notes"])
    assert "Register v4 FINAL.xlsx#Register 2026:16:2: unsupported: 'TOTAL 12' is a total and no party" in notes
