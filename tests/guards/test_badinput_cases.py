"""The hostile files of the collection that says what each must get: exactly that, per file; and no secret anywhere."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from blastradius import plugins
from blastradius.cli import main
from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.loading import load, survey
from blastradius.model import NoteKind
from blastradius.reading import Sheet, read_document
from tests.guards.test_badinput import loaded_of

COLUMNS = {"rows": "vendors", "columns": {"party": "id"}}
CANARIES = ("tfstate_secret.json", "kong_secret.yaml")


def refused(file: Path) -> str:
    """Why a file is refused; fails where it is not."""
    with pytest.raises(InputError) as caught:
        survey([file]).whole()
    assert str(caught.value).startswith(str(file))
    return str(caught.value)


def refused_in_place(file: Path) -> None:
    assert refused(file).removeprefix(f"{file}:").split(":")[0].isdigit(), "no line"


def refused_soon(file: Path) -> None:
    start = time.process_time()
    refused(file)
    assert time.process_time() - start < 0.5


def refused_for_its_dtd(file: Path) -> None:
    assert "a document type declaration" in refused(file)


def refused_as_a_bomb(file: Path) -> None:
    assert "larger than 64 MB" in refused(file)


def loaded(file: Path) -> Loaded:
    (part,) = survey([file]).whole()
    Estate.build([part.loaded])
    return part.loaded


def reference_not_followed(file: Path) -> None:
    assert any(note.kind == NoteKind.UNRESOLVED and "not followed" in note.message for note in loaded(file).notes)


def test_references_open_nothing(shared: Path) -> None:
    """The child ends when a socket is opened, or a file elsewhere."""
    files = sorted((shared / "badinput" / "generated").glob("openapi_ref_*.json"))
    assert loaded_of(files) == set(map(str, files))


def cycle_noted(file: Path) -> None:
    assert any("cycle" in note.message for note in loaded(file).notes)


def loaded_soon(file: Path) -> None:
    start = time.process_time()
    loaded(file)
    assert time.process_time() - start < 1


def table(file: Path) -> Sheet:
    sheet = read_document(file).data
    assert isinstance(sheet, Sheet)
    return sheet


def rows_are_texts(file: Path) -> None:
    assert all(isinstance(leaf, str) for leaf in _leaves(read_document(file).data))


def header_is_id(file: Path) -> None:
    assert table(file).columns[0] == "id"


def column_there_twice(file: Path) -> None:
    with pytest.raises(InputError, match="'id'"):
        plugins.loaders()["table"].load(read_document(file), COLUMNS)


def rows_rejected_by_number(file: Path) -> None:
    sheet, made = table(file), plugins.loaders()["table"].load(read_document(file), COLUMNS)
    assert made.tally.rejected == len(sheet.bad) > 0
    places = {place.line for note in made.notes for place in note.provenance}
    assert {row.line for row in sheet.bad} <= places


def formula_stays_text(file: Path) -> None:
    assert [row["name"][0] for row in table(file)] == ["=", "@"]
    made = plugins.loaders()["table"].load(read_document(file), {"rows": "vendors", "columns": {"party": "name"}})
    assert {entity.id[0] for entity in made.entities} == {"=", "@"}


def a_date_stays_text(file: Path) -> None:
    rows_are_texts(file)
    assert "that no loader recognises" in refused(file)


def no_canary_comes_in(file: Path) -> None:
    assert "CANARY" in file.read_text(encoding="utf-8")
    made = loaded(file)
    assert made.entities
    assert "CANARY" not in made.model_dump_json() + repr(made)


def names_are_tried_elsewhere(file: Path) -> None:
    """By the laws of every loader, and by the questions and pictures of a native estate."""
    assert len(json.loads(file.read_text(encoding="utf-8"))) > 90


EXPECTED: dict[str, Callable[[Path], None]] = {
    (
        "every name accepted-and-faithful or rejected with a reason; "
        "never executed, never merged, never renamed silently"
    ): names_are_tried_elsewhere,
    "reject <0.5 s": refused_soon,
    "reject, no crash": refused_in_place,
    "reject": refused_in_place,
    "reject or replace": refused_in_place,
    "typed load error": refused_in_place,
    "typed load error naming row": refused_in_place,
    "strings kept as strings": rows_are_texts,
    "0 sockets, 0 opens outside the input; ref reported as unresolved": reference_not_followed,
    "load ends; cycle noted": cycle_noted,
    "load ends <1 s": loaded_soon,
    "reject (DTD refused)": refused_for_its_dtd,
    "header id": header_is_id,
    "typed load error or decoded": header_is_id,
    "reject rows with numbers": rows_rejected_by_number,
    "reject row": rows_rejected_by_number,
    "kept as text in, neutralised out": formula_stays_text,
    "graph built; 0 CANARY bytes in any output, log, exception, Neo4j": no_canary_comes_in,
    "0 CANARY bytes in any output": no_canary_comes_in,
    "reject or bounded <2 s": refused_soon,
    "reject by declared size/ratio before inflating": refused_as_a_bomb,
}
"""What each of the words of the manifest means here."""

OWN = {
    "yaml_bad_date.yaml": a_date_stays_text,
    "csv_dup_header.csv": column_there_twice,
    "xlsx_laughs.xlsx": refused_for_its_dtd,
}
"""Where the general meaning does not fit: YAML has no dates here, and a table is read when its columns are named."""


def manifest(shared: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((shared / "badinput/generated/MANIFEST.json").read_text())
    return found


def test_each_case_gets_what_its_manifest_says(shared: Path) -> None:
    cases = manifest(shared)
    assert len(cases) == 39
    assert {row["expect"] for row in cases.values()} == EXPECTED.keys()
    for name, case in cases.items():
        file = shared / "badinput" / "generated" / name
        assert file.stat().st_size == case["bytes"]
        OWN.get(name, EXPECTED[case["expect"]])(file)


@pytest.mark.parametrize("name", CANARIES)
def test_no_command_says_a_secret(name: str, shared: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = shared / "badinput" / "generated" / name
    asked = 0
    for arguments in commands(file, tmp_path):
        code = main(arguments)
        said = "".join(capfd.readouterr())
        assert code in (0, 1, 2), arguments
        asked += code != 2
        assert "CANARY" not in said, arguments
    assert asked > 15
    assert b"CANARY" not in (tmp_path / "picture.dot").read_bytes()


def commands(file: Path, folder: Path) -> Iterator[list[str]]:
    """Every question there is, with what it has to be told, in every format; every export; and a picture."""
    things = load([file]).entities.values()
    ways = {"party": "--compromise", "service": "--compromise", "credential": "--leak", "store": "--breach"}
    seed = next([ways[str(thing.kind)], thing.id] for thing in things if str(thing.kind) in ways)
    entity = ["--entity", next(thing.id for thing in things)]
    told = {"reach": seed, "exposure": entity, "explain": [*seed, *entity]}
    for name in ("check", *plugins.queries()):
        for fmt in ("table", "json", "csv", "markdown"):
            yield [name, str(file), *told.get(name, []), "--format", fmt]
    yield from (["export", str(file), "--to", name] for name in plugins.exports())
    yield ["draw", str(file), *seed, "--output", str(folder / "picture.dot")]


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, (dict, list)):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _leaves(child)
    else:
        yield value
