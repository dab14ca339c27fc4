"""The page plays an exercise as the command tells it, and tells participants what they know and nothing else."""

from __future__ import annotations

import json
import os
import shlex
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from blastradius import loading
from blastradius.cli import main
from blastradius.engine import ScenarioParams
from blastradius.estate import Estate
from blastradius.reports.exercise_data import CardRow
from blastradius.reports.playing import Begun
from blastradius.reports.symptoms import BLANK
from tests.render.page.asking import FOLDER, NODE
from tests.render.page.browser import Opened, needed, running
from tests.render.page.playing import Game, answered, differing, game_of, said, wanted
from tests.render.page.test_explorer import carried

SCENARIO = ("--compromise", "acme", "--assume", "lateral")
LABEL_KEY, FEED, TOKEN = "revoke:acme_label_key", "pause:carrier_rates", "revoke:acme_token"
JOURNEYS = {
    "one decision": ((3, LABEL_KEY),),
    "two decisions": ((1, FEED), (3, LABEL_KEY)),
    "all of it": ((1, "revoke all:acme"), (2, FEED), (5, TOKEN)),
    "too late": ((7, "grants:acme_token>orders:shipments.write"),),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    needed()
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def written(browser: Any, northwind: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    page = tmp_path_factory.mktemp("exercise") / "exercise.html"
    assert main(["explore", str(northwind), "--exercise", *SCENARIO, "-o", str(page)]) == 0
    return page


@pytest.fixture
def page(browser: Any, written: Path) -> Iterator[Opened]:
    opened = Opened(browser, written)
    ready(opened)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def estate(northwind: Path) -> Estate:
    return loading.load([str(northwind)])


def ready(page: Opened) -> None:
    """Wait until the exercise, as it goes on now, is worked out."""
    page.until("document.querySelector('.now') !== null && document.querySelector('.now').ariaBusy !== 'true'")
    page.until("document.querySelector('#next') !== null")


def told(northwind: Path, folder: Path, *options: str) -> dict[str, Any]:
    """What ``exercise --format json`` says."""
    target = folder / "exercise.json"
    line = ["exercise", str(northwind), *SCENARIO, *options, "--format", "json", "-o", str(target)]
    assert main(line) == 0
    found: dict[str, Any] = json.loads(target.read_text("utf-8"))
    return found


CARDS = """(where) => [...document.querySelectorAll(`${where} .decision`)].map((card) => [card.dataset.lever,
  [...card.querySelectorAll("dd")].map((count) => count.textContent), card.querySelector(".outcome").textContent,
  card.querySelector(".cost").textContent])"""


def cards(page: Opened, where: str) -> list[Any]:
    """The cards that are shown: lever, what is reached, what it does, what it costs."""
    found: list[Any] = page.tab.evaluate(CARDS, where)
    return found


def as_told(estate: Estate, rows: list[dict[str, Any]]) -> list[Any]:
    """The same cards as the command's tables have them."""
    found = [(row["lever"], said(estate, CardRow.model_validate(row))) for row in rows]
    return [[lever, words["reached"], words["outcome"], words["cost"]] for lever, words in found]


def on_to(page: Opened, number: int) -> None:
    """On to an inject, by its number."""
    for _ in range(12):
        current = page.tab.evaluate("document.querySelector('.run [aria-current]')?.id ?? 'run--1'")
        if int(current.removeprefix("run-")) >= number - 1:
            return
        page.press("n")


def decide(page: Opened, lever: str, says: str) -> None:
    """Decide something now, be it offered or not."""
    if page.tab.locator(f"#choices [id='decide-{lever}']").count() == 0:
        page.tab.select_option("#other", label=says)
    page.tab.click(f"[id='decide-{lever}']")
    ready(page)


def number_of(inject: str) -> int:
    return int(inject.removeprefix("inject-"))


@pytest.mark.slow
@pytest.mark.parametrize("journey", JOURNEYS)
def test_after_each_decision_it_goes_on_as_the_command_tells_it(
    page: Opened, journey: str, northwind: Path, estate: Estate, tmp_path: Path
) -> None:
    made: list[str] = []
    number, answer = 0, told(northwind, tmp_path)
    for number, lever in JOURNEYS[journey]:
        on_to(page, number)
        made.append(f"--decide=inject-{number}={lever}")
        answer = told(northwind, tmp_path, *made)
        decide(page, lever, answer["answers"]["decided"][-1]["says"])
        assert page.text("#headline") == answer["headline"]
        assert page.tab.evaluate(
            "[...document.querySelectorAll('.run li:not(.averted)[id] > span')].map((row) => row.textContent)"
        ) == [inject["says"] for inject in answer["injects"]]
        gone = {(row["says"], row["surely"]) for row in answer["answers"]["averted"]}
        shown = page.tab.evaluate(
            "[...document.querySelectorAll('.run .averted')].map((row) => "
            "[row.querySelector('span').textContent, row.querySelector('.why').textContent.includes('in any case')])"
        )
        assert {tuple(row) for row in shown} == gone
        assert cards(page, "#decided") == as_told(estate, answer["answers"]["decided"])
    for inject in dict.fromkeys(card["inject"] for card in answer["answers"]["cards"]):
        if number_of(inject) >= number:
            on_to(page, number_of(inject))
            rows = [card for card in answer["answers"]["cards"] if card["inject"] == inject]
            assert cards(page, "#choices") == as_told(estate, rows) != []


@pytest.mark.slow
def test_before_anything_is_decided_all_is_as_the_command_tells_it(
    page: Opened, northwind: Path, estate: Estate, tmp_path: Path
) -> None:
    answer = told(northwind, tmp_path)
    assert page.text("#headline") == answer["headline"]
    assert page.text("#minute").startswith("not begun")
    for inject in answer["injects"]:
        on_to(page, number_of(inject["inject"]))
        assert page.text(".now .inject") == inject["says"]
        assert page.text("#minute").startswith(f"minute {inject['minute']} ")
        evidence = next(row for row in answer["answers"]["evidence"] if row["inject"] == inject["inject"])
        assert evidence["expected"] in page.text(".now")
        assert all(place in page.text(".now") for place in evidence["read_in"])
        rows = [card for card in answer["answers"]["cards"] if card["inject"] == inject["inject"]]
        assert not rows or cards(page, "#choices") == as_told(estate, rows)
    hidden = page.tab.evaluate("[...document.querySelectorAll('.know .name')].map((name) => name.textContent)")
    assert [row["says"] for row in answer["answers"]["hidden"]] == hidden[: len(answer["answers"]["hidden"])]
    assert [*answer["answers"]["unknown"]] == hidden[len(answer["answers"]["hidden"]) :][
        : len(answer["answers"]["unknown"])
    ]


@pytest.mark.slow
def test_the_command_that_is_shown_tells_what_was_played(page: Opened, tmp_path: Path) -> None:
    on_to(page, 3)
    decide(page, LABEL_KEY, "revoke Acme's label key")
    words = shlex.split(page.text("#exercise-command"))
    assert words[:2] == ["blastradius", "exercise"]
    target = tmp_path / "told.json"
    assert main([*words[1:], "--format", "json", "-o", str(target)]) == 0
    assert json.loads(target.read_text("utf-8"))["headline"] == page.text("#headline")


@pytest.mark.slow
def test_what_was_decided_is_taken_back_and_it_begins_again(page: Opened) -> None:
    before = page.text("#headline")
    on_to(page, 3)
    decide(page, LABEL_KEY, "revoke Acme's label key")
    assert page.text("#headline") != before
    page.press("u")
    page.until(f"document.querySelector('#headline').textContent === {json.dumps(before)}")
    page.tab.click("#again")
    page.tab.click("#really-again")
    ready(page)
    page.until("document.querySelector('#minute').textContent.startsWith('not begun')")


@pytest.mark.slow
def test_the_clock_runs_stands_still_and_says_the_time_of_day(page: Opened) -> None:
    page.press("p")
    assert page.text("#clock") == "Pause"
    assert page.text("#minute").startswith("minute 0 ")
    assert page.text(".now .inject").startswith("Acme Logistics has seen")
    page.press("p")
    assert page.text("#clock") == "Go on"
    page.tab.fill("#begins", "10:00")
    page.tab.evaluate("document.querySelector('#begins').dispatchEvent(new Event('change'))")
    page.press("n")
    assert page.text("#minute").startswith("10:15 (minute 15)")


def participants(page: Opened) -> Any:
    """The second window, once it has been told something."""
    with page.context.expect_page() as found:
        page.tab.click("#participants")
    window = found.value
    Opened.until(window_of(page, window), "document.querySelector('#known h2') !== null")
    return window


def window_of(page: Opened, window: Any) -> Any:
    """What waits for something in another window of a page."""
    other = object.__new__(Opened)
    other.tab = window
    return other


@pytest.mark.slow
def test_participants_are_told_what_is_known_and_nothing_else(page: Opened, northwind: Path, tmp_path: Path) -> None:
    answer = told(northwind, tmp_path)
    injects, secret = answer["injects"], secrets(answer)
    window = participants(page)
    there = window_of(page, window)
    for count, inject in enumerate(injects, start=1):
        page.press("n")
        there.until(f"document.querySelectorAll('.told-rows li').length === {count}")
        shown = window.evaluate("document.documentElement.outerHTML") + window.title()
        assert inject["says"] in shown
        later = [row["says"] for row in injects[count:]]
        assert [text for text in (*secret, *later) if text in shown] == []
        options = [row["says"] for row in answer["options"] if row["inject"] == inject["inject"]]
        assert not options or options == offered(window)
    page.press("n")
    there.until("document.querySelector('.wash') !== null")


def reached_by(first: Begun, number: int) -> set[str]:
    """The things that the story has reached when it comes to an inject."""
    return {fact.entity for fact in first.story.told_by(first.told[number].fact)}


@pytest.mark.slow
def test_the_picture_has_what_the_story_has_reached_and_participants_see_it_at_the_end(
    page: Opened, played: tuple[Game, Any]
) -> None:
    first, window = played[0].first, participants(page)
    page.until("document.querySelector('.now') !== null")
    before: set[str] = set()
    for number in range(len(first.told)):
        page.press("n")
        page.until("document.querySelector('.stage svg') !== null")
        found = reached_by(first, number)
        new = f", {len(found - before) or 'none'} of them new since the last inject" if before else ""
        assert page.text(".stage figcaption").startswith(f"{len(found)} thing{'s' * (len(found) != 1)}{new}.")
        assert page.tab.evaluate("document.querySelectorAll('.stage .node[role=button]:not([opacity])').length") <= len(
            found
        )
        assert window.evaluate("document.images.length") == 0
        before = found
    page.press("n")
    window_of(page, window).until("document.querySelector('#was-reached')?.naturalWidth > 100")


def offered(window: Any) -> list[str]:
    """What participants are told may be decided."""
    rows = window.evaluate("[...document.querySelectorAll('#may-be-decided li')].map((row) => row.textContent)")
    assert rows[-2:] == ["or nothing yet", "or something else"]
    found: list[str] = rows[:-2]
    return found


def secrets(answer: dict[str, Any]) -> list[str]:
    """Texts that only the facilitator may see, and how the page's data begin."""
    closed, open_texts = answer["answers"], {row["says"] for row in answer["injects"]}
    texts = [row["says"] for row in closed["hidden"]] + closed["unknown"]
    texts += [row["expected"] for row in closed["evidence"]]
    texts += [place for row in closed["evidence"] for place in row["read_in"]]
    texts += [row["lever"] for row in closed["cards"]] + [row["says"] for row in closed["matrix"] if not row["lever"]]
    texts += [
        "out of reach",
        "no longer comes",
        "too late",
        "cost unknown",
        "cost: ",
        "H4sI",
        "crown jewel",
        "takeover",
        "granted",
    ]
    return [text for text in texts if text not in open_texts]


@pytest.mark.slow
def test_what_was_decided_is_known_and_what_it_averts_is_not(page: Opened, northwind: Path, tmp_path: Path) -> None:
    window = participants(page)
    on_to(page, 3)
    decide(page, LABEL_KEY, "revoke Acme's label key")
    there = window_of(page, window)
    there.until("document.querySelector('#was-decided') !== null")
    assert (
        window.evaluate("document.querySelector('#was-decided').textContent")
        == "after inject-3: revoke Acme's label key"
    )
    answer = told(northwind, tmp_path, f"--decide=inject-3={LABEL_KEY}")
    shown = window.evaluate("document.documentElement.outerHTML")
    gone = [row["says"] for row in answer["answers"]["averted"]]
    assert [text for text in (*secrets(answer), *gone) if text in shown] == []


@pytest.mark.slow
def test_the_participants_link_opened_alone_says_what_it_is(browser: Any, written: Path) -> None:
    alone = Opened(browser, written, "#participants")
    assert "participants' view of an exercise" in alone.text("body")
    assert "By itself it shows nothing" in alone.text("body")
    shown = alone.tab.evaluate("document.documentElement.outerHTML")
    assert [text for text in ("H4sI", "acme", "Acme", "log-ins") if text in shown] == []
    alone.close()


@pytest.mark.slow
def test_without_an_exercise_the_view_says_how_to_get_one(browser: Any, northwind: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.html"
    assert main(["explore", str(northwind), *SCENARIO, "-o", str(target)]) == 0
    opened = Opened(browser, target)
    opened.press("e")
    words = shlex.split(opened.text("#exercise-command"))
    assert words[:2] == ["blastradius", "explore"]
    assert "--exercise" in words
    assert main([*words[1:-1], str(tmp_path / "y.html")]) == 0
    opened.close()


HOSTILE = "</script><img src=x onerror=\"document.title='ran'\">'$& \u202eevil"


@pytest.mark.slow
def test_hostile_names_are_told_unchanged_and_never_run(browser: Any, tmp_path: Path) -> None:
    source, target = tmp_path / "estate.json", tmp_path / "x.html"
    seen = [{"signal": f"seen {HOSTILE}", "who": f"who {HOSTILE}"}]
    stated = {
        "blastradius": 1,
        "parties": {"p": {"name": HOSTILE, "holds": "k", "owns": "s"}},
        "services": {"s": {"name": HOSTILE + "s"}},
        "credentials": {"k": {"name": HOSTILE + "k", "grants": ["o"]}},
        "operations": {"o": {"name": HOSTILE + "o", "writes": ["d"]}},
        "stores": {"d": {"name": HOSTILE + "d", "crown_jewel": True, "seen_by": seen}},
    }
    source.write_text(json.dumps(stated), "utf-8")
    assert (
        main(["explore", str(source), "--exercise", "--compromise", "p", "--assume", "lateral", "-o", str(target)]) == 0
    )
    opened = Opened(browser, target)
    ready(opened)
    window = participants(opened)
    for _ in range(3):
        opened.press("n")
    window_of(opened, window).until("document.querySelectorAll('.told-rows li').length === 2")
    assert window.evaluate("document.querySelector('.told-rows li:last-child p').textContent") == f"seen {HOSTILE}"
    assert opened.text(".now .inject") == f"seen {HOSTILE}"
    assert "ran" not in (opened.tab.title(), window.title())
    assert window.evaluate("[...document.images].map((image) => image.id)") == ["was-reached"]
    assert opened.tab.evaluate("document.images.length") == 0
    opened.close()


def test_without_names_it_is_told_without_names(northwind: Path, tmp_path: Path) -> None:
    target, answer = tmp_path / "x.html", told(northwind, tmp_path)
    line = ["explore", str(northwind), "--exercise", *SCENARIO, "--also", "poison=carrier_rates", "--redact", "names"]
    assert main([*line, "-o", str(target)]) == 0
    exercise = carried(target.read_text("utf-8"))["exercise"]
    shown = json.dumps(exercise)
    named = [row["says"] for row in answer["injects"]] + [row["to"] for row in answer["injects"] if row["to"] != BLANK]
    assert [text for text in (*named, "Acme", "acme", "carrier", ".yaml") if text in shown] == []
    assert "something is noticed that the estate names" in {row["says"] for row in exercise["injects"]}
    assert exercise["options"] == []


AXE = os.environ.get("BLASTRADIUS_AXE", "")
CHECKED = """async () => {
  const { violations } = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa"] });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}"""


@pytest.mark.slow
@pytest.mark.skipif(not Path(AXE).is_file(), reason="BLASTRADIUS_AXE names no axe.min.js, which checks accessibility")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_used_by_those_who_see_or_hear_it_otherwise(browser: Any, written: Path, scheme: str) -> None:
    opened = Opened(browser, written, color_scheme=scheme)
    ready(opened)
    window = participants(opened)
    found: list[str] = []
    on_to(opened, 3)
    decide(opened, LABEL_KEY, "revoke Acme's label key")
    opened.opened(".exercise details")
    for tab in (opened.tab, window):
        tab.evaluate(Path(AXE).read_text("utf-8"))
        found += tab.evaluate(CHECKED)
    assert found == []
    opened.close()


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 800])
def test_on_a_small_screen_nothing_stands_out(browser: Any, written: Path, width: int) -> None:
    opened = Opened(browser, written, viewport={"width": width, "height": 800})
    ready(opened)
    on_to(opened, 6)
    assert opened.tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    opened.close()


@pytest.mark.skipif(NODE is None, reason="no Node.js here, which runs the page's scripts")
def test_random_exercises_are_played_as_the_command_plays_them() -> None:
    assert differing(0, 2) == []


@pytest.mark.slow
@pytest.mark.skipif(NODE is None, reason="no Node.js here, which runs the page's scripts")
def test_many_random_exercises_are_played_as_the_command_plays_them() -> None:
    assert differing(2, 8) == []


@pytest.fixture(scope="module")
def played(estate: Estate) -> tuple[Game, Any]:
    """An exercise of the example, and what the command says to it."""
    scenario = ScenarioParams.model_validate({"compromise": ("acme",), "assume": "lateral"}).scenario(estate)
    game = game_of(estate, scenario, [((0, 3), (2, 0))])
    return game, wanted(game)


@pytest.mark.slow
@pytest.mark.skipif(NODE is None, reason="no Node.js here, which runs the page's scripts")
def test_the_example_is_played_as_the_command_plays_it(played: tuple[Game, Any]) -> None:
    assert answered([played[0]]) == [played[1]]


BUGS = {
    "what was let in stays in": ('const PASSING = ["use", "operate"]', "const PASSING = []"),
    "a cut that does not cut": ("!this.#isOver(at) && !this.#isCut(step)", "!this.#isOver(at)"),
    "hours nobody stated are none": ("const UNSTATED_H = 1e12", "const UNSTATED_H = 0"),
    "what was told is forgotten": ("known = place === last ? [...this.held] : []", "known = []"),
}


@pytest.mark.slow
@pytest.mark.skipif(NODE is None, reason="no Node.js here, which runs the page's scripts")
@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_in_it_is_noticed(bug: str, tmp_path: Path, played: tuple[Game, Any]) -> None:
    right, wrong = BUGS[bug]
    texts = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.js")}
    assert sum(text.count(right) for text in texts.values()) == 1
    for name, text in texts.items():
        (tmp_path / name).write_text(text.replace(right, wrong), "utf-8")
    game, answer = played
    assert answered([game], tmp_path) != [answer]


REFUSED = {
    "a cut that does not cut": ("!this.#isOver(at) && !this.#isCut(step)", "!this.#isOver(at)"),
    "a step takes no time": ("at += this.clock?.delays[step] ?? 0;", ""),
    "what holds is forgotten": ("hold(facts) {", "hold(facts) { if (facts) return this;"),
    "a part is left out": ("this.#include(fact, level);", ""),
    "what is reached is late": (
        "this.#offer(fact, 1, at, 0, SEED, SEVERAL);",
        "this.#offer(fact, 1, at + 1, 0, SEED, SEVERAL);",
    ),
}


@pytest.mark.slow
@pytest.mark.skipif(NODE is None, reason="no Node.js here, which runs the page's scripts")
@pytest.mark.parametrize("bug", REFUSED)
def test_what_a_decision_leaves_is_shown_only_where_the_checker_accepts_it(
    bug: str, tmp_path: Path, played: tuple[Game, Any]
) -> None:
    right, wrong = REFUSED[bug]
    for path in FOLDER.glob("*.js"):
        text = path.read_text("utf-8")
        (tmp_path / path.name).write_text(text.replace(right, wrong) if path.name == "solver.js" else text, "utf-8")
    assert (FOLDER / "solver.js").read_text("utf-8").count(right) == 1
    (found,) = answered([played[0]], tmp_path)
    assert "checker does not accept what is reached after a decision" in found["refused"]


@pytest.mark.slow
def test_a_link_goes_on_with_an_exercise_as_it_stands(
    browser: Any, page: Opened, written: Path, northwind: Path, estate: Estate, tmp_path: Path
) -> None:
    on_to(page, 3)
    decide(page, LABEL_KEY, "revoke Acme's label key")
    on_to(page, 5)
    page.tab.fill("#begins", "10:15")
    page.press("s")
    link, command = page.tab.input_value("#link"), page.tab.input_value("#command")
    shown = {part: page.text(part) for part in ("#headline", "#minute", ".run", "#decided", "#choices")}
    again = Opened(browser, written, link[link.index("#") :])
    again.until("document.querySelector('#decided') !== null")
    assert {part: again.text(part) for part in shown} == shown
    assert again.text("#minute").startswith("11:15 (minute 60)")
    assert again.text("#clock") == "Go on"
    assert again.text("#exercise-command") == command
    answer = told(northwind, tmp_path, *(word for word in shlex.split(command) if word.startswith("--decide")))
    assert cards(again, "#decided") == as_told(estate, answer["answers"]["decided"])
    again.close()


def _linked(stated: Any) -> str:
    return "#play=" + urlsafe_b64encode(json.dumps(stated).encode()).decode().rstrip("=")


WRONG_LINKS = {
    "#play=": "this link is damaged",
    "#play=AAAA": "this link is damaged",
    _linked({"minute": 9999, "begins": None, "decided": []}): "this link is damaged",
    _linked({"minute": 1, "begins": None, "decided": [["inject-1", "nothing"]]}): "this link is of another exercise",
    _linked([1]): "this link is damaged",
}


@pytest.mark.slow
def test_a_wrong_link_says_so_in_one_sentence(page: Opened) -> None:
    for link, says in WRONG_LINKS.items():
        page.tab.evaluate("(link) => { location.hash = link; }", link)
        page.until(f"document.querySelector('#trouble').textContent.startsWith({json.dumps(says)})")
        assert page.text("#minute").startswith("not begun")
