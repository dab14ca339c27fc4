"""One A4 page for a board: who is tied to us, how far each could reach, what we depend on, what to decide."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pydantic import ConfigDict, Field

from blastradius.answer import Answer, Picture, Query
from blastradius.engine import Assumption, PreparedEstate, checked, plain, solve, system_of, what_if
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Fact, Level, Scenario
from blastradius.reports.appendix import appendix_pages
from blastradius.reports.brief_data import BriefData, brief_data
from blastradius.reports.brief_page import headline, page_of
from blastradius.reports.diagram import picture_of
from blastradius.reports.words import STARTED, label

MOST_BOXES = 10
"""How many boxes the picture has, where it can do with so few."""


class Params(Assumption):
    """Up to which level reach is told, and how much of what is stated to believe."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    assume: Literal["granted", "abused", "takeover", "lateral"] = Field(
        "lateral", description="up to which level to tell the reach, each level by itself"
    )
    since: Estate | None = Field(
        None, description="an earlier estate to say what changed since: a snapshot, a folder, a file, or REV:path"
    )
    appendix: bool = Field(False, description="add a page a third party after the first page, which stays one")


def run(estate: Estate, params: Params) -> Answer:
    """Work out what the page says, its sentences from that, and a picture of the ways of who reaches most.

    Raises:
        UsageError: an earlier estate is given, and the one that is asked about is not as it is stated.
    """
    if params.since is not None and (params.with_ or params.without):
        raise UsageError("--since compares what is stated; leave out --with and --without, or --since")
    stated, estate = estate, what_if(estate, params.asked)
    system = system_of(estate)
    data = brief_data(system, params, params.since, more=params.appendix)
    data = data.model_copy(update={"headline": headline(data)})
    page = page_of(estate, data)
    party = data.drawn
    return Answer(
        question="brief",
        headline=data.headline,
        data=data,
        tables=tuple(section.table for section in page.sections if section.table is not None),
        lines=tuple(line for section in page.sections for line in section.lines),
        notes=estate.notes,
        painted=None if party is None else lambda: _picture(system, params, data, party),
        page=page,
        appendix=appendix_pages(estate, data.appendix or (), data.gaps, data.as_of, data.appendix_left),
        opens=() if party is None else _opens(stated, params, data, party),
    )


def _opens(stated: Estate, params: Params, data: BriefData, party: str) -> tuple[tuple[str, Scenario], ...]:
    """What the picture is of."""
    level = Level[str(data.level).upper()]
    asked = params.asked.model_copy(update={"assume": level, "compromise": (party,)})
    return ((f"{STARTED['compromise']} {label(stated, party)}, level {level.word}", checked(stated, asked)),)


def _picture(system: PreparedEstate, params: Params, data: BriefData, party: str) -> Picture:
    """The shortest way of one third party to each crown jewel that it reaches at the lowest level."""
    level = Level[str(data.level).upper()]
    asked = plain(params.asked).model_copy(update={"assume": level, "compromise": (party,)})
    reach = solve(system.estate, asked, system=system)
    jewels = next(row.crown_jewels for row in data.reaching[0].reach if row.level == data.level) or ()
    facts: dict[str, Fact] = {}
    for fact in reach.levels:
        if fact.entity in jewels:
            facts.setdefault(fact.entity, fact)
    only = frozenset(step.fact for fact in facts.values() for step in reach.proof_of(fact))
    drawn = picture_of(reach, f"How {label(system.estate, party)} could reach crown jewels", only=only)
    sizes = (drawn, *drawn.smaller)
    small = next((it for it in sizes if len(it.nodes) <= MOST_BOXES), sizes[-1])
    return replace(small, smaller=(), counts="")


QUERY = Query(
    "brief",
    "One page for a board: who is tied to us, how far, what depends, what to decide",
    Params,
    run,
    BriefData,
    draws=True,
    prints=True,
    opens=True,
    main="reach",
    example="-o brief.pdf",
    spreads=True,
)
