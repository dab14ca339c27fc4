"""The examples hold what they promise, and their commands answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import blastradius as br

EXAMPLES = Path(__file__).parents[1] / "examples"
ESTATES = [EXAMPLES / "northwind", *sorted(each.parent for each in EXAMPLES.glob("incidents/*/estate.yaml"))]


def test_all_nine_incidents_are_here() -> None:
    assert len(ESTATES) == 10


@pytest.mark.parametrize("folder", ESTATES, ids=lambda folder: folder.name)
def test_expectations_hold(folder: Path) -> None:
    checks = br.verify(br.load(folder)).data.model_dump()["checks"]
    assert len(checks) >= 5
    assert [each for each in checks if not each["holds"]] == []


@pytest.mark.parametrize("folder", ESTATES, ids=lambda folder: folder.name)
def test_the_readme_shows_a_picture_that_is_there(folder: Path) -> None:
    text = (folder / "README.md").read_text(encoding="utf-8")
    names = re.findall(r"!\[[^]]*\]\(([^)]+)\)", text)
    assert names
    assert all((folder / name).read_bytes().startswith(b"<?xml") or (folder / name).is_file() for name in names)


def test_northwind_has_a_surprise_at_every_level() -> None:
    estate = br.load(EXAMPLES / "northwind")
    facts = br.reach(estate, compromise="acme", assume="lateral").data.model_dump(mode="json")["facts"]
    levels = {(each["entity"], each["capability"]): each["level"] for each in facts}
    assert levels["pricing_decision", "taint"] == "granted"
    assert levels["orders_db", "read"] == "abused"
    assert levels["label_svc", "control"] == "takeover"
    assert levels["customer_replica", "read"] == "lateral"
    assert ("customer_db", "read") not in levels


def test_a_notebook_shows_the_picture() -> None:
    shown = br.reach(br.load(EXAMPLES / "northwind"), compromise="acme")
    svg = shown._repr_svg_()
    assert svg is not None
    assert "Acme Logistics" in svg
    assert "could be reached" in repr(shown)
