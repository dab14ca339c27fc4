"""Journeys of a board, a planner and an architect through the page, each beside what the command line answers."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from blastradius.cli import main
from blastradius.engine import compile_system
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Party, Relation, Service, Store, Verb
from blastradius.render.page.explorer import Written, explorer
from tests.render.page.browser import READY, Opened, needed, running, told, wanted

pytestmark = pytest.mark.slow
LEVELS = ("granted", "abused", "takeover", "lateral")
FIREWALL = "hardened@orders_api"
GRANT = "grants:acme_token>orders:orders.read"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    needed()
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def written(browser: Any, northwind: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    page = tmp_path_factory.mktemp("page") / "explorer.html"
    assert main(["explore", str(northwind), "-o", str(page)]) == 0
    return page


@pytest.fixture
def page(browser: Any, written: Path) -> Iterator[Opened]:
    opened = Opened(browser, written)
    yield opened
    opened.close()


@pytest.fixture
def agrees(northwind: Path, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """That a page says what the command line says, with these options."""

    def agree(page: Opened, *options: str) -> dict[str, Any]:
        answer = told(northwind, *options, folder=tmp_path)
        assert page.text("#trouble") == ""
        assert page.text("#headline") == answer["headline"]
        shown, there = page.reached(), wanted(answer)
        assert shown == (there if any(shown.values()) else dict.fromkeys(there, ""))  # a failure has no level
        return answer

    return agree


Agrees = Callable[..., dict[str, Any]]


def test_a_board_asks_of_one_partner_how_far_at_each_level(page: Opened, agrees: Agrees) -> None:
    page.tab.click("#offer-compromise-acme")
    for number, level in enumerate(LEVELS, start=1):
        page.press(str(number))
        agrees(page, "--compromise", "acme", "--assume", level)


def test_a_board_asks_what_if_that_firewall_did_not_hold(page: Opened, agrees: Agrees) -> None:
    page.say("Acme Logistics")
    page.press("4")
    before = page.reached()
    page.tab.evaluate("(id) => document.getElementById(id).click()", f"control-{FIREWALL}")
    agrees(page, "--compromise", "acme", "--assume", "lateral", "--distrust", FIREWALL)
    gained = page.tab.evaluate(
        "() => [...document.querySelectorAll('[id^=\"gained-\"]')].map((row) => row.dataset.entity)"
    )
    assert {*gained} == page.reached().keys() - before.keys() != set()
    page.tab.evaluate("(id) => document.getElementById(id).click()", f"control-{FIREWALL}")
    assert page.reached() == before


def test_a_board_sees_every_crown_jewel_in_large_type(page: Opened, agrees: Agrees) -> None:
    page.say("acme")
    page.press("4")
    answer = agrees(page, "--compromise", "acme", "--assume", "lateral")
    page.press("b")
    cards = page.tab.evaluate(
        "() => [...document.querySelectorAll('#jewels .card')].map((card) => [card.firstChild.id, card.className])"
    )
    reached = {name.removeprefix("jewel-") for name, look in cards if "level" in look}
    assert reached == {fact["entity"] for fact in answer["facts"] if fact["crown_jewel"]}
    assert len(cards) > len(reached)


def test_a_board_asks_when_a_failure_is_felt(page: Opened, agrees: Agrees) -> None:
    page.tab.click("#offer-outage-cloudnine")
    page.tab.fill("#hours", "8")
    page.tab.press("#hours", "Enter")
    page.press("4")
    answer = agrees(page, "--outage", "cloudnine=8", "--assume", "lateral")
    shown = page.tab.evaluate("() => [...document.querySelectorAll('.time .name')].map((row) => row.textContent)")
    assert shown == [row["name"] for row in answer["timeline"]] != []


def test_a_planner_lets_several_things_happen_at_once(page: Opened, agrees: Agrees) -> None:
    page.say("acme")
    page.say("Carrier rates")
    page.tab.check("#anyone", force=True)
    agrees(page, "--compromise", "acme", "--poison", "carrier_rates", "--anyone")


def test_a_planner_goes_back_and_forth(page: Opened, agrees: Agrees) -> None:
    page.say("acme")
    page.press("4")
    page.press("u")
    agrees(page, "--compromise", "acme")
    page.press("u")
    assert page.reached() == {}
    page.press("r")
    page.press("r")
    agrees(page, "--compromise", "acme", "--assume", "lateral")
    assert page.tab.is_disabled("#redo")


def test_a_planner_keeps_a_scenario_and_comes_back_to_it(page: Opened, agrees: Agrees) -> None:
    page.say("acme")
    page.opened("#asking details")
    page.tab.fill("#scenario-name", "The carrier")
    page.tab.press("#scenario-name", "Enter")
    page.tab.click("#drop-compromise-acme")
    assert page.reached() == {}
    page.tab.click("text=The carrier")
    agrees(page, "--compromise", "acme")


def test_another_way_to_start_is_chosen_beside_the_name(page: Opened, agrees: Agrees) -> None:
    page.say("cloudnine")
    page.tab.select_option("#way-compromise-cloudnine", "outage")
    agrees(page, "--outage", "cloudnine")


def test_an_architect_takes_a_grant_away(page: Opened, agrees: Agrees) -> None:
    page.say("acme")
    page.opened("#asking details")
    page.tab.fill("#relation", GRANT)
    page.tab.press("#relation", "Enter")
    agrees(page, "--compromise", "acme", "--without", GRANT)


def test_an_architect_asks_why(page: Opened, northwind: Path, agrees: Agrees) -> None:
    page.say("acme")
    page.press("4")
    answer = agrees(page, "--compromise", "acme", "--assume", "lateral")
    page.tab.evaluate("(id) => document.getElementById(id).click()", "reached-customer_replica")
    steps = page.tab.evaluate("() => [...document.querySelectorAll('.strip .row')].map((row) => row.textContent)")
    proved = [step["says"] for step in answer["certificate"]["steps"]]
    assert steps == [says for says in proved if says in steps] != []
    assert steps[-1].startswith("Customer replica")
    assert ".yaml:" in page.text(".strip")


def test_an_architect_asks_why_not_and_what_would_change_it(page: Opened, agrees: Agrees) -> None:
    page.say("acme")
    page.press("4")
    agrees(page, "--compromise", "acme", "--assume", "lateral")
    page.press("t")
    page.tab.fill("#table-filter", "customer_db")
    page.tab.click("#dialog th .link >> nth=0")
    assert page.tab.locator(".stops li").count() > 0
    page.tab.locator(".stops .link").first.click()
    assert page.text("#meaning").startswith("Asked as a what-if: 1 control taken not to hold")


def test_an_architect_asks_only_of_what_is_well_known(page: Opened, agrees: Agrees) -> None:
    page.say("acme")
    page.opened("#asking details")
    page.tab.check("#basis-declared")
    page.press("4")
    agrees(page, "--compromise", "acme", "--assume", "lateral", "--basis", "declared")


def test_the_command_line_that_is_shown_gives_the_answer_that_is_shown(page: Opened, tmp_path: Path) -> None:
    page.say("acme")
    page.say("Carrier rates")
    page.press("3")
    page.tab.evaluate("(id) => document.getElementById(id).click()", f"control-{FIREWALL}")
    page.press("s")
    words = shlex.split(page.tab.input_value("#command"))
    assert words[:2] == ["blastradius", "reach"]
    answer = told(words[2], *words[3:], folder=tmp_path)
    assert (page.text("#headline"), page.reached()) == (answer["headline"], wanted(answer))


def test_a_link_brings_it_all_back(browser: Any, page: Opened, written: Path) -> None:
    page.say("acme")
    page.press("3")
    page.tab.evaluate("(id) => document.getElementById(id).click()", f"control-{FIREWALL}")
    page.press("s")
    address, _, fragment = page.tab.input_value("#link").partition("#")
    again = Opened(browser, written, f"#{fragment}")
    assert address.endswith("explorer.html")
    assert (again.text("#headline"), again.reached()) == (page.text("#headline"), page.reached())
    again.close()


def test_a_brief_leads_to_what_it_tells(browser: Any, written: Path, northwind: Path, tmp_path: Path) -> None:
    brief, data = tmp_path / "brief.html", tmp_path / "brief.json"
    assert main(["brief", str(northwind), "-o", str(brief), "--explorer", str(written)]) == 0
    assert main(["brief", str(northwind), "-o", str(data)]) == 0
    told_of = json.loads(data.read_text("utf-8"))
    opened = Opened(browser, brief, ready="document.readyState === 'complete'")
    assert opened.requests == [f"file://{brief}"]
    opened.tab.click("a[href*='explorer.html#ask=']")
    opened.until(READY)
    options = ("--compromise", told_of["drawn"], "--assume", told_of["level"])
    answer = told(northwind, *options, folder=tmp_path)
    assert (opened.text("#headline"), opened.reached()) == (answer["headline"], wanted(answer))
    opened.press("s")
    assert shlex.split(opened.tab.input_value("#command"))[3:] == [*options]
    opened.close()


@pytest.mark.parametrize("damage", ["#ask=", "#ask=%%%", "#ask=e30x", "#nothing", "#ask=eyJhc3N1bWUiOjl9"])
def test_of_a_damaged_link_it_says_so_in_one_sentence(browser: Any, written: Path, damage: str) -> None:
    opened = Opened(browser, written, damage)
    assert "link" in opened.text("#trouble")
    assert opened.reached() == {}
    opened.say("acme")
    assert opened.text("#trouble") == ""
    assert opened.reached() != {}
    opened.close()


def test_everything_can_be_done_without_a_mouse(page: Opened, agrees: Agrees) -> None:
    page.press("/")
    page.tab.keyboard.type("acme log")
    page.tab.keyboard.press("Enter")
    page.tab.focus("#level")
    page.tab.keyboard.press("ArrowRight")
    page.tab.keyboard.press("ArrowRight")
    agrees(page, "--compromise", "acme", "--assume", "lateral")
    page.tab.focus(f"[id='control-{FIREWALL}']")
    page.tab.keyboard.press("Space")
    agrees(page, "--compromise", "acme", "--assume", "lateral", "--distrust", FIREWALL)
    assert page.tab.evaluate("document.activeElement.id") == f"control-{FIREWALL}"
    page.press("?")
    page.tab.keyboard.press("Escape")
    assert not page.tab.evaluate("document.querySelector('dialog').open")


def test_the_table_has_every_thing_and_every_connection(page: Opened, agrees: Agrees) -> None:
    page.say("acme")
    answer = agrees(page, "--compromise", "acme")
    page.press("t")
    assert page.text("#dialog .scroll p") == f"{answer['model']['entities']} lines"
    page.tab.click("#table-connections")
    assert page.text("#dialog .scroll p") == f"{answer['model']['relations']} lines"


def test_the_page_says_what_it_is(page: Opened, northwind: Path, tmp_path: Path) -> None:
    answer = told(northwind, "--compromise", "acme", folder=tmp_path)
    said = page.text("#about")
    assert answer["model"]["digest"] in said
    assert "own engine" in said
    assert "not “will be reached”" in said
    assert "2026-11-01" in said


def test_an_architect_puts_a_control_in_place(page: Opened, agrees: Agrees) -> None:
    page.say("acme")
    page.press("4")
    before = page.reached()
    page.opened("#asking details")
    page.tab.fill("#host", "label_svc")
    page.tab.press("#host", "Enter")
    page.tab.click("#put-hardened")
    agrees(page, "--compromise", "acme", "--assume", "lateral", "--with", "hardened@label_svc")
    assert page.reached().keys() < before.keys()


def test_a_box_of_several_things_is_opened(page: Opened) -> None:
    page.say("acme")
    page.press("4")
    page.drawn()
    boxes = "document.querySelectorAll('#picture-after [role=button]').length"
    before = page.tab.evaluate(boxes)
    page.tab.locator("#picture-after [role=button]", has_text="operations").first.dispatch_event("click")
    page.tab.click("#unfold")
    page.until(f"{boxes} > {before}")


def test_before_and_after_stand_side_by_side(page: Opened) -> None:
    page.say("acme")
    page.press("4")
    page.press("c")
    page.until("document.querySelectorAll('.host svg').length === 2")
    seen = "[...document.querySelectorAll('.host svg')].map((picture) => picture.getAttribute('viewBox'))"
    page.tab.evaluate("document.querySelector('#picture-before svg').focus()")
    page.tab.keyboard.press("+")
    before, now = page.tab.evaluate(seen)
    assert before == now
    assert not before.startswith("0 0 ")
    assert "new" in page.tab.evaluate(
        "[...document.querySelectorAll('#picture-after .node text')].map((text) => text.textContent)"
    )


def test_an_api_is_drawn_as_one_box_and_again_as_before(page: Opened) -> None:
    page.say("acme")
    page.press("4")
    page.tab.click("#draw-full")
    page.drawn()
    boxes = "document.querySelectorAll('#picture-after .node[role=button]').length"
    page.tab.locator("#picture-after [aria-label*='Export customers']").first.dispatch_event("click")
    before = page.tab.evaluate(boxes)
    page.tab.click("#gather-api")
    page.until(f"{boxes} < {before}")
    page.tab.click("#gather-api")
    page.until(f"{boxes} === {before}")


@pytest.mark.parametrize(("kind", "begins"), [("svg", b"<"), ("png", b"\x89PNG")])
def test_the_picture_is_taken_along(page: Opened, kind: str, begins: bytes) -> None:
    page.say("acme")
    page.drawn()
    page.press("s")
    with page.tab.expect_download() as found:
        page.tab.click(f"#save-{kind}")
    kept = Path(found.value.path()).read_bytes()
    assert kept.startswith(begins)
    assert kind != "svg" or b"Acme Logistics" in kept


@pytest.mark.parametrize("look", [{"viewport": {"width": 400, "height": 800}}, {"color_scheme": "dark"}])
def test_on_a_small_or_dark_screen_it_says_the_same(
    browser: Any, written: Path, agrees: Agrees, look: dict[str, Any]
) -> None:
    opened = Opened(browser, written, **look)
    opened.say("acme")
    agrees(opened, "--compromise", "acme")
    assert opened.tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    opened.close()


AXE = os.environ.get("BLASTRADIUS_AXE", "")
CHECKED = """async () => {
  const { violations } = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa"] });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}"""


@pytest.mark.skipif(not Path(AXE).is_file(), reason="BLASTRADIUS_AXE names no axe.min.js, which checks accessibility")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_used_by_those_who_see_or_hear_it_otherwise(browser: Any, written: Path, scheme: str) -> None:
    opened = Opened(browser, written, color_scheme=scheme)
    opened.tab.evaluate(Path(AXE).read_text("utf-8"))
    found = opened.tab.evaluate(CHECKED)
    opened.say("acme")
    opened.press("4")
    opened.drawn()
    opened.reached()
    opened.tab.evaluate("(id) => document.getElementById(id).click()", "reached-customer_replica")
    for key in ("a", "b", "t"):
        opened.press(key)
        found += opened.tab.evaluate(CHECKED)
    assert found == []
    opened.close()


HOSTILE = (
    "</script><script>document.title = 'ran'</script>",
    "<img src=x onerror=\"document.title = 'ran'\">",
    *("$& $1 ${title}", "{} {starts}", "'\"`&<>", "\u202eevil\u202c", "a\u0000b", "__proto__", "constructor"),
    *("javascript:void 0", "e\u0301 漢字 \U0001f600"),
)


def hostile_names(shared: Path | None) -> list[str]:
    """Our own, and where they lie here, those of the shared bad inputs."""
    found = shared / "badinput" / "generated" / "hostile_names.json" if shared else None
    more = json.loads(found.read_text("utf-8")) if found and found.is_file() else []
    return list(dict.fromkeys([*HOSTILE, *(row["name"] for row in more if 0 < len(row["name"]) < 400)]))


def test_hostile_names_are_shown_unchanged_and_never_run(browser: Any, tmp_path: Path) -> None:
    shared = os.environ.get("BLASTRADIUS_SHARED")
    names = hostile_names(Path(shared) if shared else None)
    party = Party(id="start", name="Start")
    stores = [Store(id=f"s{place}", name=name, crown_jewel=True) for place, name in enumerate(names)]
    services = [Service(id=f"v{place}", name=f"v {name}") for place, name in enumerate(names)]
    owns = [Relation(verb=Verb.OWNS, sources=("start",), targets=(service.id,)) for service in services]
    reads = [
        Relation(verb=Verb.READS, sources=(service.id,), targets=(store.id,))
        for service, store in zip(services, stores, strict=True)
    ]
    estate = Estate.build([Loaded(title=names[0], entities=(party, *stores, *services), relations=(*owns, *reads))])
    target = tmp_path / "explorer.html"
    target.write_text(explorer(compile_system(estate), Written(names[0], (names[0],))), "utf-8")
    opened = Opened(browser, target)
    opened.say("start")
    opened.press("2")
    shown = opened.tab.evaluate("() => [...document.querySelectorAll('#jewels .name')].map((name) => name.textContent)")
    assert sorted(shown) == sorted(estate.entities[store.id].label for store in stores)
    for name in names[:12]:
        opened.tab.fill("#start", name)
        assert name.strip() == "" or opened.tab.locator("#start-list [role=option]").count() > 0
    opened.press("t")
    opened.tab.keyboard.press("Escape")
    assert {store.id for store in stores} <= opened.reached().keys()
    opened.tab.evaluate("(id) => document.getElementById(id).click()", "reached-s0")
    opened.press("s")
    assert names[0].split("<")[0] in opened.tab.input_value("#command")
    fragment = opened.tab.input_value("#link").partition("#")[2]
    assert opened.tab.title() == names[0]
    opened.close()
    again = Opened(browser, target, f"#{fragment}")
    assert again.reached() != {}
    again.close()
