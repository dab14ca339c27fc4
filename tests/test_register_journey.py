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
"""Lines of YAML that a person may have to write; those that are accepted by taking a sign away are written for them."""


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """The folder as it is before anybody has looked at it with this program."""
    folder = Path(shutil.copytree(LARKFIELD, tmp_path / "exports"))
    (folder / "blastradius.yaml").unlink()
    (folder / "README.md").unlink()
    (folder / "reach.svg").unlink()
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


def accepted(folder: Path) -> str:
    """The workspace of a folder with all that is proposed in it, and the day of the inventory."""
    text = (folder / "blastradius.yaml").read_text(encoding="utf-8")
    start, end = text.index('\n# same:\n#   "'), text.index("\n# What no file says")
    dated = re.sub("^# as_of: .*", "as_of: 2026-11-14", text[:start], flags=re.MULTILINE)
    return dated + re.sub("^# ", "", text[start:end], flags=re.MULTILINE) + text[end:]


def test_a_first_workspace_has_every_file_and_every_column(exports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(exports)]) == 0
    said = capsys.readouterr().out
    assert "9 of 9 files are sources" in said
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


def test_what_was_accepted_was_proposed_and_the_rest_fits_ten_lines(
    exports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["init", str(exports)])
    assert "8 things under several names: accept them in the workspace" in capsys.readouterr().out
    example = (LARKFIELD / "blastradius.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(accepted(exports)) == yaml.safe_load(example)
    written = (exports / "blastradius.yaml").read_text(encoding="utf-8").splitlines()
    estate = (LARKFIELD / "estate.yaml").read_text(encoding="utf-8").splitlines()
    lines = [line for line in example.splitlines() if not {line, f"# {line}"} & {*written}] + estate
    assert 0 < len([line for line in lines if line.strip() and not line.startswith("#")]) <= BY_HAND


def test_what_is_proposed_has_its_evidence_in_the_check(exports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", str(exports)])
    capsys.readouterr()
    proposed = {tuple(row["ids"]): row["evidence"] for row in checked(exports, capsys)["proposals"]}
    linked = yaml.safe_load((LARKFIELD / "blastradius.yaml").read_text(encoding="utf-8"))["same"]
    for name, others in linked.items():
        assert "kong" in proposed[tuple(sorted((name, *others)))] or "entra" in proposed[tuple(sorted((name, *others)))]


def test_what_cannot_be_read_is_named_with_its_cell(capsys: pytest.CaptureFixture[str]) -> None:
    said = "\n".join(note["text"] for note in checked(LARKFIELD, capsys)["notes"])
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


def test_the_ranking_shows_how_those_are_governed_who_reach_the_most() -> None:
    answer = br.rank(br.load(LARKFIELD)).answer
    (table,) = (table for table in answer.tables if table.id == "governance")
    assert table.rows[0] == (
        "Chat Nook", "Chat Nook", "Head of Service", "Medium", "2026-09-30 (over)", "2024",
        "Type: Customer service chat; What they access: Customer API; How: API key",
    )  # fmt: skip
    ends = {row[0]: row[4] for row in table.rows}
    assert ends["Parcelmoor"] == "Q2 2027"
    assert ends["Brandt & Vale LLP"] == "unknown"


def test_a_workbook_comes_to_the_same(exports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("python_calamine")
    with_workbook(exports)
    assert main(["init", str(exports)]) == 0
    said = capsys.readouterr().out
    assert "\"Register v4 FINAL.xlsx\": sheet 'Lists'\n" in said
    (exports / "blastradius.yaml").write_text(accepted(exports), encoding="utf-8")
    assert ranked(exports) == ranked(LARKFIELD)
    notes = "\n".join(note["text"] for note in checked(exports, capsys)["notes"])
    assert "Register v4 FINAL.xlsx#Register 2026:16:2: unsupported: 'TOTAL 12' is a total and no party" in notes
