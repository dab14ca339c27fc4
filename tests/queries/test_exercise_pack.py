"""The folder that ``exercise`` writes: both editions in every form, the sheets, the lists of injects."""

from __future__ import annotations

import csv
import json
import re
import shutil
from base64 import b64decode
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
from defusedxml.ElementTree import fromstring

import blastradius as br
from blastradius.cli import main
from blastradius.estate import Estate
from blastradius.reports.exercise_tables import cost, outcome, route
from blastradius.writing import write_folder
from tests.printed import text_of_pdf
from tests.queries.written import written

ASKED = ["--compromise", "acme", "--assume", "lateral", "--also", "poison=carrier_rates"]
SVG = "{http://www.w3.org/2000/svg}"


ROOT = Path(__file__).parents[2]
KEPT = ROOT / "docs" / "exercise"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("exercise") / "pack"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        assert main(["exercise", "examples/northwind", *ASKED, "-o", f"{to}/"]) == 0
    return to


@pytest.fixture(scope="module")
def data() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        estate = br.load("examples/northwind")
    return br.exercise(estate, compromise="acme", assume="lateral", also="poison=carrier_rates").data


def test_the_worked_example_is_what_the_command_writes(folder: Path, request: pytest.FixtureRequest) -> None:
    """All of it but HTML, PDF, Word and workbooks, which say the same."""
    made = {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    made = {name: content for name, content in made.items() if name.suffix in (".md", ".csv", ".json", ".svg")}
    if request.config.getoption("--snapshot-update"):
        shutil.rmtree(KEPT, ignore_errors=True)
        write_folder(KEPT, {name.as_posix(): content for name, content in made.items()})
    assert {file.relative_to(KEPT): file.read_bytes() for file in KEPT.rglob("*") if file.is_file()} == made


def test_the_pack_has_both_editions_the_sheets_and_the_lists(folder: Path) -> None:
    names = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    forms = (".md", ".html", ".pdf")
    documents = ("facilitator/facilitator", "facilitator/evaluator", "participants/participants")
    assert names >= {document + form for document in documents for form in forms}
    assert names >= {
        f"{edition}/{edition}-{stage}.svg" for edition in ("facilitator", "participants") for stage in "1234"
    }
    assert names >= {
        f"facilitator/{name}" for name in ("msel.csv", "msel.t3sf.json", "msel.cexf.json", "evaluator.csv")
    }
    assert {name for name in names if name.startswith("participants/")} == {
        "participants/participants" + ending for ending in (*forms, "-1.svg", "-2.svg", "-3.svg", "-4.svg")
    } | ({"participants/participants.docx"} & names)


def _shown(file: Path) -> str:
    """What a reader could find in a file, without the marks of its form and without blanks."""
    if file.suffix == ".pdf":
        return _tight(text_of_pdf(file.read_bytes()))
    if file.suffix == ".docx":
        with ZipFile(file) as parts:
            return _tight(unescape(re.sub(r"<[^>]*>", "", parts.read("word/document.xml").decode())))
    text = re.sub(r"data:font[^)]*", "", file.read_text("utf-8"))
    return _tight(unescape(re.sub(r"<[^>]*>|\\\\", "", text)))


def _tight(text: str) -> str:
    return "".join(text.split())


def test_what_participants_get_has_no_answer_of_the_facilitator_in_it(
    folder: Path, data: Any, retailer: Estate
) -> None:
    told = {inject.says for inject in data.injects}
    answers = {text for card in data.answers.cards for text in (outcome(retailer, card), cost(retailer, card))}
    answers |= {route(retailer, row) for row in data.answers.evidence if row.relations}
    answers |= {row.expected for row in data.answers.evidence}
    answers |= {place for row in data.answers.evidence for place in row.read_in}
    answers |= {row.says for row in data.answers.hidden} - told
    answers |= {"granted", "takeover", "lateral", "out of reach", "crown jewel", "facilitator"}
    for form in ("md", "html", "pdf"):
        facilitator = _shown(folder / "facilitator" / f"facilitator.{form}")
        assert [text for text in answers if _tight(text) not in facilitator] == [], form
    for file in sorted((folder / "participants").iterdir()):
        shown = _shown(file)
        assert "inject-1" in shown
        assert [text for text in answers | {"starts here"} if _tight(text) in shown] == [], file.name


def test_a_thing_has_one_place_in_all_pictures_of_both_editions(folder: Path) -> None:
    """Across; how high its name stands depends on how much is said below it."""
    places: dict[str, set[str | None]] = {}
    for file in folder.rglob("*.svg"):
        for text in fromstring(file.read_bytes()).iter(f"{SVG}text"):
            if text.text in ("Picking and packing", "Label printers", "Rates importer"):
                places.setdefault(text.text, set()).add(text.get("x"))
    assert len(places) == 3
    assert [found for found in places.values() if len(found) != 1] == []


def test_each_picture_of_participants_shows_what_was_told_by_then_and_marks_what_is_new(
    folder: Path, data: Any, retailer: Estate
) -> None:
    for stage in (1, 2, 3, 4):
        texts = [it.text for it in fromstring(_svg(folder, stage)).iter(f"{SVG}text")]
        numbers = {text for said in texts if said for text in re.findall(r"inject-\d+", said)}
        assert numbers == {inject.inject for inject in data.injects if inject.stage <= stage}
        new = {
            row.entity for row, inject in zip(data.answers.evidence, data.injects, strict=True) if inject.stage == stage
        }
        assert texts.count("new") == len(new)


def _svg(folder: Path, stage: int) -> bytes:
    return (folder / "participants" / f"participants-{stage}.svg").read_bytes()


def test_each_page_of_the_pack_stands_for_itself_and_runs_nothing(folder: Path) -> None:
    for file in folder.rglob("*.html"):
        text = file.read_text("utf-8")
        assert "default-src 'none'" in text
        assert re.findall(r"<script|<link|src=|href=", text) == []


def test_the_workbook_has_the_rows_of_the_csv(folder: Path) -> None:
    pytest.importorskip("xlsxwriter")
    calamine = pytest.importorskip("python_calamine")
    (sheet,) = calamine.load_workbook(folder / "facilitator" / "msel.xlsx").sheet_names
    rows = calamine.load_workbook(folder / "facilitator" / "msel.xlsx").get_sheet_by_name(sheet).to_python()
    with (folder / "facilitator" / "msel.csv").open(newline="", encoding="utf-8") as file:
        told = list(csv.reader(file))
    assert [[f"{cell:g}" if isinstance(cell, float) else cell for cell in row] for row in rows] == told


def test_the_word_document_says_what_the_page_says(folder: Path, data: Any) -> None:
    pytest.importorskip("docx")
    shown = _shown(folder / "facilitator" / "facilitator.docx")
    assert [it.says for it in data.injects if _tight(it.says) not in shown] == []
    assert [it.expected for it in data.answers.evidence if _tight(it.expected) not in shown] == []
    with ZipFile(folder / "facilitator" / "facilitator.docx") as parts:
        assert sum(name.endswith(".png") for name in parts.namelist()) == 4
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_list_for_t3sf_has_its_fields_and_its_minutes(folder: Path, data: Any) -> None:
    rows = json.loads((folder / "facilitator" / "msel.t3sf.json").read_text())
    fields = [
        "#",
        "Real Time",
        "Date",
        "Subject",
        "From",
        "Player",
        "Script",
        "Photo",
        "Picture Name",
        "Profile",
        "Poll",
    ]
    assert [list(row) for row in rows] == [fields] * len(data.injects)
    assert [int(row["Real Time"][-2:]) for row in rows] == [inject.minute % 60 for inject in data.injects]
    polls = {row["#"]: row["Poll"].split(" | ") for row in rows if row["Poll"]}
    assert len(polls) == len({option.inject for option in data.options})
    assert sum(map(len, polls.values())) == len(data.options)


def test_the_common_exercise_format_is_one_chain_of_injects_with_their_payloads(folder: Path, data: Any) -> None:
    file = folder / "facilitator" / "msel.cexf.json"
    told = json.loads(file.read_text())
    assert list(told) == ["exercise", "inject_flow", "inject_payloads", "injects"]
    assert told["exercise"]["total_duration"] == "10800"
    payloads = {row["uuid"]: row for row in told["inject_payloads"]}
    injects = {row["uuid"]: row for row in told["injects"]}
    assert all(UUID(name).version == 4 for name in (*payloads, *injects, told["exercise"]["uuid"]))
    chain = [
        told["inject_flow"][0]["inject_uuid"],
        *(it for row in told["inject_flow"] for it in row["sequence"]["followed_by"]),
    ]
    assert chain == [row["inject_uuid"] for row in told["inject_flow"]] == list(injects)
    assert [row["timing"]["triggered_at"] for row in told["inject_flow"]] == [it.minute * 60 for it in data.injects]
    for inject, row in zip(data.injects, injects.values(), strict=True):
        content = payloads[row["action_payload_resource_uuid"]]["parameters"]["content"]
        assert inject.says in b64decode(content).decode()


def test_the_edition_of_participants_alone_is_their_folder(northwind: Path, folder: Path, tmp_path: Path) -> None:
    """And says nothing of where the estate was read."""
    to = tmp_path / "theirs"
    assert main(["exercise", str(northwind), *ASKED, "--edition", "participants", "-o", f"{to}/"]) == 0
    theirs = {file.relative_to(to): file.read_bytes() for file in to.rglob("*") if file.is_file()}
    assert theirs == {
        file.relative_to(folder): file.read_bytes() for file in (folder / "participants").iterdir() if file.is_file()
    }


@pytest.fixture
def small(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What to type for the exercise of a small estate, but for where it is written."""
    estate = tmp_path_factory.mktemp("small") / "estate.yaml"
    estate.write_text(f"blastradius: 1\n{HOSTILE}", "utf-8")
    return ["exercise", str(estate), "--compromise", "p", "--assume", "lateral"]


def test_a_folder_with_something_in_it_is_left_as_it_is(
    small: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("by hand")
    assert main([*small, "-o", f"{tmp_path}/"]) == 2
    assert "there is something in it; name a folder that is not there yet" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_without_what_prints_the_rest_is_written_and_that_is_said(
    small: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "typst", None)
    assert main([*small, "-o", f"{tmp_path / 'pack'}/"]) == 0
    assert "not written: pdf: pdf needs typst" in capsys.readouterr().err
    assert list((tmp_path / "pack").rglob("*.pdf")) == []
    assert len(list((tmp_path / "pack").rglob("*.html"))) == 3


HOSTILE = """\
parties: {p: {name: "=cmd()", holds: k, owner: "@a](http://x)"}, us: {role: self, owns: s2}}
credentials: {k: {name: "<script>alert(1)</script>", grants: o}}
operations: {o: {name: "a|b", writes: d}}
stores: {d: {name: "+1\\u202e", crown_jewel: true, seen_by: [{signal: "=HYPERLINK(\\"x\\")", who: "-2"}]}}
services: {s2: {reads: [{to: d, dependency: hard}]}}
"""


def test_hostile_names_are_data_in_every_file(small: list[str], tmp_path: Path) -> None:
    assert main([*small, "-o", f"{tmp_path / 'pack'}/"]) == 0
    for file in (tmp_path / "pack").rglob("*"):
        if file.suffix == ".csv":
            assert not re.search(r'(^|,)"?[=+@-]', file.read_text("utf-8"), re.MULTILINE)
        elif file.suffix in (".html", ".svg", ".md"):
            assert "<script" not in file.read_text("utf-8")
            assert "\u202e" not in file.read_text("utf-8")
    polls = json.loads((tmp_path / "pack" / "facilitator" / "msel.t3sf.json").read_text())
    assert {len(row["Poll"].split(" | ")) for row in polls if row["Poll"]} <= {1, 2, 3}


@pytest.mark.parametrize(
    "text", ["parties: {p: {}}\n", "parties: {p: {holds: k}}\ncredentials: {k: {grants: o}}\noperations: {o: {}}\n"]
)
def test_where_next_to_nothing_is_reached_there_is_a_pack_still(text: str, tmp_path: Path) -> None:
    answer = br.exercise(written(text), compromise="p").answer
    assert answer.packed is not None
    assert set(answer.packed().documents) == {
        "facilitator/facilitator",
        "facilitator/evaluator",
        "participants/participants",
    }
