"""The subprocessors loader: small lists, the real ones counted independently, and bad input."""

from __future__ import annotations

import contextlib
import importlib
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import Party
from blastradius.reading import parse_document, read_document

LOADER: Loader = importlib.import_module("blastradius.loaders.subprocessors").LOADER
reading = importlib.import_module("blastradius.loaders.subprocessors.reading")


def load(text: str, **options: object) -> Loaded:
    return LOADER.load(parse_document(text, "s.md", ".md"), options)


@pytest.mark.parametrize(
    ("name", "vendor", "count"), [("basecamp", "Basecamp", 11), ("hey", "HEY", 10), ("highrise", "Highrise", 12)]
)
def test_the_real_lists(name: str, vendor: str, count: int, shared: Path) -> None:
    file = shared / "data" / "vendor_inventory" / "subprocessors" / f"{name}.md"
    document = read_document(file)
    assert LOADER.recognises(document.data)
    loaded = LOADER.load(document, {})
    named = re.findall(r"^\* \[(.+?)\]", file.read_text(encoding="utf-8"), re.MULTILINE)
    assert loaded.tally.facts == loaded.tally.records == len(named) == count
    assert {relation.id for relation in loaded.relations} == {f"relies_on:{vendor}>{each}" for each in named}
    Estate.build([loaded])


def test_three_lists_are_one_estate_in_any_order(shared: Path) -> None:
    files = sorted((shared / "data" / "vendor_inventory" / "subprocessors").glob("*.md"))
    parts = [LOADER.load(read_document(file), {}) for file in files]
    assert Estate.build(parts).digest == Estate.build([*reversed(parts), parts[0]]).digest


@pytest.mark.parametrize(
    ("title", "vendor"),
    [
        ("Acme Subprocessors", "Acme"),
        ("List of Acme's sub-processors", "Acme"),
        ("Acme, Inc. \u2013 Third-Party Subprocessor List", "Acme, Inc"),
        ("Sub-processors and Affiliates | Acme", "Acme"),
        ("Sub-processors for Acme", "Acme"),
        ("List of Subprocessors used by Acme.io (2024)", "Acme.io"),
        ("Sous-traitants ultérieurs de Acme", "Acme"),
        ("Subprocessors", None),
    ],
)
def test_whose_list_it_is(title: str, vendor: str | None) -> None:
    for lines in (["# " + title, ""], ["---", f'title: "{title}"', "---"], [title, "====="]):
        assert reading.whose(lines) == vendor


@pytest.mark.parametrize(
    ("sentence", "vendor"),
    [
        ("This page is on the Subprocessors Fabrikam has engaged to process data.", "Fabrikam"),
        ("The following is a list of subprocessors that Fabrikam Mail, Inc. may engage.", "Fabrikam Mail, Inc"),
        ("These are the sub-processors we have engaged.", None),
        ("These are the sub-processors We use.", None),
    ],
)
def test_a_sentence_says_whose_list_it_is_where_the_title_does_not(sentence: str, vendor: str | None) -> None:
    lines = ["# List of subprocessors", "", sentence, "", "* Acme"]
    assert reading.whose(lines) is None
    assert reading.vendor_of(lines) == vendor
    if vendor:
        assert "whose list it is, is read off a sentence" in load("\n".join(lines)).notes[0].message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# Subprocessors\n* Acme\n", "does not say whose list it is; say it with option 'party'"),
        ("# Fabrikam subprocessors\n\nNone.\n", "no subprocessor found in it"),
        (
            "# Fabrikam subprocessors\n<table><tr><td>Acme</td></tr></table>\n",
            "tables of HTML are not; write them as Mark",
        ),
        ("# Fabrikam subprocessors\n## Changes\n* Acme\n", "no subprocessor found in it"),
    ],
)
def test_refused(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        load(text)


def test_what_names_nobody_is_rejected() -> None:
    nobody = ("{{vendor_name}}", "N/A", "None", "We will notify you 30 days before", "If you object, write to us at x")
    rows = "".join(f"| {each} | x |\n" for each in nobody)
    loaded = load(
        f"# Fabrikam subprocessors\n| Name | Why |\n|---|---|\n| All Covered | IT |\n| We Do IT | x |\n{rows}"
    )
    assert {entity.id for entity in loaded.entities} == {"Fabrikam", "All Covered", "We Do IT"}
    assert loaded.tally.rejected == len(nobody)


def test_heads_of_columns_in_other_languages() -> None:
    loaded = load("# Fabrikam: Unterauftragsverarbeiter\n| Zweck | Firma | Standort |\n|-|-|-|\n| Post | Acme | DE |\n")
    acme = next(entity for entity in loaded.entities if isinstance(entity, Party) and entity.id == "Acme")
    assert (acme.description, acme.governance) == ("Post", {"location": "DE"})


def test_other_documents_are_not_taken_for_lists() -> None:
    for text in ("# README\nsubprocessors are listed elsewhere\n", "", "127.0.0.1 - - GET /subprocessors"):
        assert not LOADER.recognises(parse_document(text, "x", ".md").data)
    assert not LOADER.recognises({"title": "subprocessors"})
    with pytest.raises(InputError, match="not a list in Markdown"):
        LOADER.load(parse_document("a,b\n", "s.csv", ".csv"), {"party": "x"})


@given(st.lists(st.text("*-1. \t|[]()_<>#:`ab\u2013\x1b\u202e", max_size=25), max_size=12))
def test_any_lines_load_or_are_refused(lines: list[str]) -> None:
    text = "\n".join(["# Fabrikam subprocessors", *lines])
    try:
        loaded = load(text)
    except InputError:
        return
    assert loaded.tally.records == len(list(reading.items(text.split("\n"))))
    Estate.build([loaded])


def test_long_lines_are_quick() -> None:
    began = time.monotonic()
    for text in (
        "[" * 500_000,
        "* " + "[a](" * 200_000,
        "|" + "-" * 500_000,
        "* " + "a (" * 200_000,
        "* <" + "<a" * 300_000,
    ):
        with contextlib.suppress(InputError):
            load(f"# Fabrikam subprocessors\n{text}\n")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("section", ["Former sub-processors", "Removed subprocessors", "Subprocessors no longer used"])
def test_who_was_a_subprocessor_is_none(section: str) -> None:
    loaded = load(f"# Acme subprocessors\n- Tidewater Ltd\n## {section}\n- Gone Ltd\n\n| Name |\n|---|\n| Past Ltd |\n")
    assert {relation.id for relation in loaded.relations} == {"relies_on:Acme>Tidewater Ltd"}
    assert (loaded.tally.facts, loaded.tally.ignored) == (1, 2)


def test_who_is_struck_out_is_no_subprocessor() -> None:
    text = "# Acme subprocessors\n- ~~Gone Ltd~~\n- **~~Left Ltd~~**: mail\n- Stays Ltd\n\n"
    loaded = load(f"{text}| Name | For |\n|---|---|\n| ~~Past Ltd~~ | mail |\n| A~~B | mail |\n")
    assert {relation.targets[0] for relation in loaded.relations} == {"Stays Ltd", "A~~B"}
    assert "3 items that are struck out" in str(loaded.notes[0])


def test_the_heading_below_front_matter_says_whose_a_list_is_where_its_title_does_not() -> None:
    front = "---\ntitle: Subprocessors\n---\n# Acme Inc. subprocessors (effective 1 January)\n"
    text = f"{front}## Mail subprocessors\n- Tidewater\n"
    assert {relation.id for relation in load(text).relations} == {"relies_on:Acme Inc>Tidewater"}
    with pytest.raises(InputError, match="does not say whose list it is"):
        load("# Subprocessors\n## Mail subprocessors\n- Tidewater\n")


def test_who_was_removed_or_is_to_come_is_no_subprocessor() -> None:
    table = "| Entity | Removed |\n|---|---|\n| Stays Ltd | |\n| Remains Ltd | No |\n| Gone Ltd | 2024-01-01 |\n"
    later = "## Upcoming subprocessors\n- Later Ltd\n## Subprocessor change log\n- 2025-01-01: added Tidewater\n"
    loaded = load(f"# Acme subprocessors\n\n{table}\n{later}")
    assert {relation.targets[0] for relation in loaded.relations} == {"Stays Ltd", "Remains Ltd"}
    assert (loaded.tally.facts, loaded.tally.ignored) == (2, 3)
