"""Hostile input, loaded in a child with limits: nothing comes out but facts or an input error.

The child may open the file named and what lies beside it, no socket, has 10 s of processor time a file and 1 GB in all.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from blastradius import loading, plugins
from blastradius.answer import Answer, parameters
from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.reading import DATA, parse_document
from blastradius.render import text

CHILD = """
import os, resource, signal, sys
from pathlib import Path
from blastradius import loading, plugins
from blastradius.errors import InputError
from blastradius.reading import read_document
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
names = sys.stdin.read().splitlines()
plugins.loaders()
home = None
CODE = [os.path.realpath(path) for path in (sys.prefix, sys.base_prefix, Path(plugins.__file__).parents[1])]
def guard(event, args):
    if event.startswith("socket."):
        os.write(2, b"a socket was opened"); os._exit(9)
    mine = event == "open" and home and isinstance(args[0], str)
    if mine and not os.path.realpath(args[0]).startswith((home, *CODE)):
        os.write(2, f"{args[0]} was opened".encode()); os._exit(9)
sys.addaudithook(guard)
def detected(name):
    loading.load([name])
    print(name)
def forced(name):
    document = read_document(name)
    for loader in plugins.loaders().values():
        try:
            loaded = loader.load(document, {})
            print(name, loader.name, loaded.tally.records, len(loaded.entities), len(loaded.notes), sep="\\t")
        except InputError as error:
            assert str(error).strip(), (name, loader.name)
for name in names:
    signal.setitimer(signal.ITIMER_PROF, 10)
    home = os.path.realpath(str(Path(name).parent))
    try:
        forced(name) if sys.argv[1:] == ["forced"] else detected(name)
    except InputError as error:
        assert str(error).strip(), name
"""


def loaded_of(files: list[Path], *how: str) -> set[str]:
    """Which of the files loaded; fails if anything else than an input error came out.

    With ``forced`` every loader is given every file, and a line says what it made of it.
    """
    command = [sys.executable, "-c", CHILD, *how]
    done = subprocess.run(
        command, input="\n".join(map(str, files)), text=True, capture_output=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return set(done.stdout.splitlines())


OWN = {
    "depth.yaml": "[" * 50_000,
    "depth.json": "[" * 100_000,
    "entries.yaml": "- " * 50_000,
    "return.yaml": "a: b\r---\r" + "- " * 50_000,
    "separator.yaml": "\u2028" + "- " * 50_000,
    "marked.yaml": "\ufeff" + "? - : - " * 20_000,
    "start.yaml": "--- " + "- " * 50_000 + "a",
    "keys.yaml": '{"a":' * 50_000,
    "block.yaml": "\n".join(" " * i + "a:" for i in range(400)),
    "laughs.yaml": "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
    "d: &d [*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d]\n",
    "cycle.yaml": "&a [*a]",
    "tag.yaml": "a: !!python/object/apply:os.system [id]",
    "twice.yaml": "blastradius: 1\nparties: {}\nparties: {}\n",
    "nan.json": '{"blastradius": 1, "title": NaN}',
    "template.yaml": "blastradius: 1\ntitle: {{ .Values.title }}\n",
    "two.yaml": "blastradius: 1\n---\nblastradius: 1\n",
    "surrogate.json": '{"blastradius": 1, "title": "\\ud800"}',
    "date.yaml": "blastradius: 1\nas_of: 2024-99-99\n",
    "latin.yaml": "blastradius: 1\ntitle: caf\udce9\n",
    "empty.yaml": "",
    "spec.yaml": "openapi: 3.0.0\npaths: {/a: {get: {security: 3, operationId: []}}, /b: 7}\n",
}


def test_our_own_hostile_files(tmp_path: Path) -> None:
    for name, content in OWN.items():
        (tmp_path / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    assert loaded_of([tmp_path / name for name in OWN]) == {str(tmp_path / "spec.yaml")}


@pytest.mark.slow
def test_archives_and_markup_that_are_bombs(tmp_path: Path) -> None:
    def archive(name: str, entries: dict[str, bytes]) -> bytes:
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as made:
            for entry, content in entries.items():
                made.writestr(entry, content)
        return (tmp_path / name).read_bytes()

    zeros = bytes(60_000_000)
    inner = archive("ratio.zip", {"a.json": zeros})
    archive("nested.zip", {"a.zip": inner})
    archive("many.zip", {f"{number}.json": b"{}" for number in range(10_001)})
    archive("outside.zip", {"../../a.json": b"{}"})
    archive("shared.xlsx", {"xl/workbook.xml": b"<workbook/>", "xl/sharedStrings.xml": zeros})
    whole = archive("half.zip", {"a.json": b"[1]" * 1000})
    (tmp_path / "half.zip").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "half.xlsx").write_bytes(whole[:30])
    laughs = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 12))
    (tmp_path / "laughs.xml").write_text(f"<!DOCTYPE a [<!ENTITY l0 'ha'>{laughs}]><a>&l11;</a>")
    (tmp_path / "deep.xml").write_text("<a>" * 100_000)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 9
    assert loaded_of(files) == loaded_of(files, "forced") == set()


def test_strings_stay_strings(tmp_path: Path) -> None:
    (tmp_path / "e.yaml").write_text("blastradius: 1\nparties: {NO: {name: 1.10, owner: 12:32}}\n")
    party = loading.load([tmp_path]).entities["NO"]
    assert (party.id, party.name, party.owner) == ("NO", "1.10", "12:32")


FOLDERS = ("JSONTestSuite", "yaml-test-suite", "generated", "openapi3-examples", "csv-spectrum", "poi-xlsx")


def bad_files(shared: Path, folder: str) -> list[Path]:
    suffixes = (".json", ".yaml", ".yml", *DATA)
    return [file for file in sorted((shared / "badinput" / folder).rglob("*")) if file.suffix in suffixes]


@pytest.mark.parametrize("folder", [*FOLDERS, "defusedxml-xml"])
def test_collections_of_bad_input(folder: str, shared: Path) -> None:
    files = bad_files(shared, folder)
    assert files
    loaded = {Path(path).name for path in loaded_of(files)}
    assert not any(name.startswith("n_") for name in loaded)


@pytest.mark.parametrize("folder", [*FOLDERS, "defusedxml-xml"])
def test_no_loader_takes_what_is_not_its_own_for_empty(folder: str, shared: Path) -> None:
    files = [path for path in bad_files(shared, folder) if path.stat().st_size < 300_000]
    rows = [line.split("\t") for line in loaded_of(files, "forced")]
    assert [row for row in rows if row[2] == row[4] == "0"] == []


def test_json_that_must_parse_parses(shared: Path) -> None:
    files = [
        path for path in (shared / "badinput" / "JSONTestSuite").rglob("y_*.json") if "duplicated" not in path.name
    ]
    assert len(files) > 80
    for file in files:
        parse_document(file.read_bytes().decode(), file.name, ".json")


def refused(content: str, name: str) -> str | None:
    """What parsing says against a text; anything but an input error comes through."""
    try:
        parse_document(content, name)
    except InputError as error:
        return str(error)
    return None


def test_every_case_of_the_yaml_suite(shared: Path) -> None:
    cases = 0
    for file in sorted((shared / "badinput" / "yaml-test-suite").rglob("*.yaml")):
        try:
            rows = parse_document(file.read_text(encoding="utf-8"), file.name).data
        except InputError:
            continue
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict) and isinstance(row.get("yaml"), str):
                cases += 1
                refused(row["yaml"], file.name)
    assert cases > 200


def test_hostile_names_arrive_unchanged_or_are_refused(shared: Path) -> None:
    names = [row["name"] for row in json.loads((shared / "badinput/generated/hostile_names.json").read_text())]
    kept = 0
    for name in names:
        document = json.dumps({"blastradius": 1, "parties": {name: {"owns": ["svc"]}}, "services": {"svc": {}}})
        try:
            loader = plugins.loaders()["native"]
            estate = Estate.build([loader.load(parse_document(document, "e.json", ".json"), {})])
        except InputError:
            continue
        kept += 1
        query = plugins.query("reach")
        answer: Answer = query.run(estate, parameters(query, {"compromise": (name,)}))
        facts = json.loads(text.as_json(answer))["facts"]
        assert {fact["entity"] for fact in facts} == {name, "svc"}
        for rendered in (text.table(answer, color=False, width=None), text.as_csv(answer), text.as_markdown(answer)):
            assert "\x1b" not in rendered
    assert kept > len(names) // 2
