"""What is said of a file that is none of the formats: what it is, what to do, and nothing out of it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

import blastradius as br
from blastradius.errors import InputError
from blastradius.loading.unrecognised import refusal
from blastradius.reading import parse_document

UNKNOWN = "that no loader recognises; blastradius loaders lists what can be read"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.yaml", "", "there is nothing in it"),
        ("a.yaml", "# only a comment\n---\n", "there is nothing in it"),
        ("a.json", " \n", "there is nothing in it"),
        ("a.json", "[]", "there is nothing in it"),
        ("a.txt", "\n\n", "there is nothing in it"),
        ("a.jsonl", "", "there is nothing in it"),
        ("a.json", '{"$schema": "http://json-schema.org/draft-07/schema#", "oneOf": [{}]}', "a JSON Schema"),
        ("a.json", '{"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": {"A": {}}}', "a JSON Schema"),
        ("a.yaml", "type: object\nproperties: {id: {type: string}}\n", "a JSON Schema"),
        ("a.html", "<!DOCTYPE html>\n<html><body>Sign in</body></html>\n", "a page of HTML"),
        ("a.json", "\n<HTML lang=en><br></HTML>", "a page of HTML"),
        ("a.csv", "<!doctype html><title>Export</title>", "a page of HTML"),
        ("a.py", "tm = {\n", "Python code, which is never run"),
        ("a.txt", "#!/usr/bin/env python3\nprint(1)\n", "Python code, which is never run"),
        ("a.txt", "# a model\n\nfrom pytm import (\n    TM,\n)\n", "save what 'tm.py --json' writes"),
        ("a.yaml", "import os\n", "Python code, which is never run"),
        ("a.yaml", "replicas: 3\n", f"a mapping with the key 'replicas' {UNKNOWN}"),
        (
            "a.yaml",
            "parties: {a: {}}\n",
            "and no 'blastradius: 1', with which an estate file starts; put it on the first",
        ),
        ("a.json", '{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6}', "the keys 'a', 'b', 'c', 'd', 'e' and 1 more"),
        ("a.json", '{"7": 1, "<b>": 2}', f"a mapping with 2 keys {UNKNOWN}"),
        ("a.json", '[{"a": 1}, 2]', f"2 items, the first with the key 'a', {UNKNOWN}"),
        ("a.json", "[1]", f"1 item {UNKNOWN}"),
        ("a.jsonl", '{"a": 1}\n{"b": 2}\n', "2 records, the first with the key 'a',"),
        ("a.yaml", "a: 1\n---\nb: 2\n", "2 YAML documents, the first with the key 'a',"),
        ("a.xml", "<bom/>", f"XML with the element 'bom' {UNKNOWN}"),
        ("a.txt", "hello\nthere", f"plain text of 2 lines {UNKNOWN}"),
        ("a.yaml", "hello\n", f"a single value {UNKNOWN}"),
    ],
)
def test_a_file_that_is_nothing_known_is_said_for_what_it_is(name: str, text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as error:
        br.load(tmp_path / name)
    (problem,) = error.value.problems
    assert problem.startswith(f"{tmp_path / name}:")
    assert says in problem
    assert len(problem) < 200 + len(str(tmp_path / name))


def test_an_archive_of_something_else(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.txt", "hello")
    with pytest.raises(InputError, match=f"an archive of 1 file {UNKNOWN}"):
        br.load(tmp_path / "a.zip")


@pytest.mark.parametrize(
    "data",
    [
        {"AKIAIOSFODNN7EXAMPLE": 1, "a": "hunter2"},
        {"password=hunter2hunter2": 1, "https://u:hunter2@host.example": 2},
        [{"\u202ehunter2": "AKIAIOSFODNN7EXAMPLE"}],
        {"hunter2" * 10: 1},
        "hunter2",
    ],
)
def test_nothing_out_of_the_file_is_repeated_but_plain_keys(data: object) -> None:
    assert "hunter2" not in refusal(data)
    assert "AKIA" not in refusal(data)


def test_data_that_names_its_schema_is_no_schema() -> None:
    for text in ('{"$schema": "http://json-schema.org/x", "graph": {}}', '{"type": "object", "items": [1]}'):
        assert refusal(parse_document(text, "a.json", ".json").data).startswith("a mapping")


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("graph_peers/opengraph-schema/opengraph-edge.json", "a JSON Schema"),
        ("graph_peers/opengraph-schema/opengraph-node.json", "a JSON Schema"),
        ("lineage/openlineage/OpenLineage.schema.json", "a JSON Schema"),
        ("threat_models/otm/otm_schema.json", "a JSON Schema"),
        ("threat_models/pytm/tm.py.txt", "a pytm model as Python code"),
    ],
)
def test_real_files_that_only_look_like_data(file: str, says: str, shared: Path) -> None:
    with pytest.raises(InputError, match=says):
        br.load(shared / "data" / file)
