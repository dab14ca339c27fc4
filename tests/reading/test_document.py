from __future__ import annotations

from pathlib import Path

import pytest

from blastradius.errors import InputError
from blastradius.reading import parse_document, read_document


def test_scalars_stay_strings_and_null_is_none() -> None:
    data = parse_document("a: NO\nb: 1.10\nc: 12:32\nd:\ne: ~\nf: null\ng: 'null'\nh: ''\n", "x.yaml").data
    assert data == {
        "a": "NO",
        "b": "1.10",
        "c": "12:32",
        "d": None,
        "e": None,
        "f": None,
        "g": "null",
        "h": "",
    }


def test_merge_keys_merge() -> None:
    data = parse_document("a: &a {x: p, y: q}\nb: {<<: *a, y: r}\n", "x.yaml").data
    assert data["b"] == {"x": "p", "y": "r"}


def test_positions_in_yaml_and_json() -> None:
    assert parse_document("a:\n  - b: c\n", "x.yaml").position("a", 0, "b") == (2, 5)
    text = '{"\\ud83d\\ude00":\n {"k": [1]}}'
    assert parse_document(text, "x.json", ".json").position("\U0001f600", "k") == (2, 3)


@pytest.mark.parametrize(
    ("text", "suffix", "says"),
    [
        ("a: 1\na: 2\n", ".yaml", r"x:2:1: key 'a' is there already at 1:1"),
        ("&a [*a]", ".yaml", "an alias inside"),
        ("a: !!python/name:os.system x", ".yaml", "is not data"),
        ("[" * 50_000, ".yaml", r"x:1:\d+: nested deeper than 200"),  # parsers with a limit of their own stop later
        ("[" * 201 + "]" * 201, ".yaml", "x:1:201: nested deeper"),
        ("[" * 50_000, ".json", "x:1:201: nested deeper"),
        ("a: {{ b }}\n", ".yaml", "a template"),
        ('{"a": 1,\n "a": 2}', ".json", "x:2:2: key 'a' is there twice"),
        ('{"a": NaN}', ".json", "NaN is not JSON"),
        ('{"a": "\\ud800"}', ".json", "surrogate"),
        ("[" + "9" * 5000 + "]", ".json", "x:1:2:"),
        ("{} x", ".json", "x:1:4: not JSON: extra data"),
    ],
)
def test_refused_with_a_position(text: str, suffix: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        parse_document(text, "x", suffix)


@pytest.mark.parametrize(
    "name", ["../out.yaml", "/etc/passwd", "file:out", "http://a/b", "\\\\host\\a", "link.yaml", "x" * 300]
)
def test_siblings_stay_inside_the_folder(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "out.yaml").write_text("a: b\n")
    (inside / "link.yaml").symlink_to(tmp_path / "out.yaml")
    (inside / "x.yaml").write_text("a: b\n")
    document = read_document(inside / "x.yaml")
    with pytest.raises(InputError):
        document.sibling(name)
    assert document.sibling("x.yaml") is document.sibling("./x.yaml")


INNER = """
block: |
  # a comment

  a:
    b: [1, 2]
json: |-
   {"a": [1,
     {"b": 2}]}
indented: |2
    a: 1
marked: |
  ---
  a: 1
quoted: "a: 1\\nb:\\n  c: 2\\n"
folded: >
  {"a": 1,
   "b": 2}
mapping: {a: {b: 1}}
"""


@pytest.mark.parametrize(
    ("key", "keys", "position"),
    [
        ("block", ("a",), (5, 3)),
        ("block", ("a", "b", 1), (6, 12)),
        ("json", ("a", 1, "b"), (9, 7)),
        ("indented", ("a",), (11, 5)),
        ("marked", ("a",), (14, 1)),
        ("quoted", ("b", "c"), (15, 1)),
        ("folded", ("b",), (16, 1)),
        ("mapping", ("a", "b"), (19, 15)),
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_a_part_has_the_positions_of_the_whole(
    key: str, keys: tuple[str | int, ...], position: tuple[int, int], ends: str
) -> None:
    part = parse_document(INNER.replace("\n", ends), "x.yaml").part(key)
    assert part.position(*keys) == position
    assert (part.path, next(iter(part.data))) == ("x.yaml", "a")


def test_a_part_that_does_not_parse_says_where() -> None:
    whole = parse_document('a:\n  b: |\n    x: 1\n    y: [\n  c: "[1,\\n2"\n', "x.yaml")
    with pytest.raises(InputError, match=r"^x.yaml:5:1: not YAML"):
        whole.part("a", "b")
    with pytest.raises(InputError, match=r"^x.yaml:5:3: in the text here, at 2:2: not JSON"):
        whole.part("a", "c")


@pytest.mark.parametrize("text", ["a:\n   b: [k]\n    c: [s]\n", "a: 1\n  b: 2\n", "a:\n  - b\n c: 1\n"])
def test_lines_that_are_indented_wrongly_say_how_they_should_be(text: str) -> None:
    with pytest.raises(InputError, match=r"not YAML: .*; what belongs together is indented alike"):
        parse_document(text, "x.yaml")


def test_a_part_of_a_part() -> None:
    whole = parse_document('a:\n  b:\n    c: |\n      d: "e: {f: 1}"\n', "x.yaml")
    inner = whole.part("a").part("b", "c")
    assert inner.position("d") == (4, 7)
    assert inner.part("d").data == {"e": {"f": "1"}}
    assert inner.part("d").position("e", "f") == (4, 7)
    assert parse_document('{"a": "{\\"b\\": 1}"}', "x", ".json").part("a").position("b") == (1, 2)


def test_a_part_of_one_of_several_documents() -> None:
    whole = parse_document("a: 1\n---\n---\nb: |\n  c: {d: 1}\n", "x.yaml")
    assert (len(whole.data), whole.data.empty) == (2, 1)
    assert whole.part(1, "b").position("c", "d") == (5, 7)


def test_the_short_forms_of_cloudformation_are_keys() -> None:
    document = parse_document("a: !Ref X\nb: !If [c, !GetAtt R.Arn, !Sub {x: ''}]\nc: !Sub ''\n", "t.yaml")
    assert document.data == {
        "a": {"Ref": "X"},
        "b": {"Fn::If": ["c", {"Fn::GetAtt": "R.Arn"}, {"Fn::Sub": {"x": ""}}]},
        "c": {"Fn::Sub": ""},
    }
    assert document.position("b", "Fn::If", 1) == (2, 12)


@pytest.mark.parametrize("tag", ["!Nope", "!ref", "!!python/name:os.system", "!Fn::Ref"])
def test_no_other_tag_is_read(tag: str) -> None:
    with pytest.raises(InputError, match="tag"):
        parse_document(f"a: {tag} x\n", "t.yaml")


def test_a_program_is_refused_by_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_s3_bucket" "b" {}\n')
    with pytest.raises(InputError, match="terraform show -json"):
        read_document(tmp_path / "main.tf")
