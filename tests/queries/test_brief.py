"""One page for a board: it is one page, and every number on it stands in the data."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from blastradius.api import ask
from blastradius.cli import main
from blastradius.loading import load
from tests.render.test_pages import pages

EXAMPLES = Path(__file__).parents[2] / "examples"
every_example = pytest.mark.parametrize("example", ["northwind", "meridian"])


@every_example
def test_it_prints_as_one_page(example: str, tmp_path: Path) -> None:
    pytest.importorskip("typst")
    assert main(["brief", str(EXAMPLES / example), "-o", str(tmp_path / "brief.pdf")]) == 0
    assert pages((tmp_path / "brief.pdf").read_bytes()) == 1


@every_example
def test_every_number_of_the_page_stands_in_the_data(example: str) -> None:
    answer = ask("brief", load((str(EXAMPLES / example),), lambda *_: None)).answer
    known = set(_numbers(answer.data.model_dump(mode="json")))
    assert answer.page is not None
    said = [answer.headline, *(line for section in answer.page.sections for line in section.lines)]
    counted = {
        int(number.replace(",", "")) for text in said for number in re.findall(r"(?<![\w-])\d[\d,]*(?![\w-])", text)
    }
    assert counted
    assert counted <= known


def _numbers(value: Any) -> list[int]:
    """The numbers in data, and how many things each of its lists names."""
    if isinstance(value, dict):
        return [number for inner in value.values() for number in _numbers(inner)]
    if isinstance(value, list):
        return [len(value), *(number for inner in value for number in _numbers(inner))]
    return [int(value)] if isinstance(value, int | float) and not isinstance(value, bool) else []


@every_example
def test_what_closes_ways_and_what_reaches_are_one_count(example: str) -> None:
    """The ways are those of the rows of reach at their level, and what closes some closes only such."""
    data = ask("brief", load((str(EXAMPLES / example),), lambda *_: None)).answer.data.model_dump()
    level = [next(it for it in row["reach"] if it["level"] == data["level"]) for row in data["reaching"]]
    ways = {
        (row["party"], jewel)
        for row, here in zip(data["reaching"], level, strict=True)
        for jewel in here["crown_jewels"]
    }
    assert len(ways) == data["ways"] > 0
    assert all(ways.issuperset(row["ways"]) for row in data["cuts"])
    assert all(ways.isdisjoint(row["ways"]) for row in data["rests_on"])
