"""Where an answer goes: the ending of a file says the format, csv is one table, and no picture costs an answer."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from blastradius.cli import main
from blastradius.render import draw

ESTATE = """
blastradius: 1
parties: {acme: {name: Acme Logistics, owns: [{to: printers}]}, other: }
services: {printers: {name: Label printers, reads: [db]}}
credentials: {spare: }
stores: {db: {name: Labels, crown_jewel: true}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "e.yaml").write_text(ESTATE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


REACH = ("reach", "e.yaml", "--compromise", "acme")


@pytest.mark.parametrize(
    ("ending", "begins"),
    [
        ("json", "{\n"),
        ("csv", "level,"),
        ("md", "**"),
        ("markdown", "**"),
        ("html", "<!doctype html>"),
        ("HTM", "<!doctype html>"),
        ("txt", "compromise of Acme Logistics"),
    ],
)
def test_the_ending_says_the_format(ending: str, begins: str, folder: Path) -> None:
    assert main([*REACH, "-o", f"a.{ending}"]) == 0
    assert (folder / f"a.{ending}").read_text(encoding="utf-8").startswith(begins)


def test_a_file_of_no_ending_is_text_unless_a_format_is_named(folder: Path) -> None:
    assert main([*REACH, "-o", "answer"]) == 0
    assert (folder / "answer").read_text(encoding="utf-8").startswith("compromise of Acme Logistics")
    assert main([*REACH, "-o", "answer", "--format", "json"]) == 0
    assert json.loads((folder / "answer").read_text())["question"] == "reach"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["-o", "a.json", "--format", "csv"], "a.json: its ending says json, and --format says csv; leave out one"),
        (["-o", "a.sarif"], "a.sarif: SARIF is written beside the answer; name the file with --sarif"),
        (["-o", "a.ods"], "a.ods: the ending .ods is that of no format; use one of .json, .csv"),
        (["-o", "a.svg"], "a.svg: a picture; write it with --draw"),
        (["-o", "all/", "--format", "json"], "all/: a folder takes all tables as csv"),
        (["-o", "all/", "--table", "reached"], "all/: a folder takes all tables as csv"),
        (["--table", "reached", "--format", "json"], "--table: json is the whole answer"),
        (["--table", "reachd"], "table reachd: this answer has reached, stopped, relies_on; did you mean 'reached'?"),
        (["--draw", "a.gif"], "a.gif: pictures are .svg, .dot, .png, .pdf"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    options: list[str], says: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*REACH, *options]) == 2
    shown = capsys.readouterr()
    assert says in shown.err
    assert shown.out == ""
    assert [file.name for file in folder.iterdir()] == ["e.yaml"]


def test_csv_is_one_table_the_main_one_unless_another_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def rows(*options: str) -> list[list[str]]:
        assert main([*REACH, "--format", "csv", *options]) == 0
        return list(csv.reader(capsys.readouterr().out.splitlines()))

    main_table = rows()
    assert main_table[0][0] == "level"
    assert {len(row) for row in main_table} == {len(main_table[0])}
    assert "" not in main_table[0]
    assert rows("--table", "stopped")[0] != main_table[0]
    assert rows("--table", "reached") == main_table
    timed = ("--outage", "db", "--hours", "8")  # which adds a table before the main one
    assert rows(*timed)[0] == main_table[0]


def test_a_folder_takes_every_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*REACH, "-o", "all/"]) == 0
    assert main([*REACH, "-o", "all"]) == 0  # which is there now
    written = {file.name: file.read_text() for file in (folder / "all").iterdir()}
    assert written.keys() == {"reached.csv", "stopped.csv", "relies_on.csv"}
    assert f"wrote {Path('all') / 'reached.csv'}" in capsys.readouterr().err
    main([*REACH, "--format", "csv"])
    assert written["reached.csv"] == capsys.readouterr().out


def test_a_folder_that_cannot_be_made_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*REACH, "-o", "no/such/"]) == 2
    assert "such: cannot be made: No such file or directory" in capsys.readouterr().err


def test_an_answer_of_no_table_is_no_silence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["explain", "e.yaml", "--compromise", "other", "--entity", "db", "--format", "csv"]
    assert main(asked) == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("no table in this answer: nothing stated leads to Labels")


def test_check_writes_files_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "e.yaml", "-o", "check.json"]) == 1
    assert json.loads((folder / "check.json").read_text())["question"] == "check"
    assert main(["check", "e.yaml", "-o", "check.csv"]) == 1
    assert (folder / "check.csv").read_text().startswith("kind,finding,at")
    assert main(["check", "e.yaml", "--table", "sources", "--exit-zero"]) == 0
    assert "Findings" not in capsys.readouterr().out


def test_only_a_question_with_a_picture_offers_to_draw_it(capsys: pytest.CaptureFixture[str]) -> None:
    def offered(command: str, option: str) -> bool:
        assert main([command, "--help"]) == 0
        return option in capsys.readouterr().out

    assert {name: offered(name, "--draw") for name in ("reach", "explain", "exposure", "rank", "check")} == {
        "reach": True,
        "explain": True,
        "exposure": False,
        "rank": False,
        "check": False,
    }
    assert {name: offered(name, "--exit-zero") for name in ("verify", "grant", "check", "reach", "seen")} == {
        "verify": True,
        "grant": True,
        "check": True,
        "reach": False,
        "seen": False,
    }


def test_nothing_to_draw_costs_no_answer(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["explain", "e.yaml", "--compromise", "other", "--entity", "db", "--draw", "a.svg"]
    assert main(asked) == 4
    shown = capsys.readouterr()
    assert "nothing stated leads to Labels" in shown.out
    assert shown.err == "a.svg is not written: there is nothing to draw of this answer to explain\n"


def test_a_drawing_that_fails_costs_no_answer(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draw, "_CHILD", "raise SystemExit('no layout today')")
    assert main([*REACH, "--draw", "a.svg"]) == 4
    shown = capsys.readouterr()
    assert "compromise of Acme Logistics" in shown.out
    assert "no layout today" in shown.err
    assert main([*REACH, "-o", "a.html"]) == 0
    written = (folder / "a.html").read_text()
    assert "compromise of Acme Logistics" in written
    assert "the picture could not be drawn" in written
