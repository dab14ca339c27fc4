"""A grant as a picture: the new ways that it opens, on the way that was there before, in one layout."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from blastradius.answer import Node, Picture
from blastradius.engine import Reach, solve
from blastradius.model import Capability, Fact, Level
from blastradius.reports.captions import caption
from blastradius.reports.diagram import gains_of, picture_of, words_of
from blastradius.reports.grant_case import Found
from blastradius.reports.grant_data import SmallerRow, Start
from blastradius.reports.grants import Added
from blastradius.reports.words import label, listed


def picture_of_grant(found: Found) -> Picture | None:
    """What the grant adds for who gains most by it, with the way there; nothing where nothing is added.

    What is newly reached is lit up by its level; the way there is drawn as it was before. What a smaller grant that
    serves the same would still add is marked.
    """
    start = _who_gains_most(found)
    if start is None and None not in found.added:
        return None
    scenario, system = found.scenarios[start], found.systems[1]
    reach = solve(system.estate, scenario, system=system)
    new = _news(reach, found.added[start])
    if not new:
        return None
    behind = frozenset(step.fact for fact in new for step in reach.proof_of(fact))
    who = caption("anyone") if start is None else label(system.estate, start)
    drawn = picture_of(reach, caption("grant", who=who), only=behind)
    said = listed([label(system.estate, name) for name in found.grants], 3) or caption("proposed")
    first, *smaller = (_lit(it, reach, new, _still(found, start), said) for it in (drawn, *drawn.smaller))
    return replace(first, smaller=tuple(smaller))


def _who_gains_most(found: Found) -> Start:
    """Whose compromise gains most: crown jewels first, then things."""
    estate = found.after

    def gained(start: Start) -> tuple[int, int, str]:
        names = {fact.entity for fact in found.added[start]}
        return -sum(map(estate.crown_jewel, names)), -len(names), start or ""

    return min((start for start, some in found.added.items() if some), key=gained, default=None)


def _news(reach: Reach, added: Added) -> frozenset[Fact]:
    """What is newly reached, or from a lower level on, where it is drawn."""
    return frozenset(fact for fact in added if fact in reach.levels)


def _still(found: Found, start: Start) -> frozenset[str] | None:
    """What the smallest grant that serves the same would still add something to; ``None`` where there is none."""
    smaller = [row for row in found.smaller if row.holder == start and row.saves]
    return frozenset(row.entity for row in _smallest(smaller).added) if smaller else None


def _smallest(rows: Collection[SmallerRow]) -> SmallerRow:
    return min(rows, key=lambda row: (len(row.crown_jewels), row.entities, len(row.means)))


def _lit(drawn: Picture, reach: Reach, new: Collection[Fact], still: frozenset[str] | None, granted: str) -> Picture:
    """The picture with only what is new in the colour of its level."""
    held = dict[str, dict[Capability, Level]]()
    for fact in new:
        held.setdefault(fact.entity, {})[fact.capability] = reach.levels[fact]
    nodes = tuple(_node(node, held, still) for node in drawn.nodes)
    lit = {node.id for node in nodes if node.gains}
    edges = tuple(it if it.target in lit else it._replace(style="context", tone=None) for it in drawn.edges)
    return replace(
        drawn,
        nodes=nodes,
        edges=edges,
        subtitle=caption("granted", what=granted, assumed=drawn.subtitle),
        counts=caption("lit") + ("" if still is None else caption("still")),
        words=words_of(nodes),
        plain=caption("plain"),
    )


def _node(node: Node, held: Mapping[str, Mapping[Capability, Level]], still: frozenset[str] | None) -> Node:
    """A box: lit where anything in it is new, plain where it is only on the way."""
    members = node.members or (node.id,)
    news = next((held[name] for name in members if name in held), None)
    if news is None:
        return node if node.seed else replace(node, gains=(), known="")
    known = caption("still_added") if still is not None and not still.isdisjoint(members) else ""
    return replace(node, gains=gains_of(news), known=known)
