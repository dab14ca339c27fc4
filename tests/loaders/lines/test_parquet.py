"""Estates of Parquet are the estates they spell out, and say what is wrong with a row by its number."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import blastradius as br
from blastradius.errors import InputError, UsageError
from blastradius.estate import Estate
from blastradius.loading import load
from tests.counts import examples
from tests.engine.random_estates import random_estate
from tests.loaders.lines.test_lines import said, written

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
Rows = list[dict[str, Any]]


def tables(built: Estate, folder: Path) -> Path:
    """An estate as files of Parquet, three rows a row group."""
    bare: dict[str, Any] = {"mode": "json", "exclude": {"provenance"}, "exclude_defaults": True}
    parts = {
        "zones": [{"zone": zone.id, "flat": zone.flat} for zone in built.zones.values()],
        "entities": [{**entity.model_dump(**bare), "kind": str(entity.kind)} for entity in built.entities.values()],
        "relations": [
            {**relation.model_dump(**bare), "verb": str(relation.verb)} for relation in built.relations.values()
        ],
    }
    for name, rows in parts.items():
        if rows:
            table(folder / f"{name}.parquet", rows)
    return folder


def table(file: Path, rows: Rows) -> Path:
    """Rows as a file; what a row does not say is null."""
    columns = {name: None for row in rows for name in row}
    pq.write_table(pa.Table.from_pylist([columns | row for row in rows]), file, row_group_size=3)
    return file


@examples(1 / 20)
@given(st.integers(0, 2**40))
def test_tables_are_the_estate_they_spell_out(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    built = random_estate(random.Random(seed))
    folder = tables(built, tmp_path_factory.mktemp("tables"))
    found = br.load(folder)
    assert said(found.columns) == said(built.columns)
    assert {name: each.id for name, each in found.relations.items()} == {name: name for name in built.relations}


def test_tables_answer_as_lines_do(tmp_path: Path) -> None:
    """The same estate as lines and as a folder of tables, asked the same."""
    built = next(each for seed in range(99) if len((each := random_estate(random.Random(seed))).relations) > 20)
    lines = br.load(written(built, tmp_path / "e.jsonl", random.Random(0)))
    (tmp_path / "e").mkdir()
    found = br.load(tables(built, tmp_path / "e"))
    one, other = (br.rank(each, assume="lateral").data.model_dump() for each in (lines, found))
    assert sorted(one["rows"], key=str) == sorted(other["rows"], key=str)


def test_a_thing_says_its_row(tmp_path: Path) -> None:
    table(tmp_path / "a.parquet", [{"kind": "party", "id": f"p{n}"} for n in range(10)])
    table(tmp_path / "b.parquet", [{"kind": "service", "id": f"s{n}"} for n in range(10)])
    relation = table(
        tmp_path / "c.parquet", [{"verb": "owns", "sources": ["p1"], "targets": [f"s{n}"]} for n in (3, 4)]
    )
    found = br.load(tmp_path)
    assert str(found.entities["s7"].provenance[0]) == f"{tmp_path / 'b.parquet'}:8"
    assert str(found.relations["owns:p1>s4"].provenance[0]) == f"{relation}:2"


PARTY = {"kind": "party", "id": "p"}
OWNS = {"verb": "owns", "sources": ["p"], "targets": ["s"]}


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (
            [{"id": "p"}],
            r"a.parquet: has the columns id; expected kind and id, or verb and sources and targets, or z",
        ),
        ([{**PARTY, "colour": "red"}], r"a.parquet: column 'colour' is no field; those of this table are also, anonym"),
        ([PARTY, PARTY], r"a.parquet:2: 'p' is declared already at .*a.parquet:1; say it once"),
        ([*({**PARTY, "id": f"p{n}"} for n in range(4)), {"kind": "boat", "id": "b"}], r"a.parquet:5: expected a verb"),
        ([{**PARTY, "role": "boss"}], r"a.parquet:1: role is 'boss'; expected 'self'"),
        ([PARTY, {"kind": None, "id": "x"}], r"a.parquet:2: expected a verb, a zone or a kind"),
        ([{"kind": "store", "id": "d", "records": float("nan")}], r"a.parquet:1: not JSON"),
        ([{"kind": "party", "id": b"\xff"}], r"a.parquet:1: not text: .*; write UTF-8"),
        ([OWNS], r"a.parquet:1: 'p' is not declared"),
        ([{"verb": "owns", "sources": "p", "targets": "s"}], r"a.parquet:1: sources is 'p'; expected"),
        ([{"kind": "party", "id": "p", "controls": [{"kind": "pam"}]}], r"a.parquet:1: control 'pam' stops nothing"),
    ],
)
def test_a_row_that_does_not_fit(rows: Rows, says: str, tmp_path: Path) -> None:
    file = table(tmp_path / "a.parquet", rows)
    with pytest.raises(InputError, match=says):
        br.load(file)


def _text(file: Path) -> None:
    file.write_text("kind,id\nparty,p\n")


def _short(file: Path) -> None:
    table(file, [{"kind": "party", "id": f"p{n}"} for n in range(100)])
    file.write_bytes(file.read_bytes()[:-20])


def _spoiled(file: Path) -> None:
    table(file, [{"kind": "party", "id": f"p{n}"} for n in range(100)])
    raw = bytearray(file.read_bytes())
    raw[4:400] = b"\xff" * 396
    file.write_bytes(raw)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_text, r"a.parquet: cannot be read"),
        (_short, r"a.parquet: cannot be read"),
        (_spoiled, r"a.parquet: row group 1 "),
    ],
)
def test_a_file_that_cannot_be_read(spoil: Callable[[Path], None], says: str, tmp_path: Path) -> None:
    spoil(tmp_path / "a.parquet")
    with pytest.raises(InputError, match=says) as caught:
        br.load(tmp_path / "a.parquet")
    assert "\n" not in str(caught.value)


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing.parquet: cannot be read: No such file"):
        br.load(tmp_path / "nothing.parquet")
    os.mkfifo(tmp_path / "pipe.parquet")
    with pytest.raises(InputError, match=r"pipe.parquet: not a file"):
        br.load(tmp_path / "pipe.parquet")


def test_tables_of_other_things_in_a_folder_are_passed_over(tmp_path: Path) -> None:
    table(tmp_path / "a.parquet", [PARTY])
    table(tmp_path / "sales.parquet", [{"id": "1", "amount": 3}])
    (tmp_path / "e.yaml").write_text("blastradius: 1\nparties: {q: {}}\n")
    both = br.load(tmp_path)
    assert set(both.entities) == {"p", "q"}
    assert [str(note) for note in both.notes if "passed over" in str(note)] == [
        f"{tmp_path / 'sales.parquet'}: unsupported: not an estate file, and no estate asks for it; passed over"
    ]


def test_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = table(tmp_path / "a.parquet", [PARTY])
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(UsageError, match=r"a.parquet: Parquet needs pyarrow; pip install .*\[parquet\]"):
        br.load(file)


@pytest.mark.parametrize("form", ["lines", "tables"])
def test_progress_says_how_much_is_done(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blastradius.loaders.lines._EVERY", 10)
    rows: Rows = [{"kind": "party", "id": f"p{n:04}"} for n in range(100)]
    if form == "lines":
        (tmp_path / "a.jsonl").write_text("".join(f'{{"kind": "party", "id": "{row["id"]}"}}\n' for row in rows))
    else:
        table(tmp_path / "a.parquet", rows[:50])
        table(tmp_path / "b.parquet", rows[50:])
    told: list[float | None] = []
    load([tmp_path / "a.jsonl" if form == "lines" else tmp_path], lambda _what, share=None: told.append(share))
    tenths = [n / 10 for n in range(1, 11)]
    assert [share or 0 for share in told] == pytest.approx(
        [0, *tenths] if form == "lines" else [0, *tenths[:5], *tenths[4:]]
    )
