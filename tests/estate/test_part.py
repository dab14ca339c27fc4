"""A part of an estate says what the whole would, or says what more of it is needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from blastradius import plugins
from blastradius.cli.engines import names_in
from blastradius.columns.ragged import Flags, Numbers
from blastradius.engine import PreparedEstate, World, solve
from blastradius.errors import NotHereError
from blastradius.estate import Estate, snapshot
from blastradius.estate.excerpt import Excerpt
from blastradius.estate.foretold import WholeNeededError
from blastradius.estate.namesakes import namesakes
from blastradius.estate.part import Part, Whole
from blastradius.loaderkit.contract import Loaded
from blastradius.model import (
    Capability,
    Control,
    ControlKind,
    Expectation,
    ExpectedFact,
    Kind,
    Scenario,
    Selection,
    Service,
    Zone,
)
from blastradius.reports.impact import holding
from tests.counts import few
from tests.engine.short import estate, scenario
from tests.estate.questions import ASKED, answer_of, asked_at_random
from tests.stores.estates import sized
from tests.stores.rows import Rows


def excerpt_of(built: Estate, *names: str) -> Excerpt:
    """What is read of an estate around some names."""
    found = Excerpt(Rows(built), snapshot.heading(built), Whole.of(built))
    found.begin(names)
    return found


def in_part(excerpt: Excerpt, ask: Callable[[Estate], Any]) -> Any:
    """What a part says once enough of it has been read."""
    while True:
        try:
            return ask(excerpt.part("made"))
        except NotHereError as further:
            excerpt.add(further.names)


def part_and_whole(question: str, seed: int) -> tuple[Any, Any, dict[str, Any]]:
    """What a part of a random estate says (``None``: only the whole can), what all of it says, and the question."""
    built, given = asked_at_random(question, seed)
    query = plugins.query(question)
    params = query.params(**given)
    excerpt = excerpt_of(built, *names_in(given))
    try:
        found = in_part(excerpt, lambda part: answer_of(query, part, params))
    except WholeNeededError:
        found = None
    return found, answer_of(query, built, params), given


@pytest.mark.parametrize("seed", few(range(24), 3))
@pytest.mark.parametrize("question", ASKED)
def test_a_part_says_what_the_whole_says(question: str, seed: int) -> None:
    found, whole, given = part_and_whole(question, seed)
    assert found in (None, whole) or isinstance(whole, str), given


def test_every_question_that_may_be_asked_of_a_part_is_tried() -> None:
    assert set(ASKED) == {name for name in plugins.queries() if plugins.query(name).about_one}


def test_no_more_is_read_than_it_comes_to() -> None:
    built = sized(300)
    excerpt = excerpt_of(built, "party-7")
    asked = scenario("compromise party-7")
    assert in_part(excerpt, lambda part: solve(part, asked).certificate) == solve(built, asked).certificate
    assert len(excerpt.relations) < len(built.relations) / 4


@pytest.mark.parametrize(
    ("question", "given"),
    [
        ("reach", {"compromise": ("party-7",), "without": ("holds:party-7>key-7",)}),
        ("exposure", {"entity": "party-7"}),
        ("grant", {"holder": "party-7", "grant": ("scope-9",)}),
    ],
)
def test_no_more_is_read_for_a_question_than_it_comes_to(question: str, given: dict[str, Any]) -> None:
    built, query = sized(300), plugins.query(question)
    params, excerpt = query.params(**given), excerpt_of(built, *names_in(given))
    assert in_part(excerpt, lambda part: answer_of(query, part, params)) == answer_of(query, built, params)
    assert len(excerpt.relations) < len(built.relations) / 4


def test_what_strangers_could_do_is_looked_for_behind_what_falls_out_alone() -> None:
    """A store takes in what anyone says and hands it on and on; what one supplier is needed for is no part of that."""
    handed_on = [f"derives_from:d{number + 1}>d{number}" for number in range(50)]
    opened = {"o": {"anonymous": True, "direction": "exposed"}}
    built = estate("writes:o>d0", *handed_on, "depends_on:s2>s", "depends_on:s3>s2", entities=opened)
    anyone = solve(built, Scenario(anyone=True))
    assert {"d0", "d50"} <= {fact.entity for fact in anyone.levels}
    query = plugins.query("reach")
    params, excerpt = query.params(outage=("s",)), excerpt_of(built, "s")
    assert in_part(excerpt, lambda part: answer_of(query, part, params)) == answer_of(query, built, params)
    assert len(excerpt.relations) < 10


@pytest.mark.parametrize("seed", few(range(24), 3))
@pytest.mark.parametrize("question", ["reach", "explain"])
def test_what_leads_to_what_is_reached_says_what_strangers_could_do(
    question: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing else is looked at: in so small an estate all that strangers reach is mostly read at once."""

    def looked_behind(system: PreparedEstate, worlds: Sequence[World], facts: Numbers) -> Flags:
        if isinstance(system.estate, Part) and worlds:
            raise NotHereError([str(number) for number in range(1_000)])
        return holding(system, worlds, facts)

    monkeypatch.setattr("blastradius.reports.labels.holding", looked_behind)
    found, whole, given = part_and_whole(question, seed)
    assert found in (None, whole) or isinstance(whole, str), given


def test_a_part_speaks_of_the_whole() -> None:
    built = sized(50)
    part = excerpt_of(built, "party-7").part("made")
    assert len(part.entities) < len(built.entities)
    assert (part.census, part.digest, part.notes) == (built.census, built.digest, built.notes)


def test_of_a_zone_that_is_called_by_its_name_all_is_read_that_is_in_it() -> None:
    there = (Service(id="s", zone="z"), Service(id="s2", zone="z"), Service(id="s3"))
    built = Estate.build([Loaded(entities=there, zones=(Zone(id="z", name="The hall"),))])
    part = excerpt_of(built, "The hall").part("made")
    assert part.entities.keys() == {"s", "s2"}
    assert part.resolve("The hall", zones=True) == "z"
    with pytest.raises(WholeNeededError):
        part.resolve("The hall")


def test_what_strangers_can_call_is_read_always() -> None:
    """And nothing more of that for what is read later."""
    opened = {"o": {"anonymous": True, "direction": "exposed"}}
    excerpt = excerpt_of(estate("owns:p>s", "owns:p2>s2", entities=opened), "p")
    assert "o" in excerpt.part("made").entities


def test_namesakes_are_looked_for_where_the_whole_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    built = estate("owns:p>s", entities={"s": {"name": "x"}, "p": {"name": "x"}})
    assert excerpt_of(built, "p").part("made").namesakes == built.namesakes == {"x": ("p", "s")}
    for most, found in ((2, built.namesakes), (1, {})):
        monkeypatch.setattr("blastradius.estate.part.MOST_LOOKED_AT", most)
        assert excerpt_of(built, "p").part("made").namesakes == found
        monkeypatch.setattr("blastradius.estate.namesakes.MOST_LOOKED_AT", most)
        assert namesakes(built.entities) == found


def test_what_only_the_whole_can_say_is_not_guessed() -> None:
    built = estate("owns:p>s", "runs_on:s>s2")
    part = excerpt_of(built, "p").part("made")
    with pytest.raises(WholeNeededError):
        part.resolve("p3")
    with pytest.raises(WholeNeededError):
        part.require_whole()


def test_a_part_of_another_day_is_refused() -> None:
    undated, dated = estate("holds:s>k"), estate("holds:s>k", entities={"k": {"expires": "2030-01-01"}})
    assert Whole.of(undated).day is None
    assert Whole.of(dated).day == dated.today
    excerpt = excerpt_of(dated, "s")
    excerpt.whole = excerpt.whole.model_copy(update={"day": "1999-12-31"})
    with pytest.raises(WholeNeededError):
        excerpt.part("made")


def test_around_what_is_reached_all_has_to_be_there() -> None:
    built = estate("owns:p>s", "runs_on:s2>s", "runs_on:s3>s2")
    part = Part(built, Whole.of(built), frozenset({"p", "internet"}))
    with pytest.raises(NotHereError) as raised:
        solve(part, scenario("compromise p"))
    assert "s3" in raised.value.names


def test_what_an_expectation_starts_from_or_takes_away_has_to_be_there() -> None:
    built = estate("owns:p>s", "calls:s>o", "serves:s2>o", "owns:p2>s2")
    part = Part(built, Whole.of(built), frozenset({"p", "internet"}))

    def lacking(text: str) -> set[str]:
        with pytest.raises(NotHereError) as raised:
            part.scenarios_of(Expectation(name="e", scenario=scenario(text)))
        return set(raised.value.names)

    assert lacking("compromise p2") == {"p2"}
    assert lacking("compromise p without calls:s>o") >= {"s", "o"}
    assert lacking("compromise p distrust hardened@s2") == {"s2"}
    assert lacking("compromise p controls hardened@s2 distrust hardened") == {"s2"}
    assert part.scenarios_of(Expectation(name="e", scenario=scenario("compromise p")))


def some_of(built: Estate, *around: str) -> Part:
    """All of an estate as a part of it, of which only what is said around some things is known to be all."""
    return Part(built, Whole.of(built), frozenset(around))


def test_of_a_rule_for_all_only_what_is_asked_is_told_and_all_of_that_has_to_be_here() -> None:
    rule = Expectation(name="r", scenario=Scenario(), for_each=Selection(way="compromise"))
    part = some_of(estate("owns:p>s", "owns:p2>s"), "p")
    assert part.scenarios_of(rule, {"p"}) == [("p", Scenario(compromise=("p",)))]
    with pytest.raises(NotHereError, match="1 things") as raised:
        part.scenarios_of(rule, {"p", "elsewhere"})
    assert raised.value.names == {"elsewhere"}
    with pytest.raises(WholeNeededError):
        part.scenarios_of(rule)


def test_what_is_not_here_is_not_reached() -> None:
    facts = tuple(ExpectedFact(entity=name, capability=Capability.CONTROL) for name in ("s", "s2"))
    rule = Expectation(name="r", scenario=Scenario(), not_reached=facts)
    assert some_of(estate("owns:p>s"), "p").kept_out(rule) == facts[:1]


def test_a_change_around_which_not_all_is_here_is_asked_for() -> None:
    part = some_of(estate("owns:p>s", "owns:p2>s2", "serves:s>o"), "p", "s", "o")
    assert part.changed() is part
    changed = part.changed(without=["owns:p>s"], controls=["hardened@s", "hardened@serves:s>o"])
    assert isinstance(changed, Part)
    for without, controls in ((["owns:p2>s2"], []), ([], ["hardened@s2"]), (["owns:p2>s2"], ["hardened@s"])):
        with pytest.raises(NotHereError):
            part.changed(without=without, controls=controls)


def test_names_are_known_of_objects_and_ids_of_lines_also_after_a_change() -> None:
    named = estate("owns:p>s", "owns:p2>s2", entities={"s": {"name": "Shop"}})
    records = (line.text for line in snapshot.lines(named))
    lines = Estate.build([snapshot.loaded(['{"clock":{},"tally":{},"columns":true}', *records], "made")])
    objects, columns = (some_of(built, *built.entities) for built in (named, lines))
    for part in (objects, objects.changed(without=["owns:p2>s2"])):
        assert part.resolve("Shop") == part.resolve("s", (Kind.SERVICE,)) == "s"
    for part in (columns, columns.changed(without=["owns:p2>s2"])):
        assert part.resolve("s") == part.resolve("s", (Kind.SERVICE,)) == "s"
        for text, kinds in (("Shop", None), ("s", (Kind.PARTY,))):
            with pytest.raises(WholeNeededError):
                part.resolve(text, kinds)


def test_why_a_control_is_void_is_told_once_all_that_this_rests_on_is_here() -> None:
    built = estate("publishes:p>f", "installs:s>f", "serves:s2>o")
    signed, hardened = (Control(kind=it, provided_by="p") for it in (ControlKind.VERIFIED, ControlKind.HARDENED))
    assert some_of(built, "p", "f").why_void(signed, ["f"]) == built.why_void(signed, ["f"]) is not None
    for around in (("p",), ("f",)):
        with pytest.raises(NotHereError):
            some_of(built, *around).why_void(signed, ["f"])
    unprovided = Control(kind=ControlKind.VERIFIED)
    assert [some_of(built).why_void(control, ["f"]) for control in (hardened, unprovided)] == [None, None]
