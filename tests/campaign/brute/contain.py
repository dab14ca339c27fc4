"""What is reached by the hour, and what is left after each change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from blastradius.answer import Answer
from blastradius.engine import plain, what_if
from blastradius.estate import Estate
from blastradius.model import (
    Fact,
    Kind,
    Verb,
)
from tests.campaign.brute.shared import NO_LEVERS, cut_then, measure
from tests.engine.single.test_arrivals import naive


def contain(estate: Estate, params: Any) -> Any:
    """By loops over arrivals: what is reached by the hour, and in the end without each relation and each key."""
    scenario = params.scenario(estate)
    estate, scenario = what_if(estate, scenario), plain(scenario)
    endless = scenario.model_copy(update={"hours": None})
    if scenario.hours == 0:  # what comes at once comes although the outage is over
        scenario = scenario.model_copy(update={"hours": 1e-9})

    def fast(rule: str, along: tuple[str, ...]) -> float:
        return estate.clock.get(rule, 0) + sum(estate.relations[name].delay_h or 0 for name in along)

    def slow(rule: str, along: tuple[str, ...]) -> float:
        said = [estate.relations[it].delay_h is not None or estate.relations[it].buffer_h is not None for it in along]
        return fast(rule, along) if rule in estate.clock or (said and all(said)) else 1e15

    def left(without: tuple[str, ...]) -> tuple[Any, Any]:
        most = cut_then(estate, scenario, fast, without, params.at)
        return most & cut_then(estate, endless, slow, without, params.at), most

    def counted(facts: Iterable[Fact]) -> tuple[tuple[str, ...], int]:
        found = measure(estate, scenario, facts)
        return found[0], found[3]

    soon = {it for it, at in naive(estate, scenario, fast).items() if at < params.at}
    surely = soon & {it for it, at in naive(estate, endless, slow).items() if at < params.at}
    everything = left(())[1]
    grants = [relation for relation in estate.relations.values() if relation.verb is Verb.GRANTS]
    keys = [tuple(it.id for it in grants if key.id in it.sources) for key in estate.of_kind(Kind.CREDENTIAL)]
    singles = [(it.id,) for it in estate.relations.values() if it.verb not in NO_LEVERS]
    rows = {without: left(without) for without in (*singles, *keys) if without}
    helping = {
        without: (counted(least), counted(most))
        for without, (least, most) in rows.items()
        if least < everything or most < everything
    }
    return counted(surely), counted(soon), counted(everything), sorted(helping.items())


def told_contain(answer: Answer) -> Any:
    data = answer.data.model_dump()

    def counted(row: Any) -> tuple[tuple[str, ...], int]:
        return row["crown_jewels"], row["things"]

    rows = {
        row["relations"]: (counted(row["at_least"]), counted(row["at_most"]))
        for row in data["alone"]
        if not row["change"].startswith("holds:")
        if len(row["relations"]) == 1 or row["change"].startswith("revoke:")
    }
    now = data["reached"]
    return *(counted(now[when]) for when in ("surely", "at_most", "in_the_end")), sorted(rows.items())
