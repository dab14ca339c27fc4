"""Our readers against the parsing libraries underneath: ``python benchmarks/loading.py FOLDER [--json]``.

Reading is the file as data with places, limits and refusals; loading adds the facts. Ratios of processor time, taken
in the same run, are what counts.
"""

from __future__ import annotations

import argparse
import csv
import gc
import io
import json
import resource
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import python_calamine
import yaml
from defusedxml import ElementTree

from blastradius import plugins
from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.loading import survey
from blastradius.reading import read_document, uncollected

WANTED = 1.5
LARGE = 100_000


def main() -> None:
    """Measure, and print a table or with ``--json`` one object."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path, help="a folder of files to load")
    parser.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")
    stated = parser.parse_args()
    with tempfile.TemporaryDirectory() as made, uncollected():
        plugins.loaders()
        whole = all_of(stated.folder)
        files = [file for file in sorted(stated.folder.rglob("*")) if file.is_file() and file.stat().st_size > LARGE]
        rows = [row for each in [*files, *tables(Path(made))] if (row := row_of(each))]
    found = {"whole": whole, "files": sorted(rows, key=lambda each: -each["reading"])}
    print(json.dumps(found, indent=2) if stated.json else "\n".join(told(found)))


def all_of(folder: Path) -> dict[str, float]:
    """Every file of the folder on its own, then all that load as one estate."""
    parts: list[Loaded] = []
    refused, start = 0, time.perf_counter()
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    for file in files:
        try:
            parts += [part.loaded for part in survey([file]).whole()]
        except InputError:
            refused += 1
    loaded = time.perf_counter()
    estate = Estate.build(parts)
    return {
        "files": len(files),
        "refused": refused,
        "megabytes": sum(file.stat().st_size for file in files) / 1e6,
        "relations": len(estate.relations),
        "seconds to load": loaded - start,
        "seconds to build": time.perf_counter() - loaded,
        "peak megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        * (1 if sys.platform == "darwin" else 1024)
        / 1e6,
    }


def row_of(file: Path) -> dict[str, Any] | None:
    """Seconds of the parser, and how many times that reading and loading take; ``None`` for what is not read."""
    library, parse = parser_of(file)
    try:
        document = read_document(file)
    except InputError:
        return None
    found = next((loader for loader in plugins.loaders().values() if loader.recognises(document.data)), None)
    parsing, reading = median(parse), median(lambda: read_document(file))
    row = {
        "file": file.name,
        "megabytes": file.stat().st_size / 1e6,
        "library": library,
        "seconds": parsing,
        "reading": reading / parsing,
    }
    if found:
        with suppress(InputError):
            row |= {"loader": found.name, "loading": median(lambda: found.load(read_document(file), {})) / parsing}
    return row


def parser_of(file: Path) -> tuple[str, Callable[[], Any]]:
    """The library underneath, and how a plain user of it would read the file."""

    def text() -> str:
        raw = file.read_bytes()
        return raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")

    match file.suffix:
        case ".yaml" | ".yml":
            return "yaml", lambda: list(yaml.compose_all(text(), Loader=yaml.CLoader))
        case ".csv" | ".tsv":
            return "csv", lambda: list(csv.DictReader(io.StringIO(text(), newline="")))
        case ".xml":
            return "defusedxml", lambda: ElementTree.fromstring(file.read_bytes(), forbid_dtd=True)
        case ".xlsx":
            return "calamine", lambda: [sheet.to_python() for sheet in _sheets(file)]
        case ".zip":
            return "zipfile", lambda: [json.loads(entry) for entry in _entries(file)]
        case ".log" | ".md" | ".txt":
            return "str", lambda: text().splitlines()
    return "json", lambda: json.loads(text())


def _sheets(file: Path) -> Iterator[Any]:
    book = python_calamine.load_workbook(file)
    return (book.get_sheet_by_name(sheet_name) for sheet_name in book.sheet_names)


def _entries(file: Path) -> Iterator[bytes]:
    with zipfile.ZipFile(file) as archive:
        yield from (archive.read(each) for each in archive.namelist() if each.endswith(".json"))


def tables(folder: Path) -> Iterator[Path]:
    """Large tables and XML, which few have to share: made here, the same each time."""
    rows = [[f"vendor {number}", f"service {number % 97}", str(number), "2027-01-31"] for number in range(20_000)]
    with (folder / "made.csv").open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([["Vendor", "Service", "Records", "Ends"], *rows])
    elements = "".join(f'<row id="{row[2]}"><vendor>{row[0]}</vendor><ends>{row[3]}</ends></row>' for row in rows)
    (folder / "made.xml").write_text(f"<rows>{elements}</rows>", encoding="utf-8")
    _workbook(folder / "made.xlsx", rows)
    yield from (folder / f"made.{suffix}" for suffix in ("csv", "xml", "xlsx"))


def _workbook(file: Path, rows: list[list[str]]) -> None:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    cells = "".join(f'<row r="{number}">{_cells(row, number)}</row>' for number, row in enumerate(rows, 1))
    sheet = '<sheet name="Vendors" sheetId="1" r:id="rId1"/>'
    link = f'<Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
    root = f'<Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/>'
    types = '<Default Extension="xml" ContentType="application/xml"/>'
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types">{types}</Types>')
        out.writestr("_rels/.rels", f'<Relationships xmlns="{package}/relationships">{root}</Relationships>')
        out.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{sheet}</sheets></workbook>'
        )
        out.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}/relationships">{link}</Relationships>'
        )
        out.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>'
        )


def _cells(row: list[str], number: int) -> str:
    named = zip("ABCD", row, strict=True)
    return "".join(f'<c r="{letter}{number}" t="inlineStr"><is><t>{text}</t></is></c>' for letter, text in named)


def median(work: Callable[[], Any], times: int = 5) -> float:
    """The median of the seconds of processor time that some work takes; what it leaves is collected in between."""
    found = []
    for _ in range(times):
        gc.collect()
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return statistics.median(found)


def told(found: dict[str, Any]) -> Iterator[str]:
    """The table."""
    yield f"{'file':44} {'MB':>6} {'library':>10} {'seconds':>8} {'reading':>8} {'loading':>8}  loader"
    for file in found["files"]:
        loading = f"{file['loading']:7.1f}x" if "loading" in file else " " * 8
        says = f"{file['file'][:44]:44} {file['megabytes']:6.2f} {file['library']:>10} {file['seconds']:8.4f} "
        yield f"{says}{file['reading']:7.2f}x {loading}  {file.get('loader', '')}"
    over = sum(file["reading"] > WANTED for file in found["files"])
    yield f"reading takes more than {WANTED} times its library in {over} of {len(found['files'])} files"
    whole = found["whole"]
    yield ", ".join(
        f"{name} {value:,.1f}" if isinstance(value, float) else f"{name} {value:,}" for name, value in whole.items()
    )


if __name__ == "__main__":
    main()
