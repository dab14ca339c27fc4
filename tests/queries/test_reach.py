"""The question ``reach``: how far a scenario reaches, what stopped it, and the proof."""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import Any

import pytest

import blastradius as br
from blastradius import plugins
from blastradius.engine import Reach
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Level
from blastradius.reports.rows import StepRow, step_rows
from tests.engine.test_rules_needed import estate
from tests.queries.degenerate import ESTATES


def reached(estate: Estate, **scenario: Any) -> dict[tuple[str, str], str]:
    """The level of each fact."""
    data: Any = br.reach(estate, **scenario).data
    return {(fact.entity, fact.capability): fact.level for fact in data.facts}


def test_each_level_reaches_what_the_one_below_does_and_more(retailer: Estate) -> None:
    found = [reached(retailer, compromise="acme", assume=level.word) for level in Level]
    assert [len(facts) for facts in found] == sorted({len(facts) for facts in found})
    for less, more in pairwise(found):
        assert less.items() <= more.items()


def test_rows_of_the_proof_are_made_once_for_who_asks_for_them(
    retailer: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = plugins.query("reach")
    module = sys.modules[query.run.__module__]
    made: list[Any] = []

    def counting(reach: Reach) -> tuple[StepRow, ...]:
        made.append(reach)
        return step_rows(reach)

    monkeypatch.setattr(module, "step_rows", counting)
    answer = query.run(retailer, query.params(compromise=("acme",)))
    some = answer.with_tables(answer.tables[:1])
    assert (some.headline, len(some.tables), made) == (answer.headline, 1, [])
    assert answer.data is answer.data
    assert some.data == answer.data
    assert len(made) == 2


def test_the_proof_has_every_fact_once_after_what_it_rests_on(retailer: Estate) -> None:
    data: Any = br.reach(retailer, compromise="acme", assume="lateral").data
    proved: list[str] = []
    for step in data.certificate.steps:
        assert set(step.premises) <= set(proved)
        proved.append(f"{step.capability}({step.entity})")
    assert data.certificate.checked
    assert len(proved) == len(set(proved))
    assert {f"{fact.capability}({fact.entity})" for fact in data.facts} <= set(proved)


def test_a_control_relied_on_opens_something_when_it_is_distrusted(retailer: Estate) -> None:
    asked: dict[str, Any] = {"compromise": "acme", "assume": "lateral"}
    data: Any = br.reach(retailer, **asked).data
    assert data.relies_on
    before = reached(retailer, **asked)
    wider = [reached(retailer, **asked, distrust=f"{row.control}@{row.on}") for row in data.relies_on]
    assert all(before.keys() <= found.keys() for found in wider)
    assert any(before.keys() < found.keys() for found in wider)


def test_two_starts_reach_at_least_what_each_does(retailer: Estate) -> None:
    one, other = reached(retailer, compromise="acme"), reached(retailer, wrong="agent_content")
    both = reached(retailer, compromise="acme", wrong="agent_content")
    assert one.keys() | other.keys() <= both.keys()


def test_an_outage_has_one_end() -> None:
    built = estate("depends_on:b>s buffer_h=24")
    assert ("b", "deny") not in reached(built, outage="s=8")
    assert ("b", "deny") in reached(built, outage=("s=30", "b=30"))
    with pytest.raises(UsageError, match="8 and 30 hours are named; an outage has one end for all causes"):
        reached(built, outage=("s=8", "b=30"))
    with pytest.raises(UsageError, match="5 and 8 hours"):
        reached(built, outage="s=8", hours=5)
    assert reached(built, outage="s")["b", "deny"] == "granted"


def test_degenerate_estates() -> None:
    assert set(reached(ESTATES["alone"], compromise="p")) >= {("p", "control")}
    assert {entity for entity, _ in reached(ESTATES["alone"], compromise="p", assume="lateral")} == {"p"}
    assert {entity for entity, _ in reached(ESTATES["to itself"], compromise="p", assume="lateral")} == {"p", "s"}
    both = reached(ESTATES["there and back"], compromise="p", assume="lateral")
    assert {entity for entity, _ in both} == {"p", "s1", "s2"}
    assert {entity for entity, _ in reached(ESTATES["open"], compromise="p")} == {"p", "s", "k", "o", "d"}
    assert {entity for entity, _ in reached(ESTATES["guarded"], compromise="p", assume="lateral")} == {"p"}
    with pytest.raises(UsageError, match="a scenario starts somewhere"):
        br.reach(ESTATES["empty"])


def test_a_mistake_and_an_outage_are_told_without_attackers_words() -> None:
    built = estate("depends_on:b>s buffer_h=24", "publishes:s>f", "owns:p>s")
    for told in (br.reach(built, outage="s=48").answer, br.reach(built, wrong="f").answer):
        assert "would feel it" in told.headline
        assert "level" not in told.headline
        assert not any("they" in line.partition("silence")[0] for line in told.lines)
    timeline = br.reach(built, outage="s=48").answer.tables[0]
    assert (timeline.id, timeline.rows[0][1:5]) == ("timeline", ("b", "b", "at 24 h", "at 24 h"))
    assert "no process of 1 slows or stops by it" in br.reach(built, outage="s=8").answer.lines
    assert "they use exactly what we gave them" in br.reach(built, compromise="p").answer.lines[0]


def test_records_that_nobody_stated_are_unknown_and_not_none() -> None:
    unsaid = estate("reads:o>d", "grants:k>o")
    unknown = "records that could be read: unknown: those of 1 store whose number nobody stated"
    assert any(line.startswith(unknown) for line in br.reach(unsaid, leak="k").answer.lines)
    some = estate("reads:o>d", "grants:k>o", "reads:o>d2", entities={"d2": {"records": 7}})
    assert any("up to 7, and those of 1 store" in line for line in br.reach(some, leak="k").answer.lines)
