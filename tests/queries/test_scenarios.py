"""The question ``scenarios``: what happened elsewhere, found in an estate, beside the exercises that were held."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

import blastradius as br
from blastradius.answer import Answer
from blastradius.cli import main
from blastradius.engine.check.spec import spec
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Basis, Control, ControlKind, Exercise, Level, Scenario
from blastradius.reports.templates import TEMPLATES
from tests.campaign.estates import parts
from tests.engine.short import estate
from tests.queries.degenerate import ESTATES

ROOT = Path(__file__).parents[2]
KEYS = ("holds:p1>k1", "grants:k1>o", "reads:o>d")
JEWEL = {"d": {"crown_jewel": True}, "b": {}}


def asked(built: Estate, **params: Any) -> Any:
    return br.scenarios(built, **params).data


def answered(built: Estate, **params: Any) -> tuple[Answer, Any]:
    answer = br.scenarios(built, **params).answer
    return answer, answer.data


def starts(built: Estate, template: str, **params: Any) -> list[dict[str, Any]]:
    """Where the scenarios of a template start, by ways and ids."""
    rows = asked(built, template=template, **params).rows
    return sorted(({row.seeds[0].way: [seed.entity for seed in row.seeds]} for row in rows), key=str)


def having(built: Estate, *held: Exercise) -> Estate:
    return Estate.build([parts(built).model_copy(update={"exercises": held})], "2026-01-01")


def exercise(date: str = "2025-01-01", scope: tuple[str, ...] = (), **scenario: Any) -> Exercise:
    return Exercise(name="Held", date=date, scenario=Scenario.model_validate(scenario), scope=scope)


@pytest.mark.parametrize(
    ("template", "built", "found"),
    [
        ("stolen-tokens", estate(*KEYS, "owns:p1>s", "holds:s>k2", "grants:k2>o"), [{"leak": ["k1", "k2"]}]),
        ("stolen-tokens", estate("holds:s>k1", "grants:k1>o"), []),
        ("stolen-tokens", estate("grants:k1>o"), [{"leak": ["k1"]}]),
        ("stolen-tokens", estate(*KEYS, entities={"k1": {"type": "mtls"}}), []),
        ("stolen-tokens", estate(*KEYS, entities={"p1": {"role": "self"}}), []),
        ("third-party-taken-over", estate("owns:p1>s"), [{"compromise": ["p1"]}]),
        ("third-party-taken-over", estate("owns:p1>s", entities={"p1": {"role": "self"}}), []),
        ("vendor-stop", estate("depends_on:b>p1", *KEYS), [{"outage": ["p1"]}]),
        ("vendor-stop", estate(*KEYS), []),
        ("region-out", estate("runs_on:s>s2", "owns:p1>s2", entities={"s2": {"zone": "zone"}}), [{"outage": ["zone"]}]),
        (
            "region-out",
            estate("runs_on:s>s2", "owns:p1>s2", entities={"s2": {"zone": "zone"}, "s": {"zone": "zone"}}),
            [{"outage": ["s2"]}],
        ),
        ("region-out", estate("runs_on:s>s2"), []),
        ("region-out", estate("depends_on:b>s2", "owns:p1>s2"), []),
        ("poisoned-feed", estate("publishes:p1>f", "consumes:s>f"), [{"poison": ["f"]}]),
        ("poisoned-feed", estate("consumes:s>f obeys=true"), []),
        ("poisoned-feed", estate("consumes:s>f", entities={"f": {"content": "code"}}), []),
        ("poisoned-feed", estate("publishes:s2>f", "consumes:s>f"), []),
        ("wrong-feed", estate("installs:s>f"), [{"wrong": ["f"]}]),
        ("malicious-update", estate("installs:s>f", "installs:s>d"), [{"poison": ["d"]}, {"poison": ["f"]}]),
        ("told-by-a-message", estate("consumes:s>f obeys=true", "consumes:s>f2"), [{"poison": ["f"]}]),
        ("told-by-a-message", estate("calls:s>o obeys=true", "serves:s2>o"), [{"compromise": ["s2"]}]),
        ("told-by-a-message", estate("consumes:s>f"), []),
    ],
)  # fmt: skip
def test_where_each_kind_of_scenario_starts(template: str, built: Estate, found: list[dict[str, Any]]) -> None:
    assert starts(built, template) == found


@pytest.mark.parametrize(
    ("control", "host", "away"),
    [
        (Control(kind=ControlKind.MFA, phishable=True), "k1", ["mfa@k1"]),
        (Control(kind=ControlKind.MFA), "grants:k1>o", ["mfa@grants:k1>o"]),
        (Control(kind=ControlKind.APPROVAL, misled=True, provided_by="s9"), "k1", ["approval@k1"]),
        (Control(kind=ControlKind.HARD_MFA), "k1", None),
        (Control(kind=ControlKind.MFA, status="absent"), "k1", None),
    ],
)
def test_a_helpdesk_talks_away_what_can_be_asked_away(control: Control, host: str, away: list[str] | None) -> None:
    built = estate(*KEYS, controls={host: control}, entities={"k1": {"type": "password"}})
    rows = asked(built, template="talked-round").rows
    assert [list(row.distrusted) for row in rows] == ([away] if away else [])
    assert all("d" in {fact.entity for fact in spec(built, _scenario(row))} for row in rows)


def _scenario(row: Any) -> Scenario:
    ways: dict[str, tuple[str, ...]] = {}
    for seed in row.seeds:
        ways[seed.way] = (*ways.get(seed.way, ()), seed.entity)
    more = {"assume": Level[row.assume.upper()], "hours": row.hours, "distrust": row.distrusted}
    return Scenario.model_validate({**ways, **more})


def test_what_is_missing_is_said_and_never_that_it_is_safe() -> None:
    answer = br.scenarios(ESTATES["empty"]).answer
    assert "that is no safety" in answer.headline
    assert all(row.missing and row.found == 0 for row in asked(ESTATES["empty"]).templates)
    shown = answer.table("templates").rows
    assert [row[1] for row in shown] == ["none stated"] * len(TEMPLATES)
    alone = asked(estate("consumes:s>f"))
    assert {row.template: row.missing is None for row in alone.templates}["poisoned-feed"]


def test_without_past_exercises_nothing_is_called_new() -> None:
    answer, data = answered(estate(*KEYS, entities=JEWEL))
    row = data.rows[0]
    assert (row.new_crown_jewels, row.new_processes, row.new_things, row.crown_jewels) == (None, None, None, ("d",))
    assert "no past exercise is stated" in answer.headline
    assert not any("new" in column for column in answer.table("scenarios").columns)


def test_what_exercises_went_through_is_new_no_more() -> None:
    built = having(estate(*KEYS, "consumes:s>f", "informs:s>b", entities=JEWEL), exercise(leak=("k1",)))
    data = asked(built)
    rows = {row.template: row for row in data.rows}
    assert rows["stolen-tokens"].new_things == 0
    assert rows["stolen-tokens"].held == ("Held (2025-01-01)",)
    assert rows["poisoned-feed"].new_processes == ("b",)
    assert data.rows[0].template == "wrong-feed"
    assert data.exercises[0].things == 3


def test_one_that_was_about_some_things_covers_those() -> None:
    built = having(estate(*KEYS, entities=JEWEL), exercise(leak=("k1",), scope=("o",)))
    assert asked(built, template="stolen-tokens").rows[0].new_crown_jewels == ("d",)
    built = having(estate(*KEYS, entities=JEWEL), exercise(leak=("k1",), scope=("d", "gone")))
    data = asked(built, template="stolen-tokens")
    assert (data.rows[0].new_crown_jewels, data.exercises[0].gone) == ((), ("gone",))


def test_to_have_stopped_a_thing_is_not_to_have_read_it() -> None:
    built = having(estate(*KEYS, entities=JEWEL), exercise(outage=("d",)))
    assert asked(built, template="stolen-tokens").rows[0].new_crown_jewels == ("d",)


def test_an_exercise_that_lies_ahead_or_names_nobody_any_more_covers_nothing() -> None:
    built = estate(*KEYS, entities=JEWEL)
    ahead = asked(having(built, exercise("2026-01-02", leak=("k1",))))
    assert (ahead.rows[0].new_things, ahead.exercises[0].lies_ahead, ahead.exercises[0].things) == (None, True, 0)
    answer, data = answered(having(built, exercise(compromise=("left_us", "d"), leak=("p1",))))
    assert any("left_us, d, p1 of the exercise 'Held' are not to be found" in line for line in answer.lines)
    assert data.rows[0].new_crown_jewels == ("d",)


def test_what_anyone_may_do_is_not_new() -> None:
    open_door = {"o2": {"anonymous": True, "direction": "exposed"}, **JEWEL}
    built = having(estate(*KEYS, "reads:o2>d2", entities=open_door), exercise(outage=("b",)))
    row = asked(built, template="stolen-tokens").rows[0]
    assert (row.things, row.new_things) == (4, 2)
    assert not any(text.startswith(("o2", "d2")) for text in row.first)


def test_less_may_be_assumed_than_the_precedents_had() -> None:
    built = estate("owns:p1>s", "connects:s>s2")
    assert [row.assume for row in asked(built, template="third-party-taken-over").rows] == ["lateral"]
    assert [row.assume for row in asked(built, template="third-party-taken-over", assume="granted").rows] == ["granted"]


def test_of_what_reaches_alike_comes_first_what_assumes_least() -> None:
    built = estate("owns:p1>f", "consumes:s>f", "informs:s>b", entities={"b": {"crown_jewel": True}})
    rows = [row for row in asked(built).rows if row.things == asked(built).rows[0].things]
    assert [row.assume for row in rows] == sorted((row.assume for row in rows), key=lambda word: Level[word.upper()])


def test_what_is_known_too_weakly_is_not_looked_at_and_weak_is_said() -> None:
    built = estate(*KEYS[1:], "holds:p1>k1 basis=assumed", entities={"p1": {}})
    assert starts(built, "third-party-taken-over", basis="declared") == []
    answer, data = answered(built, template="third-party-taken-over")
    assert "(assumed)" in str(answer.table("scenarios").rows[0][0])
    assert data.rows[0].basis == Basis.ASSUMED


def test_one_firm_relation_is_enough_for_it_to_fit_and_of_several_starts_the_weakest_counts() -> None:
    built = estate("installs:s>f", "installs:s2>f basis=assumed")
    assert [row.basis for row in asked(built, template="malicious-update").rows] == [Basis.DECLARED]
    built = estate("holds:p1>k1", "holds:p1>k2", "grants:k1>o", "grants:k2>o basis=inferred")
    assert [row.basis for row in asked(built, template="stolen-tokens").rows] == [Basis.INFERRED]


def test_the_first_of_each_kind_is_told_with_the_library() -> None:
    built = estate("consumes:s>f", "consumes:s>f2", "informs:s>b", "reads:s2>f2", "informs:s2>b2")
    rows = {row.template: row for row in asked(built).templates}
    assert (rows["poisoned-feed"].found, rows["poisoned-feed"].most) == (2, "somebody chooses what f2 says")
    assert rows["stolen-tokens"].most is None


def test_a_template_that_is_none_is_refused(retailer: Estate) -> None:
    with pytest.raises(
        UsageError, match="template: 'stolen-token' is not in the library; did you mean 'stolen-tokens'"
    ):
        br.scenarios(retailer, template="stolen-token")


def test_the_commands_that_go_on_do(northwind: Path, retailer: Estate, capsys: pytest.CaptureFixture[str]) -> None:
    for template in ("region-out", "talked-round"):
        row = asked(retailer, template=template, top=1).rows[0]
        words = shlex.split(row.reach.replace("ESTATE", str(northwind)))[1:]
        assert main([*words, "--format", "json"]) == 0
        reached = {fact["entity"] for fact in json.loads(capsys.readouterr().out)["facts"]}
        assert {*row.crown_jewels, *row.processes} <= reached


def test_the_library_is_right_about_itself() -> None:
    assert len({template.id for template in TEMPLATES}) == len(TEMPLATES)
    for template in TEMPLATES:
        assert template.precedents
        assert "{starts}" in template.says
        for precedent in template.precedents:
            folder = ROOT / "examples" / "incidents" / precedent.modelled
            assert not precedent.modelled or not folder.parent.exists() or (folder / "estate.yaml").is_file()
            assert not precedent.modelled or precedent.modelled.endswith(str(precedent.year))
        for technique in template.techniques:
            pattern = r"T\d{4}(\.\d{3})?" if technique.catalogue == "ATT&CK" else r"AML\.T\d{4}(\.\d{3})?"
            assert re.fullmatch(pattern, technique.id)


def test_the_recipe_says_what_comes_first(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "modelling.md").read_text("utf-8").partition("## An exercise that was held")[2]
    (tmp_path / "estate.yaml").write_text(page.split("```yaml\n")[1].partition("```")[0])
    data = asked(br.load(tmp_path), assume="abused")
    assert data.rows[0].says == "rates is wrong, and nobody means it"
    assert data.rows[0].new_crown_jewels == ("prices",)


def test_hostile_names_are_data() -> None:
    built = estate(*KEYS, entities={"k1": {"name": "{starts} $(reboot); 'x'"}})
    row = asked(built, template="stolen-tokens").rows[0]
    assert "{starts} $(reboot); 'x'" in row.says
    odd = Estate.build([Loaded(entities=tuple(built.entities.values()))])
    assert asked(odd).rows == ()
