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
        ("[" * 50_000, ".yaml", "x:1:201: nested deeper"),
        ("[" * 50_000, ".json", "x:1:201: nested deeper"),
        ("a: 1\n---\nb: 2\n", ".yaml", "x:2:1: a second document"),
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


@pytest.mark.parametrize("name", ["../out.yaml", "/etc/passwd", "file:out", "http://a/b", "\\\\host\\a", "link.yaml"])
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
