"""Several YAML documents, XML, archives, spreadsheets and plain text."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from blastradius.errors import InputError
from blastradius.reading import Archive, Documents, Lines, Sheet, Unvalued, Workbook, parse_document, read_document
from tests.reading.spreadsheets import MAIN, OFFICE, write_xlsx


def zipped(path: Path, entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


# YAML


def test_several_documents_and_the_empty_ones_left_out() -> None:
    document = parse_document("---\n---\na: 1\n---\n# nothing\n---\n- b: 2\n---\n", "x.yaml")
    assert isinstance(document.data, Documents)
    assert document.data == [{"a": "1"}, [{"b": "2"}]]
    assert (document.position(0, "a"), document.position(1, 0, "b"), document.position(7)) == ((3, 1), (7, 3), (3, 1))


@pytest.mark.parametrize("text", ["---\na: 1\n---\n", "a: 1\n---\n---\n# x\n", "---\n---\na: 1\n...\n"])
def test_one_document_stays_as_it_is(text: str) -> None:
    document = parse_document(text, "x.yaml")
    assert document.data == {"a": "1"}
    assert document.position("a")[1] == 1


def test_a_key_twice_in_one_document_only() -> None:
    assert parse_document("a: 1\n---\na: 2\n", "x.yaml").data == [{"a": "1"}, {"a": "2"}]
    with pytest.raises(InputError, match=r"x.yaml:4:1: key 'a' is there already at 3:1"):
        parse_document("a: 1\n---\na: 2\na: 3\n", "x.yaml")


def test_aliases_count_over_all_documents() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b]\n---\n"
    with pytest.raises(InputError, match="aliases repeat more than"):
        parse_document(bomb * 20, "x.yaml")


# XML


def test_elements_and_their_places() -> None:
    text = '<?xml version="1.0"?>\n<a xmlns="u" xmlns:p="v">\n  t1 <b k="1" p:k="2"/> t2\n  <p:c>x</p:c>\n</a>'
    document = parse_document(text, "x", ".xml")
    first = {"tag": "b", "namespace": "u", "attributes": {"k": "1", "{v}k": "2"}, "text": "", "children": []}
    second = {"tag": "c", "namespace": "v", "attributes": {}, "text": "x", "children": []}
    text_inside = document.data.pop("text")
    assert document.data == {"tag": "a", "namespace": "u", "attributes": {}, "children": [first, second]}
    assert text_inside.split() == ["t1", "t2"]
    assert [document.position("children", i, "attributes", "k") for i in (0, 1, 2)] == [(3, 6), (4, 3), (2, 1)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<a><b></a>", "x:1:9: not XML: mismatched tag"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "x:1:13: a document type declaration"),
        ("<a>&undeclared;</a>", "x:1:4: not XML: undefined entity"),
        ("<a>" * 201, "x:1:601: nested deeper than 200 levels"),
        ("", "x:1:1: not XML: no element found"),
        ("<a b='1' b='2'/>", "x:1:10: not XML: duplicate attribute"),
    ],
)
def test_xml_refused_with_a_place(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        parse_document(text, "x", ".xml")


def test_xml_in_the_encoding_it_declares(tmp_path: Path) -> None:
    text = "<?xml version='1.0' encoding='{}'?><a>é</a>"
    for encoding in ("utf-8", "utf-16", "iso-8859-1", "windows-1252"):
        (tmp_path / "a.xml").write_bytes(text.format(encoding).encode(encoding))
        assert read_document(tmp_path / "a.xml").data["text"] == "é"
    (tmp_path / "a.xml").write_bytes(text.format("klingon").encode())
    with pytest.raises(InputError, match=r"a.xml:1:.*unknown encoding"):
        read_document(tmp_path / "a.xml")


@pytest.mark.parametrize("text", ["<!DOCTYPE html><p>x", "\n<!-- saved -->\n<HTML><body>"])
def test_a_page_of_html_is_refused_as_one(text: str) -> None:
    with pytest.raises(InputError, match="a page of HTML; save its table as CSV"):
        parse_document(text, "x.html", ".html")


def test_hostile_xml_is_refused(shared: Path) -> None:
    files = [*(shared / "badinput/defusedxml-xml").rglob("*.xml"), *(shared / "badinput/generated").glob("*.xml")]
    read, said = [], set()
    for file in files:
        try:
            read_document(file)
            read.append(file.name)
        except InputError as error:
            said.add(str(error).split(": ")[1].split(";")[0])
    assert said == {"a document type declaration"}
    assert (len(files), sorted(read)) == (12, ["simple-ns.xml", "simple.xml"])


# archives


def test_an_archive_is_read_entry_by_entry(tmp_path: Path) -> None:
    content = {
        "in/a.json": b'{"x":\n 1}',
        "in/b.csv": b"c,d\n1,2\n",
        "in/bad.json": b"{",
        "__MACOSX/x": b"",
        "in/": b"",
    }
    document = read_document(zipped(tmp_path / "a.zip", content), shown="a.zip")
    assert isinstance(document.data, Archive)
    assert list(document.data) == ["in/a.json", "in/b.csv", "in/bad.json"]
    entry = document.data["in/a.json"]
    assert (entry.path, entry.data, entry.position("x")) == ("a.zip/in/a.json", {"x": 1}, (1, 2))
    assert document.position("in/b.csv", 0, "d") == (2, 3)
    assert entry.sibling("b.csv").data == [{"c": "1", "d": "2"}]
    assert entry.sibling("../in/b.csv") is document.data["in/b.csv"]
    with pytest.raises(InputError, match=r"a.zip/in/bad.json:1:2: not JSON"):
        document.data["in/bad.json"]
    for name in ("../../a.json", "/etc/passwd", "x.json", "http://a/b"):
        with pytest.raises(InputError, match="is not a file in the archive"):
            entry.sibling(name)


def _link(path: Path) -> None:
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, "/etc/passwd")


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ({"../a.json": b"{}"}, "'../a.json' inside, a name that leads outside"),
        ({"/a.json": b"{}"}, "leads outside"),
        ({"a\\b.json": b"{}"}, "leads outside"),
        ({"C:a.json": b"{}"}, "leads outside"),
        ({"a\x1b.json": b"{}"}, "leads outside or is none"),
        ({"a.json": b"0" * 3_000_000}, "packed more than 300:1"),
        ({f"{i}": b"" for i in range(10_001)}, "more than 10,000 files"),
    ],
)
def test_archives_that_are_not_opened(tmp_path: Path, entries: dict[str, bytes], says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_document(zipped(tmp_path / "a.zip", entries))


def test_more_archives_that_are_not_opened(tmp_path: Path) -> None:
    _link(tmp_path / "l.zip")
    with pytest.raises(InputError, match="'link' inside, a link"):
        read_document(tmp_path / "l.zip")
    whole = zipped(tmp_path / "a.zip", {"a.json": b'{"a": 1}' * 100, "b.json": b"{}"}).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[:-30])
    with pytest.raises(InputError, match="not a zip archive that can be read"):
        read_document(tmp_path / "cut.zip")
    (tmp_path / "b.zip").write_bytes(whole.replace(b"a.json", b"b.json"))
    with pytest.raises(InputError, match="two files of one name"):
        read_document(tmp_path / "b.zip")
    zipped(tmp_path / "outer.zip", {"inner.zip": whole})
    with pytest.raises(InputError, match="an archive inside an archive"):
        read_document(tmp_path / "outer.zip").data["inner.zip"]


# tar archives packed with gzip


def tarred(path: Path, entries: dict[str, bytes], *more: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in more:
            archive.addfile(info)
    return path


def _other(name: str, kind: bytes, to: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info


def test_a_tar_archive_is_read_as_a_zip_archive_is(tmp_path: Path) -> None:
    content = {"in/a.json": b'{"x": 1}', "in/b.yaml": b"y: 2", "bad.json": b"{x"}
    document = read_document(tarred(tmp_path / "a.tar.gz", content, _other("in", tarfile.DIRTYPE)), shown="a.tgz")
    assert isinstance(document.data, Archive)
    assert set(document.data) == set(content)
    entry = document.data["in/a.json"]
    assert (entry.path, entry.data, entry.position("x")) == ("a.tgz/in/a.json", {"x": 1}, (1, 2))
    assert entry.sibling("b.yaml").data == {"y": "2"}
    with pytest.raises(InputError, match="is not a file in the archive"):
        entry.sibling("../../a.json")
    with pytest.raises(InputError, match=r"a.tgz/bad.json:1:2: not JSON"):
        document.data["bad.json"]


@pytest.mark.parametrize(
    ("entries", "more", "says"),
    [
        ({"../a.json": b"{}"}, (), "'../a.json' inside, a name that leads outside"),
        ({"/a.json": b"{}"}, (), "leads outside"),
        ({"a\\b.json": b"{}"}, (), "leads outside"),
        ({"a\x1b.json": b"{}"}, (), "leads outside or is none"),
        ({}, (_other("l", tarfile.SYMTYPE, "/etc/passwd"),), "'l' inside, a link or a device"),
        ({}, (_other("l", tarfile.LNKTYPE, "a"),), "a link or a device"),
        ({}, (_other("l", tarfile.CHRTYPE),), "a link or a device"),
        ({"a": b"", "./a": b""}, (_other("a", tarfile.REGTYPE),), "two files of one name"),
        ({"a.json": b"0" * 3_000_000}, (), "more than 300:1, as bombs are"),
        ({f"{i}": b"" for i in range(10_001)}, (), "more than 10,000 files"),
    ],
)
def test_tar_archives_that_are_not_opened(
    tmp_path: Path, entries: dict[str, bytes], more: tuple[tarfile.TarInfo, ...], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        read_document(tarred(tmp_path / "a.tar.gz", entries, *more))


def test_tar_archives_that_are_damaged(tmp_path: Path) -> None:
    whole = tarred(tmp_path / "a.tgz", {"a.json": b'{"a": 1}' * 100}).read_bytes()
    plain = gzip.decompress(whole)
    for content, says in (
        (whole[:-20], "its end missing"),
        (whole + whole, "more after it"),
        (b"\x1f\x8b\x08rest", "packed with gzip, and damaged"),
        (gzip.compress(b"{}"), "no whole tar archive inside; unpack it first"),
        (gzip.compress(plain[:700]), "no whole tar archive inside"),
    ):
        (tmp_path / "b.tgz").write_bytes(content)
        with pytest.raises(InputError, match=says):
            read_document(tmp_path / "b.tgz")
    tarred(tmp_path / "outer.tgz", {"inner.tgz": whole})
    with pytest.raises(InputError, match="packed with gzip inside an archive"):
        read_document(tmp_path / "outer.tgz").data["inner.tgz"]


def test_what_a_file_is_not(tmp_path: Path) -> None:
    for name, content, says in (
        ("a.zip", b"{}", "not a zip file by its content"),
        ("a.xlsx", b"a,b\n", "not a xlsx file by its content"),
        ("a.json", b"\x1f\x8b\x08rest", "packed with gzip"),
        ("a.csv", b"\xd0\xcf\x11\xe0rest", "an old or encrypted Office file"),
        ("a.yaml", b"%PDF-1.7", "a PDF"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=says):
            read_document(tmp_path / name)


# spreadsheets


@pytest.mark.parametrize("name", ["register.xlsx", "exports.zip"])
def test_a_file_with_nothing_in_it_is_empty(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(InputError, match=rf"{name}: the file is empty \(0 bytes\); save or export it again"):
        read_document(tmp_path / name)


def test_a_workbook(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["Our vendors"],
        [],
        ["Name", "Records", "Live", "Share"],
        ["Acme", 5, True, 0.5],
        [None, 1200000, False, 2.0],
    ]
    document = read_document(write_xlsx(tmp_path / "v.xlsx", {"Vendors": rows, "Empty": []}, merged=["A4:A5"]))
    assert isinstance(document.data, Workbook)
    assert document.data["Vendors"] == [
        {"Name": "Acme", "Records": "5", "Live": "true", "Share": "0.5"},
        {"Name": "Acme", "Records": "1200000", "Live": "false", "Share": "2"},
    ]
    assert document.data["Empty"] == []
    assert document.position("Vendors", 1, "Live") == (5, 3)
    assert document.position("Vendors") == (3, 1)


def _formulas(tmp_path: Path, rows: str, book: str = "") -> Sheet:
    names = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in ("Name", "Of"))
    head = f'<row r="1">{names}</row>'
    parts = {"xl/worksheets/sheet1.xml": f"<worksheet xmlns='{MAIN}'><sheetData>{head}{rows}</sheetData></worksheet>"}
    if book:
        links = f'<sheets><sheet name="A &amp; B" sheetId="1" xmlns:r="{OFFICE}" r:id="r1"/></sheets>'
        parts["xl/workbook.xml"] = f'<workbook xmlns="{MAIN}">{links}{book}</workbook>'
    (sheet,) = read_document(write_xlsx(tmp_path / "v.xlsx", {"A & B": []}, **parts)).data.values()
    assert isinstance(sheet, Sheet)
    return sheet


@pytest.mark.parametrize(
    ("cell", "book", "valued"),
    [
        ('<c r="B2"><f>A1&amp;"x"</f><v /></c>', "", False),
        ('<c r="B2"><f>A1</f><v></v></c>', "", False),
        ('<c r="B2"><f t="shared" si="0"/></c>', "", False),
        ("<c><f>A1</f></c>", "", False),
        ('<c r="B2" t="e"><f>A1</f><v>#REF!</v></c>', "", False),
        ('<c r="B2"><f>A1</f><v>0</v></c>', '<calcPr fullCalcOnLoad="1"/>', False),
        ('<c r="B2"><f>A1</f><v>0</v></c>', "", True),
        ('<c r="B2"><f>A1</f><v>7</v></c>', '<calcPr fullCalcOnLoad="1"/>', True),
        ('<c r="B2" t="str"><f>A1</f><v></v></c>', "", True),
        ('<c r="B2" t="str"><f>A1</f><v>Acme</v></c>', "", True),
        ('<c r="B2"><v /></c>', "", True),
    ],
)
def test_a_formula_without_a_value_is_no_empty_cell(tmp_path: Path, cell: str, book: str, valued: bool) -> None:
    name = '<c r="A2" t="inlineStr"><is><t>x</t></is></c>'
    ((_, found),) = (row.values() for row in _formulas(tmp_path, f'<row r="2">{name}{cell}</row>', book))
    assert isinstance(found, Unvalued) is not valued


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"xl/sharedStrings.xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><sst/>"}, "a document type declaration"),
        ({"xl/worksheets/sheet1.xml": f"<worksheet xmlns='{MAIN}'><sheetData><row>"}, "not a spreadsheet that can be"),
        (
            {"xl/worksheets/sheet1.xml": "<worksheet><sheetData><c r='XFD1048576'/></sheetData></worksheet>"},
            "its cells reach to XFD1048576",
        ),
    ],
)
def test_workbooks_that_are_not_opened(tmp_path: Path, parts: dict[str, str], says: str) -> None:
    pytest.importorskip("python_calamine")
    with pytest.raises(InputError, match=says):
        read_document(write_xlsx(tmp_path / "v.xlsx", {"V": [["a"]]}, **parts))


def test_without_the_library_the_message_says_what_to_install(tmp_path: Path) -> None:
    file = write_xlsx(tmp_path / "v.xlsx", {"V": [["a"]]})
    code = "import sys; sys.modules['python_calamine'] = None; from blastradius.reading import read_document as r; "
    done = subprocess.run(
        [sys.executable, "-c", f"{code}r({str(file)!r})"], capture_output=True, text=True, check=False
    )
    assert "pip install 'partner-blastradius[xlsx]'" in done.stderr


def test_hostile_workbooks_are_refused(shared: Path) -> None:
    pytest.importorskip("python_calamine")
    folder = shared / "badinput"
    files = [*folder.glob("poi-xlsx/test-data/*/*.xlsx"), *folder.glob("generated/*.xlsx")]
    read = []
    for file in files:
        try:
            read_document(file)
            read.append(file.name)
        except InputError:
            continue
    assert (len(files), read) == (25, ["xxe_in_schema.xlsx"])


# plain text


def test_plain_text_is_lines() -> None:
    document = parse_document("a\r\n\nb", "x", ".md")
    assert isinstance(document.data, Lines)
    assert document.data == ["a", "", "b"]
    assert document.position(2) == (3, 1)
