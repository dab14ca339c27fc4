"""One page for a board: it is one page, and every number on it stands in the data."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import blastradius as br
from blastradius.answer import Page, Section
from blastradius.api import ask
from blastradius.cli import main
from blastradius.errors import DrawingError, UsageError
from blastradius.estate import Estate
from blastradius.model import Control, ControlKind
from blastradius.render.html import as_html
from blastradius.render.pages import as_pdf
from blastradius.render.text import as_markdown, table
from tests.engine.short import estate
from tests.queries.degenerate import ESTATES
from tests.render.test_pages import pages

EXAMPLES = Path(__file__).parents[2] / "examples"
INCIDENTS = sorted(folder for folder in (EXAMPLES / "incidents").iterdir() if folder.is_dir())
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
every_example = pytest.mark.parametrize("example", ["northwind", "meridian"])


@cache
def asked(example: str, *, since: bool = False, appendix: bool = False) -> Any:
    """The page of an example, asked once for all tests that look at it."""
    earlier = {"since": EXAMPLES / "signers"} if since else {}
    return ask("brief", br.load(EXAMPLES / example), appendix=appendix, **earlier)


@every_example
def test_it_prints_as_one_page(example: str, tmp_path: Path) -> None:
    """With all that is in another estate gone, too."""
    pytest.importorskip("typst")
    since = ["--since", str(EXAMPLES / "signers")]
    assert main(["brief", str(EXAMPLES / example), *since, "-o", str(tmp_path / "brief.pdf")]) == 0
    assert pages((tmp_path / "brief.pdf").read_bytes()) == 1


@every_example
def test_every_number_of_the_page_stands_in_the_data(example: str) -> None:
    answer = asked(example, since=True).answer
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
    data = asked(example).answer.data.model_dump()
    level = [next(it for it in row["reach"] if it["level"] == data["level"]) for row in data["reaching"]]
    ways = {
        (row["party"], jewel)
        for row, here in zip(data["reaching"], level, strict=True)
        for jewel in here["crown_jewels"]
    }
    assert len(ways) == data["ways"] > 0
    assert all(ways.issuperset(row["ways"]) for row in data["cuts"])
    assert all(ways.isdisjoint(row["ways"]) for row in data["rests_on"])


def page_said(built: Estate, **params: Any) -> str:
    answer = ask("brief", built, **params).answer
    return " ".join(table(answer, width=80).split())


@pytest.mark.parametrize("name", ESTATES)
def test_it_is_one_page_of_whatever_there_is(name: str) -> None:
    pytest.importorskip("typst")
    answer = ask("brief", ESTATES[name]).answer
    assert answer.page is not None
    assert pages(as_pdf(answer.page, answer.headline)) == 1


@every_example
def test_every_form_has_the_same_parts_in_the_same_order(example: str) -> None:
    answer = asked(example).answer
    assert answer.page is not None
    titles = [section.title for section in answer.page.sections]
    for text in (as_html(answer, drawing="<svg></svg>"), as_markdown(answer), table(answer, width=None)):
        places = [text.index(title) for title in titles]
        assert places == sorted(places)
    html = as_html(answer, drawing="<svg></svg>")
    assert html.index(titles[1]) < html.index("<svg>") < html.index(titles[2])


def test_a_control_that_nobody_has_shown_to_work_is_what_few_ways_rest_on() -> None:
    jewel = {"d": {"crown_jewel": True}, "d2": {"crown_jewel": True}}
    assumed = {"reads:o>d2": Control(kind=ControlKind.ENCRYPTED_ELSEWHERE, status="assumed")}
    built = estate("holds:p>k", "grants:k>o", "reads:o>d", "reads:o>d2", entities=jewel, controls=assumed)
    data: Any = br.brief(built).data
    assert [row.ways for row in data.rests_on] == [(("p", "d2"),)]
    assert (data.ways, [(row.change, row.ways) for row in data.cuts]) == (1, [("revoke:k", (("p", "d"),))])
    assert "(1 more without it)" in page_said(built)


def test_who_reaches_a_jewel_that_strangers_have_to_break_into_is_among_those_that_reach_one() -> None:
    """At a higher level anyone could, and what anyone could is not counted there."""
    jewel = {"d": {"crown_jewel": True}, "o": {"anonymous": True, "direction": "exposed"}}
    built = estate("holds:p>k", "grants:k>o2", "reads:o2>d", "serves:s>o", "reads:s>d", entities=jewel)
    data: Any = br.brief(built).data
    assert [level.crown_jewels for level in data.reaching[0].reach] == [("d",), ("d",), (), ()]
    assert (data.reaching_jewels, data.level, data.ways) == (1, "granted", 1)


def test_what_is_not_known_is_said_so() -> None:
    said = page_said(estate("holds:p>k", "grants:k>o", "reads:o>d"))
    assert "for no crown jewel is marked" in said
    assert "No process is stated, so what would stop is unknown." in said
    assert "Concentration: unknown" in said
    assert page_said(estate("reads:o>d")).startswith("the estate has no third party, as far as is stated")


@pytest.mark.parametrize("built", [*ESTATES.values(), estate("owns:p>s", entities={"d": {"crown_jewel": True}})])
def test_no_part_of_the_page_is_empty(built: Estate) -> None:
    page = ask("brief", built).answer.page
    assert page is not None
    empty = [part.title for part in page.sections if not (part.lines or (part.table and part.table.rows))]
    assert not empty


def test_where_no_change_was_tried_it_is_not_said_that_none_of_0_helps() -> None:
    jewel = {"b": {"crown_jewel": True}, "p2": {"role": "self"}}
    said = page_said(estate("owns:p>s", "depends_on:s2>s", "owns:p2>s2", "depends_on:b>s2", entities=jewel))
    assert "of 0 changes" not in said
    assert "No change that is ours to make at once could close a way at level 'granted'; not tried: 2 others" in said


def test_where_no_jewel_is_marked_it_is_not_said_that_there_is_nothing_to_cut() -> None:
    """Nor, where nobody is there who could be out, that nothing stops without them."""
    said = page_said(estate("holds:p>k", "grants:k>o", "reads:o>d"))
    assert "nothing to cut" not in said
    assert "Unknown: no crown jewel is marked, so it is not known what to keep out of reach." in said
    alone = page_said(estate("depends_on:b>s"))
    assert "No third party is stated, so what would stop without one is unknown." in alone
    assert "is known to stop" not in alone


def test_an_appendix_has_a_page_a_third_party_and_the_first_page_stays_one(tmp_path: Path) -> None:
    pytest.importorskip("typst")
    answer = asked("northwind", appendix=True).answer
    data: Any = answer.data
    assert answer.page == asked("northwind").answer.page
    assert (len(answer.appendix), data.appendix_left) == (data.third + data.fourth, 0)
    assert answer.page is not None
    assert pages(as_pdf(answer.page, answer.headline, appendix=answer.appendix)) == 1 + len(answer.appendix)
    for text in (as_html(answer), as_markdown(answer), table(answer, width=None)):
        assert text.count("What would cut it") == len(answer.appendix)


def test_every_number_of_an_appendix_stands_in_the_data() -> None:
    answer = asked("northwind", appendix=True).answer
    for page, row in zip(answer.appendix, answer.data.model_dump(mode="json")["appendix"], strict=True):
        assert page.title == row["ties"]["name"]
        said = [line for section in page.sections for line in section.lines]
        told = {int(number) for text in said for number in re.findall(r"(?<![\w-])\d+(?![\w-])", text)}
        assert told <= set(_numbers(row))


def test_the_appendix_says_of_each_what_the_other_answers_say() -> None:
    """The register is that of the inventory, the measures those of governance."""
    here = br.load(EXAMPLES / "meridian")
    asked = (br.brief(here, appendix=True), br.inventory(here), br.governance(here))
    data, register, governed = (found.data.model_dump() for found in asked)
    assert [row["ties"] for row in data["appendix"]] == list(register["parties"])
    measures = {row["ties"]["party"]: row["measures"] for row in data["appendix"]}
    assert all(measures[row["party"]] == row["measures"] for row in governed["rows"])
    stops = {row["ties"]["party"]: row["stops"] for row in data["appendix"]}
    assert all(stops[row["party"]] == (row["stops"] or ()) for row in governed["rows"])
    lowest = [row for row in data["appendix"] if row["level"] == data["level"]]
    assert {way for row in lowest for cut in row["cuts"] for way in cut["ways"]} >= {
        way for cut in data["cuts"] for way in cut["ways"]
    }


def test_who_has_no_page_is_counted() -> None:
    crowd: Any = br.brief(estate(entities={f"p{number}": {} for number in range(62)}), appendix=True)
    assert (len(crowd.data.appendix), crowd.data.appendix_left) == (60, 2)
    assert crowd.answer.appendix[-1].sections[0].lines[0].startswith("2 more third parties have no page")


@pytest.mark.parametrize("name", ESTATES)
def test_an_appendix_of_an_estate_at_the_edge(name: str) -> None:
    answer = ask("brief", ESTATES[name], appendix=True).answer
    assert table(answer, width=80).count("What ties it to us") == len(answer.appendix)


def test_a_page_of_an_appendix_that_is_too_long_for_a_sheet_goes_on_to_the_next() -> None:
    pytest.importorskip("typst")
    page = Page("long", "", (Section("s", tuple(f"line {number}" for number in range(300))),))
    short = Page("short", "", (Section("s", ("one",)),))
    assert pages(as_pdf(short, "h", appendix=[page, short])) > 3
    with pytest.raises(DrawingError, match="does not fit one sheet"):
        as_pdf(page, "h")


JEWELS: dict[str, Any] = {"d": {"crown_jewel": True}, "b": {}, "s": {}}
BEFORE = ("holds:p>k", "reads:o>d", "owns:p>s", "holds:p2>k2", "grants:k2>o2", "reads:o2>d", "depends_on:b>s2")
NOW = ("holds:p>k", "reads:o>d", "owns:p>s", "grants:k>o", "depends_on:b>s dependency=hard", "holds:p3>k2")


def test_what_changed_since_an_earlier_estate_is_told_and_counted() -> None:
    before = estate(*BEFORE, entities=JEWELS, controls={"reads:o>d": Control(kind=ControlKind.ENCRYPTED_ELSEWHERE)})
    now = estate(*NOW, entities=JEWELS, controls={"holds:p>k": Control(kind=ControlKind.NON_EXPORTABLE)})
    data: Any = br.brief(now, since=before).data
    since = data.since
    assert [(row.party, row.jewel, row.level, row.before) for row in since.new_ways] == [("p", "d", "granted", None)]
    assert [(row.party, row.jewel, row.level, row.before) for row in since.gone_ways] == [("p2", "d", None, "granted")]
    assert [row.party for row in (*since.new_parties, *since.gone_parties)] == ["p3", "p2"]
    assert [row.control for row in since.controls_gained] == ["non_exportable@holds:p>k"]
    assert [row.control for row in since.controls_lost] == ["encrypted_elsewhere@reads:o>d"]
    assert [(row.party, row.process) for row in since.new_stops] == [("p", "b")]
    said = page_said(now, since=before)
    assert "and could not before: p to d, level granted. Who could before, and no more: p2 to d, level granted" in said
    assert "and did not before: b without p. What did before, and no more: nothing that is known." in said


def test_that_nothing_changed_and_that_nothing_was_compared_are_two_answers() -> None:
    built = estate(*BEFORE, entities=JEWELS)
    assert "nothing changed; both state the same" in page_said(built, since=built)
    assert "Not compared: no earlier estate was given, so what changed is not known." in page_said(built)
    assert br.brief(built).data.model_dump()["since"] is None
    bare = estate("holds:p>k")
    said = page_said(built, since=bare)
    assert "What would stop cannot be compared, for no process is stated in the earlier estate." in said
    assert "p2 to d, level granted, not stated before" in said
    assert "cannot be compared, for no crown jewel is marked" in page_said(bare, since=estate("holds:p2>k"))


def test_what_is_marked_only_now_is_no_new_reach() -> None:
    """It was in reach before; only nobody had said that it matters."""
    marked = estate(*BEFORE, entities=JEWELS)
    data: Any = br.brief(marked, since=estate(*BEFORE)).data
    assert (data.since.new_ways, data.since.gone_ways, data.since.differing) == ((), (), 1)


def test_what_is_not_as_it_is_stated_is_not_compared() -> None:
    with pytest.raises(UsageError, match="since= compares what is stated; leave out with_= and without="):
        br.brief(estate(*BEFORE), since=estate(*NOW), without="holds:p>k")
    with pytest.raises(UsageError, match="since is 5"):
        ask("brief", estate(*BEFORE), since=5)


@pytest.mark.parametrize("name", ESTATES)
def test_an_estate_at_the_edge_is_compared_either_way(name: str) -> None:
    plain, edge = estate(*NOW, entities=JEWELS), ESTATES[name]
    assert br.brief(plain, since=edge).data.model_dump()["since"]["differing"] > 0
    assert page_said(edge, since=plain)


@pytest.mark.slow
@pytest.mark.parametrize("folder", INCIDENTS, ids=lambda folder: folder.name)
def test_each_incident_prints_as_one_page(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("typst")
    assert main(["brief", str(folder), "-o", str(tmp_path / "brief.pdf")]) == 0
    assert pages((tmp_path / "brief.pdf").read_bytes()) == 1


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium here, so the page was opened in no browser")
def test_a_browser_shows_it_without_a_complaint(tmp_path: Path) -> None:
    """All sections and the picture are there; nothing is refused by the page's own policy."""
    assert main(["brief", str(EXAMPLES / "northwind"), "-o", str(tmp_path / "brief.html")]) == 0
    switches = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile"]
    logged = ["--enable-logging=stderr", "--dump-dom", (tmp_path / "brief.html").as_uri()]
    shown = subprocess.run([str(BROWSER), *switches, *logged], capture_output=True, text=True, timeout=120, check=True)
    assert shown.stdout.count("<h2>") == 8
    assert "<svg" in shown.stdout
    assert "CONSOLE" not in shown.stderr
