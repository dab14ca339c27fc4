"""JSON and JSON Lines: the law of places, and what is refused where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.errors import InputError
from blastradius.reading import Records, parse_document, read_document
from blastradius.reading.jsons import JsonIndex

ODD = st.sampled_from(['"', "\\", "}{", "[,:]", "\\u"])
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8) | ODD
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=30,
)


def paths(value: Any, keys: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(keys, value), *(path for key, child in inner for path in paths(child, (*keys, key)))]


@given(VALUES, st.sampled_from([None, 0, 1, "\t"]), st.booleans())
def test_a_place_points_at_its_value(value: Any, indent: Any, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    index = JsonIndex(text)
    for keys, child in paths(value):
        entry, start = index.offset(keys)
        assert json.JSONDecoder().raw_decode(text, start)[0] == child
        line, column = index.locate(keys)
        assert index.places.starts[line - 1] + column - 1 == entry
        if keys and isinstance(keys[-1], str):
            assert json.JSONDecoder().raw_decode(text, entry)[0] == keys[-1]


@given(st.lists(VALUES, max_size=6), st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_lines_hold_records(values: list[Any], end: str) -> None:
    text = "".join(json.dumps(value) + end for value in values)
    document = parse_document(text, "x.jsonl", ".jsonl")
    assert isinstance(document.data, Records)
    assert document.data == values
    assert [document.position(i)[0] for i in range(len(values))] == [
        i * (2 if end == "\n\n" else 1) + 1 for i in range(len(values))
    ]


@given(st.text('[]{}",:\\ 1an\n', max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    for suffix in (".json", ".jsonl"):
        try:
            parse_document(text, "x", suffix)
        except InputError:
            continue


def test_a_key_that_yaml_cannot_read() -> None:
    text = json.dumps({"k" * 2000: {"a\tb": [1, {"c": 2}]}}, indent=1)
    assert parse_document(text, "x", ".json").position("k" * 2000, "a\tb", 1, "c") == (6, 5)


def test_what_is_not_there_is_at_the_last_that_is() -> None:
    document = parse_document('{"a":\n [1]}', "x", ".json")
    assert document.position("a", 7) == document.position("a") == (1, 2)
    assert document.position("a", 0, "z") == (2, 3)


@pytest.mark.parametrize(
    ("text", "suffix", "says"),
    [
        ('{"a": 1,\n "b": {}, "a": 2}', ".json", r"x:2:11: key 'a' is there twice, first at 1:2"),
        ('{"b": [{"\\u0061": 1,\n"a": 2}]}', ".json", r"x:2:1: key 'a' is there twice, first at 1:9"),
        ('{"a": "NaN", "b":\nNaN}', ".json", "x:2:1: NaN is not JSON"),
        ('{"a": -Infinity}', ".json", "x:1:7: -Infinity is not JSON"),
        ("// a comment\n{}", ".json", "x:1:1: not JSON: a comment"),
        ('{"a": 1} {"a": 2}', ".json", "x:1:10: not JSON: extra data"),
        ('{"a": 1}\n\n{"a": }\n{"b"}\n', ".jsonl", "x:3:7: not JSON: expecting value\nx:4:5: not JSON"),
        ('1\n{"a": 1, "a": 2}', ".ndjson", "x:2:10: key 'a' is there twice, first at 2:2"),
        ('1\n{"a": NaN}', ".ndjson", "x:2:7: NaN"),
        ("1\n" + "[" * 300, ".jsonl", "x:2:201: nested deeper"),
        ("1" * 300 + "\n[", ".jsonl", "x:2:2: not JSON"),
    ],
)
def test_refused_with_a_place(text: str, suffix: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        parse_document(text, "x", suffix)


def test_places_in_lines_are_exact() -> None:
    document = parse_document('{"a": 1}\n\n{"b": [2, 3]}', "x", ".jsonl")
    assert [document.position(1), document.position(1, "b"), document.position(1, "b", 1)] == [(3, 1), (3, 2), (3, 11)]
    assert document.position(9) == document.position() == (1, 1)


def test_a_text_that_never_closes_is_quick() -> None:
    with pytest.raises(InputError):
        parse_document("[" * 150 + '"' + "a" * 5_000_000, "x", ".json")
    with pytest.raises(InputError):
        parse_document("[" * 201 + '"' + "a[" * 1_000_000, "x", ".json")


def test_a_questionnaire_with_comments_is_refused_with_its_reason(shared: Path) -> None:
    file = shared / "data" / "vendor_inventory" / "vsaq-security_privacy_programs.json"
    with pytest.raises(InputError, match="json:2:1: not JSON: a comment, which JSON does not have"):
        read_document(file, shown=file.name)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_a_file_named_json_may_hold_a_record_a_line(end: str) -> None:
    document = parse_document(f'{{"a": 1}}{end}{{"b": [2]}}{end}', "f.json", ".json")
    assert isinstance(document.data, Records)
    assert document.data == [{"a": 1}, {"b": [2]}]
    assert document.position(1, "b")[0] == (3 if end == "\n\n" else 2)
    with pytest.raises(InputError, match=r"f.json:2:5: not JSON"):
        parse_document('{"a": 1}\n{"b"}', "f.json", ".json")


def test_one_object_over_several_lines_is_no_lines_of_json() -> None:
    assert parse_document('[{"a": 1},\n{"a": 2}]', "f.json", ".json").data == [{"a": 1}, {"a": 2}]
    with pytest.raises(InputError, match=r"f.json:2:1: not JSON: extra data"):
        parse_document('{"a": 1}\n7', "f.json", ".json")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (r'["\ud83d\ude00"]', None),
        (r'["\\ud83d"]', None),
        (r'["\\\\ud83d \ud83d\ude00\ud83d\ude00"]', None),
        (r'["\ud83d\ude00\ud83d"]', 15),
        (r'["\ud83dx"]', 3),
        (r'["\ude00\ud83d"]', 3),
        (r'["\\\ud83d"]', 5),
        (r'["\\\\\ud83d\ude00 \uDE00"]', 20),
        (r'{"\ud83d": 1}', 3),
    ],
)
def test_halves_of_surrogate_pairs(text: str, place: int | None) -> None:
    if place is None:
        assert parse_document(text, "x", ".json").data == json.loads(text)
        return
    with pytest.raises(InputError, match=rf"x:1:{place}: half a surrogate pair"):
        parse_document(text, "x", ".json")
