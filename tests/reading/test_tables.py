"""CSV and TSV: what a table is, where its cells stand, and what is decided about the odd ones."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.errors import InputError
from blastradius.reading import Sheet, parse_document, read_document

CELLS = st.text(st.sampled_from('ab"\n\r,;\t| é='), max_size=6)


def sheet(text: str, suffix: str = ".csv") -> Sheet:
    data = parse_document(text, "x", suffix).data
    assert isinstance(data, Sheet)
    return data


@given(st.integers(1, 5).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=6)))
def test_what_csv_writes_is_read_back(rows: list[list[str]]) -> None:
    width = len(rows[0]) if rows else 1
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, delimiter="\t").writerows([[f"c{i}" for i in range(width)], *rows])
    read = sheet(out.getvalue(), ".tsv")
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    assert [list(row.values()) for row in read] == filled
    for number, row in enumerate(filled):
        for column, cell in enumerate(row):
            line, at = read.position(number, f"c{column}")
            rest = "".join(io.StringIO(out.getvalue(), newline="").readlines()[line - 1 :])
            assert rest[at - 1 :].startswith('"' + cell.replace('"', '""') + '"')


@given(st.text('ab",;\t|\n\r\0=', max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read = sheet(text)
    except InputError:
        return
    assert len(read) + len(read.bad) == max(0, len(read.grid) - len(read.above) - 1)


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2\n2,5;3\n", ";"),
        ("a\tb\n1,2\t3,4\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ("a,b\nx|y|z,1\nx|y|z,2\n", ","),
        ("sep=;\na;b\n1,2;3\n", ";"),
        ('a,b\n"",";;;"\n"\n",";;;"\n', ","),
        ('"a;x",b\n"1;2",3\n', ","),
    ],
)
def test_the_delimiter_is_found(text: str, delimiter: str) -> None:
    head = text.removeprefix("sep=;\n").splitlines()[0]
    assert sheet(text).columns == tuple(next(csv.reader([head], delimiter=delimiter)))


def test_titles_above_the_header_and_empty_rows() -> None:
    read = sheet("Vendors,,\nas of 2024,,\n\nname,owner,data\n\nAcme,Jo,mail\n,,\n")
    assert read == [{"name": "Acme", "owner": "Jo", "data": "mail"}]
    assert [row.cells[0] for row in read.above] == ["Vendors", "as of 2024"]
    assert (read.position(), read.position(0), read.position(0, "data")) == ((4, 1), (6, 1), (6, 9))


def test_another_row_as_header() -> None:
    read = sheet("a,b\nc,d\n1,2\n")
    under = read.under(2)
    assert under == [{"c": "1", "d": "2"}]
    assert read.under(9) is None


def test_names_that_are_missing_or_there_twice() -> None:
    read = sheet("id,,id,\n1,2,3,\n")
    assert read.columns == ("id (column A)", "(column B)", "id (column C)")
    assert read.repeated == ("id",)


def test_rows_that_do_not_fit_are_said() -> None:
    read = sheet("a,b\n1\n1,2,3\n1,2,,\n1,\x00\n")
    assert [row.line for row in read.bad] == [2, 3, 5]
    assert read == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('a,b\n1,"x\n2,y\n', "x:2:3: a quote opens here that is not closed"),
        ('a,b\n1,"x"y\n', "x:2:3: text after a closing quote"),
        ("a,b\n1," + "x" * 200_000, "x:2:1: a cell of more than 131,072 characters"),
    ],
)
def test_refused_with_a_place(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        sheet(text)


def test_encodings(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        (tmp_path / "a.csv").write_bytes("id,name\n1,Müller\n".encode(encoding))
        assert read_document(tmp_path / "a.csv").data == [{"id": "1", "name": "Müller"}]
    (tmp_path / "a.csv").write_bytes("id,name\n1,Müller\n".encode("cp1252"))
    with pytest.raises(InputError, match=r"a.csv:2:4: not utf-8 text \(as Windows-1252 the character would be 'ü'\)"):
        read_document(tmp_path / "a.csv")


def test_the_csv_spectrum(shared: Path) -> None:
    folder = shared / "badinput" / "csv-spectrum"
    for file in sorted(folder.glob("csvs/*.csv")):
        expected = json.loads((folder / "json" / f"{file.stem}.json").read_text(encoding="utf-8"))
        read = read_document(file).data
        if isinstance(expected, list):
            assert read == expected, file.name
        else:
            assert read.columns == tuple(expected), file.name


def test_generated_tables(shared: Path) -> None:
    found: dict[str, object] = {}
    for file in sorted((shared / "badinput" / "generated").glob("csv_*.csv")):
        try:
            read = read_document(file, shown=file.name).data
            found[file.stem] = (len(read), len(read.bad), read.columns)
        except InputError as error:
            found[file.stem] = str(error).split(": ")[0]
    two = ("id", "name")
    assert found == {
        "csv_bom": (1, 0, two),
        "csv_dup_header": (1, 0, ("id (column A)", "id (column B)")),
        "csv_field_200k": "csv_field_200k.csv:2:1",
        "csv_formula": (2, 0, two),
        "csv_latin1": "csv_latin1.csv:2:4",
        "csv_nul": (0, 1, two),
        "csv_ragged": (0, 2, two),
        "csv_unclosed_quote": "csv_unclosed_quote.csv:2:3",
        "csv_utf16": (1, 0, two),
    }


def test_a_delimiter_inside_quoted_cells_is_none() -> None:
    text = '"w","x","y","z"\n"","\t1","\n\t2","\n\t3"\n'
    assert parse_document(text, "t.csv", ".csv").data == [{"w": "", "x": "\t1", "y": "\n\t2", "z": "\n\t3"}]
