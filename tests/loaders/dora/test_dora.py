"""The DORA loader: a small register, the real sample, and what is refused."""

from __future__ import annotations

import csv
import importlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import NoteKind, Party, Process, Store, Verb
from blastradius.reading import Archive, parse_document, read_document
from blastradius.reading.archives import Entries
from tests.loaders.golden import facts

LOADER: Loader = importlib.import_module("blastradius.loaders.dora").LOADER
CASE = Path(__file__).parent / "cases" / "register"
REPORT = {"documentInfo": {"extends": ["http://www.eba.europa.eu/eu/fr/xbrl/crr/fws/dora/4.0/mod/dora.json"]}}


def package(path: Path, templates: dict[str, str], report: Any = REPORT, folder: str = "X_DORA/reports") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{folder}/report.json", json.dumps(report))
        for name, text in templates.items():
            archive.writestr(f"{folder}/{name}", text)
    return path


def load(path: Path) -> Loaded:
    document = read_document(path, shown=path.name)
    assert LOADER.recognises(document.data)
    return LOADER.load(document, {})


def test_a_package_says_the_same_as_its_files(tmp_path: Path) -> None:
    templates = {file.name.upper(): file.read_text() for file in CASE.glob("*.csv")}
    packed, unpacked = load(package(tmp_path / "r.zip", templates)), load(CASE / "input.json")
    assert facts(packed)["entities"] == facts(unpacked)["entities"]
    assert facts(packed)["relations"] == facts(unpacked)["relations"]
    assert Estate.build([packed, unpacked]).digest == Estate.build([unpacked]).digest
    assert str(packed.relations[0].provenance[0]) == "r.zip/X_DORA/reports/B_02.02.CSV:2:1"
    assert packed.as_of == "2026-03-31"


def test_the_real_sample(shared: Path) -> None:
    file = shared / "data" / "vendor_inventory" / "dora" / "dora-roi-4.0-xbrlcsv.zip"
    loaded = load(file)
    rows: dict[str, list[dict[str, str]]] = {}
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if "/b_" in name:
                rows[name[-11:-4]] = list(csv.DictReader(io.StringIO(archive.read(name).decode())))
    assert len(rows) == 15
    modelled = ("b_01.01", "b_01.02", "b_02.02", "b_05.01", "b_05.02", "b_06.01", "b_07.01")
    ended = [row for row in rows["b_02.02"] if row["c0080"] < "2024-12-31"]
    assert loaded.tally.facts == sum(len(rows[name]) for name in modelled) - len(ended) == 6
    assert loaded.tally.records == sum(map(len, rows.values())) == 15
    assert loaded.tally.rejected == 0
    (chain,) = rows["b_05.02"]
    assert {relation.id for relation in loaded.relations} == {f"relies_on:{chain['c0060']}>{chain['c0030']}"}
    assert "1 arrangement ended before 2024-12-31" in str(loaded.notes)
    assert sum(note.kind == NoteKind.UNRESOLVED for note in loaded.notes) == 1
    Estate.build([loaded])


@pytest.mark.parametrize("head", ["datapoint,ERI,factValue", "DataPoint,FactValue"])
def test_a_row_for_each_data_point_is_refused_with_what_to_do(head: str, tmp_path: Path) -> None:
    row = ",".join(["dp1", "r", "Quay Bank"][: head.count(",") + 1])
    with pytest.raises(InputError) as refused:
        load(package(tmp_path / "r.zip", {"b_01.01.csv": f"{head}\n{row}\n"}))
    (said,) = refused.value.problems
    assert said.startswith("r.zip/X_DORA/reports/b_01.01.csv:1:1: one row a data point")
    assert "convert" in said


def test_what_else_there_is_of_dora_is_refused(shared: Path) -> None:
    folder = shared / "data" / "vendor_inventory" / "dora"
    for name, says in (
        ("dora-module-4.0.json", "the definition of the DORA tables"),
        ("dora-roi-4.0.xbrl", "as xBRL-XML"),
    ):
        with pytest.raises(InputError, match=says):
            load(folder / name)


def test_another_version_or_two_registers_are_refused(tmp_path: Path) -> None:
    newer = {"documentInfo": {"extends": ["http://x/dora/5.0/mod/dora.json"]}}
    with pytest.raises(InputError, match=r"DORA module 5.0; read is 4.x"):
        load(package(tmp_path / "a.zip", {"b_01.01.csv": "c0010\nX\n"}, newer))
    with zipfile.ZipFile(package(tmp_path / "b.zip", {"b_01.01.csv": "c0010\nX\n"}), "a") as archive:
        archive.writestr("other/b_01.01.csv", "c0010\nY\n")
    with pytest.raises(InputError, match="an archive of 2 registers"):
        load(tmp_path / "b.zip")
    with pytest.raises(InputError, match="option 'x' is not known; this format takes none"):
        LOADER.load(read_document(CASE / "input.json"), {"x": 1})


def test_a_template_that_cannot_be_read_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a.zip/X_DORA/reports/b_01.01.csv:2:1: a quote opens here"):
        load(package(tmp_path / "a.zip", {"b_01.01.csv": 'c0010,c0020\n"X,y\n'}))


def test_a_column_that_is_missing_rejects_the_rows(tmp_path: Path) -> None:
    loaded = load(package(tmp_path / "a.zip", {"b_02.02.csv": "c0010,c0020\nC,E\nD,E\n"}))
    assert (loaded.tally.rejected, loaded.tally.facts) == (2, 0)
    assert "its template has no column c0030" in str(loaded.notes[0])


def test_the_most_sensitive_use_of_data_counts(tmp_path: Path) -> None:
    rows = [f"C,E,P,eba_TA:S17,F{n},eba_BT:x28,eba_ZZ:{code}" for n, code in enumerate(("x791", "x793", "x792", ""))]
    contracts = "\n".join(["c0010,c0020,c0030,c0060,c0050,c0140,c0170", *rows, ""])
    loaded = load(package(tmp_path / "a.zip", {"b_02.02.csv": contracts}))
    assert [entity.classification for entity in loaded.entities if isinstance(entity, Store)] == ["high"]
    assert not [note for note in loaded.notes if note.kind == NoteKind.CONTRADICTED]


def test_a_recovery_time_of_zero_is_none_at_all(tmp_path: Path) -> None:
    functions = "c0010,c0040,c0080\nF1,E,0\nF2,E,1\nF3,E,\n"
    loaded = load(package(tmp_path / "a.zip", {"b_06.01.csv": functions}))
    hours = {entity.id: entity.tolerance_h for entity in loaded.entities if isinstance(entity, Process)}
    assert hours == {"function:E/F1": None, "function:E/F2": 1, "function:E/F3": None}


def test_who_provides_within_the_group_is_still_ourselves(tmp_path: Path) -> None:
    templates = {"b_01.02.csv": "c0010,c0020\nE,Ours\n", "b_05.01.csv": "c0010,c0050\nE,Ours\nP,Theirs\n"}
    loaded = load(package(tmp_path / "a.zip", templates))
    assert {entity.id: entity.role for entity in loaded.entities if isinstance(entity, Party)} == {
        "E": "self",
        "P": "provider",
    }
    assert not loaded.notes


@pytest.mark.parametrize("value", [None, 1, "x", [], [1], {"extends": 1}, {"extends": ["/dora/"]}, {"extends": {}}])
def test_wrong_types_never_crash(value: Any, tmp_path: Path) -> None:
    for document in (
        {"documentInfo": value},
        {"code": "dora", "tables": value},
        {"tag": "xbrl", "children": value},
        {"tag": "xbrl", "children": [value]},
    ):
        parsed = parse_document(json.dumps(document), "report.json", ".json")
        LOADER.recognises(parsed.data)
        try:
            LOADER.load(parsed, {})
        except InputError:
            continue


CODES = st.sampled_from(
    ["", "X", "Y", "eba_TA:S17", "eba_BT:x28", "1", "2", "token=hunter2hunter2", "2026-01-01", "a\x1bb", "function:X/Y"]
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["b_02.02", "b_05.01", "b_05.02", "b_06.01", "b_07.01"]),
            st.lists(CODES, min_size=9, max_size=9),
        ),
        max_size=12,
    )
)
def test_any_cells_load_and_are_counted(rows: list[tuple[str, list[str]]]) -> None:
    columns = ["c0010", "c0020", "c0030", "c0040", "c0050", "c0060", "c0080", "c0140", "c0180"]
    templates: dict[str, str] = {}
    for name, cells in rows:
        templates.setdefault(f"{name}.csv", ",".join(columns) + "\n")
        templates[f"{name}.csv"] += ",".join(cells) + "\n"
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for name, text in templates.items():
            archive.writestr(name, text)
    entries = Entries(raw.getvalue(), "r.zip")
    whole = Archive(entries, lambda name, content: parse_document(content.decode(), f"r.zip/{name}", ".csv"))
    document = parse_document("", "r.zip")
    document.data = whole
    if not templates:
        return
    loaded = LOADER.load(document, {})
    filled = [cells for _, cells in rows if any(text.strip() for text in cells)]
    assert loaded.tally.records == len(filled)
    assert "hunter2" not in loaded.model_dump_json()
    Estate.build([loaded])


CONTRACTS = "c0010,c0020,c0030,c0050,c0060,c0080,c0140,c0180\n"


def test_what_is_not_applicable_is_no_function_and_no_party(tmp_path: Path) -> None:
    rows = "C-1,BANK,ACME,Not Applicable,eba_TA:S17,,,\nC-2,BANK,not applicable,F1,eba_TA:S17,,,\n"
    chain = "c0010,c0030,c0050,c0060\nC-1,ACME,1,Not Applicable\nC-1,PIPE,2,Not Applicable\n"
    loaded = load(package(tmp_path / "r.zip", {"b_02.02.csv": CONTRACTS + rows, "b_05.02.csv": chain}))
    assert {relation.id for relation in loaded.relations} == {"owns:ACME>service:C-1/ACME/S17"}
    assert {entity.id for entity in loaded.entities} == {"ACME", "PIPE", "service:C-1/ACME/S17"}
    assert (loaded.tally.facts, loaded.tally.rejected) == (3, 1)


def test_an_end_of_an_arrangement_that_is_no_date_is_told(tmp_path: Path) -> None:
    rows = "C-1,BANK,ACME,F1,eba_TA:S17,31/12/2020,,\nC-2,BANK,ACME,F1,eba_TA:S17,2020-12-31,,\n"
    loaded = load(package(tmp_path / "r.zip", {"b_02.02.csv": CONTRACTS + rows}))
    assert "the end '31/12/2020' of an arrangement is no date; taken as without an end" in str(loaded.notes)
    assert all(party.contract_end is None for party in loaded.entities if isinstance(party, Party))


@pytest.mark.parametrize(
    ("end", "over"), [("2024-12-30", True), ("2024-12-31", False), ("9999-12-31", False), ("31/12/2020", False)]
)
def test_an_arrangement_that_ended_before_the_reference_period_gives_nothing(
    end: str, over: bool, tmp_path: Path
) -> None:
    files = {
        "b_02.02.csv": f"{CONTRACTS}C-1,BANK,ACME,F1,eba_TA:S17,{end},true,\nC-2,BANK,PIPE,F1,eba_TA:S17,,true,\n",
        "parameters.csv": "name,value\nrefPeriod,2024-12-31\n",
    }
    loaded = load(package(tmp_path / "r.zip", files))
    assert {relation.id for relation in loaded.relations if relation.verb == Verb.OWNS} == {
        "owns:PIPE>service:C-2/PIPE/S17",
        *(() if over else ("owns:ACME>service:C-1/ACME/S17",)),
    }
    assert loaded.ignored == ({"arrangements that ended before 2024-12-31": 1} if over else {})
    parties = {entity.id: entity.contract_end for entity in loaded.entities if isinstance(entity, Party)}
    assert parties == {"ACME": end if end < "2025" else None, "PIPE": None}


def test_a_code_of_reliance_that_is_not_known_is_told(tmp_path: Path) -> None:
    row = "C-1,BANK,ACME,F1,eba_TA:S17,,true,high\n"
    loaded = load(package(tmp_path / "r.zip", {"b_02.02.csv": CONTRACTS + row}))
    assert any(isinstance(entity, Store) for entity in loaded.entities)
    assert "1 arrangement has a code of reliance (c0180) that is not known" in str(loaded.notes)
