"""The answer to ``check``: what is loose first, in full and with its place; every record accounted for last."""

from __future__ import annotations

from pathlib import Path

import pytest

from blastradius.answer import Answer, Table
from blastradius.loading import survey
from blastradius.loading.check_tables import tables
from blastradius.loading.checked_rows import CheckData, SourceRow
from blastradius.loading.checking import checked


def answer_of(tmp_path: Path, text: str, name: str = "e.yaml") -> tuple[Answer, bool]:
    (tmp_path / name).write_text(text)
    return checked(survey([tmp_path]))


def table(answer: Answer, name: str) -> Table:
    return next(table for table in answer.tables if table.id == name)


def test_findings_come_first_and_sources_last(tmp_path: Path) -> None:
    answer, whole = answer_of(tmp_path, "blastradius: 1\ncredentials: {k: {}}\n")
    assert whole
    assert [table.id for table in answer.tables] == ["findings", "sources"]
    assert answer.headline == "2 findings in 1 entity and 0 relations from 1 source"
    assert answer.lines == ("every record accounted for: 1 = 1 fact + 0 rejected + 0 ignored",)
    assert answer.notes == ()


def test_who_has_stated_nothing_yet_is_told_what_comes_next(tmp_path: Path) -> None:
    answer, whole = answer_of(tmp_path, "blastradius: 1\n")
    assert whole
    assert answer.lines[1].startswith("nothing is stated yet: say in an estate file which third parties there are")
    _, *others = answer_of(tmp_path, "blastradius: 1\nparties: {a: }\n")[0].lines
    assert others == []


def test_of_what_cannot_be_read_it_is_not_said_that_nothing_was_found(tmp_path: Path) -> None:
    answer, whole = answer_of(tmp_path, "blastradius: 1\nparties:\n  a: {hold: [k]}\n")
    assert not whole
    assert [table.id for table in answer.tables] == ["problems"]
    assert answer.lines == ()


def test_a_finding_has_its_file_line_and_column_as_fields(tmp_path: Path) -> None:
    answer, _ = answer_of(tmp_path, "blastradius: 1\ncredentials:\n  k: {}\n")
    assert isinstance(answer.data, CheckData)
    first = answer.data.findings[0]
    place = first.places[0]
    assert (Path(place.file).name, place.line, place.column, first.about) == ("e.yaml", 3, 3, ("k",))
    assert "e.yaml" not in first.message
    assert first.text.startswith(f"{place.text}: ")


def test_a_problem_has_its_place_as_fields_too(tmp_path: Path) -> None:
    answer, whole = answer_of(tmp_path, "blastradius: 1\nparties: [\n")
    assert not whole
    assert isinstance(answer.data, CheckData)
    (problem,) = answer.data.problems
    assert (problem.kind, Path(problem.places[0].file).name) == ("problem", "e.yaml")
    assert answer.headline == "no whole estate: 1 problem"
    assert answer.tables[0].id == "problems"


@pytest.mark.parametrize(
    "things",
    [
        "stores: {one: {name: Orders}}\nservices: {two: {name: Orders}}",
        "parties: {one: {name: Orders}, two: {name: Orders}}",
        "parties: {one: {name: two}, two: {}}",
    ],
)
def test_two_things_of_one_name_are_a_finding_with_their_ids(tmp_path: Path, things: str) -> None:
    answer, _ = answer_of(tmp_path, f"blastradius: 1\n{things}\n")
    said = [str(row[1]) for row in table(answer, "findings").rows if "are called" in str(row[1])]
    assert len(said) == 1
    assert "'one'" in said[0]
    assert "'two'" in said[0]


def test_what_is_called_by_its_id_has_no_namesake(tmp_path: Path) -> None:
    answer, _ = answer_of(tmp_path, "blastradius: 1\nstores: {one: {name: Orders}, two: {}}\n")
    assert not [row for row in table(answer, "findings").rows if "are called" in str(row[1])]


def source(file: str) -> SourceRow:
    return SourceRow(
        file=file, loader="l", entities=0, relations=0, records=1, facts=1, rejected=0, ignored=0, by_class={}
    )


@pytest.mark.parametrize(
    ("files", "shown"),
    [
        (["e.yaml"], ["e.yaml"]),
        (["x/a.yaml", "y/b.yaml"], ["x/a.yaml", "y/b.yaml"]),
        (["/t/xa/a.yaml", "/t/xb/b.yaml"], ["xa/a.yaml", "xb/b.yaml"]),
        (["/t/a.yaml", "/t/x/b.yaml"], ["a.yaml", "x/b.yaml"]),
    ],
)
def test_the_folder_is_one_of_whole_names(files: list[str], shown: list[str]) -> None:
    data = CheckData(
        question="check",
        headline="",
        sources=tuple(map(source, files)),
        problems=(),
        unresolved=(),
        proposals=(),
        findings=(),
        notes=(),
        entities=0,
        relations=0,
        digest="",
    )
    sources = next(table for table in tables(data) if table.id == "sources")
    assert [row[0] for row in sources.brief or ()] == shown
    assert [row[0] for row in sources.rows] == files
