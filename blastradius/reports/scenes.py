"""A story in pictures: everything that comes, laid out once, and for each stage what of it is there and what is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from blastradius.answer import Felt, Gain, Node, Picture, Scene, Series
from blastradius.engine import brings_an_attacker
from blastradius.model import Capability, Fact
from blastradius.reports.diagram import picture_of
from blastradius.reports.exercise_data import InjectRow
from blastradius.reports.storyline import Storyline
from blastradius.reports.symptoms import Symptom
from blastradius.reports.words import label, plural

_FELT = {Felt.STOPS: Capability.DENY, Felt.WRONG: Capability.TAINT, Felt.SLOWS: Capability.DEGRADE}


def wholes_of(story: Storyline, told: Sequence[Symptom]) -> list[Picture]:
    """The ways to what is told, and to crown jewels, in several sizes, the largest first."""
    reach = story.reach
    ends = [symptom.fact for symptom in told]
    ends += [fact for fact in reach.levels if reach.estate.crown_jewel(fact.entity)]
    only = frozenset(step.fact for fact in ends for step in reach.proof_of(fact))
    drawn = picture_of(reach, only=only or None)
    return [replace(picture, smaller=(), counts="") for picture in (drawn, *drawn.smaller)]


def scenes_of(story: Storyline, whole: Picture) -> Series:
    """A scene for each stage: what is reached by the end of it, the rest only hinted at."""
    seeds = frozenset(node.id for node in whole.nodes if node.seed)
    scenes, before = list[Scene](), frozenset[str]()
    for number, stage in enumerate(story.stages):
        nodes = tuple(_at(story, node, stage.reached) for node in whole.nodes)
        lit = seeds | {node.id for node in nodes if node.gains}
        new = frozenset(
            node.id for node, at_first in zip(nodes, whole.nodes, strict=True) if _is_new(node, scenes, lit)
        )
        title = f"Stage {number + 1} of {len(story.stages)}: {stage.says}"
        told = f"{plural(len(lit), 'box', 'boxes')} of {len(nodes):,} reached by now; framed: new in this stage"
        picture = replace(whole, title=title, subtitle=told, nodes=nodes)
        scenes.append(Scene(picture, lit, new - seeds if before else new))
        before = lit
    return Series(whole, tuple(scenes))


def _is_new(node: Node, earlier: Sequence[Scene], lit: frozenset[str]) -> bool:
    """Whether more is gained over a box than in the stage before."""
    if node.id not in lit or not node.gains:
        return False
    before = next((it.gains for it in earlier[-1].picture.nodes if it.id == node.id), ()) if earlier else ()
    return node.gains != before


def _at(story: Storyline, node: Node, reached: frozenset[Fact]) -> Node:
    """A box with what is gained over it by then."""
    names = node.members or (node.id,)
    facts = [fact for fact in reached if fact.entity in names]
    if brings_an_attacker(story.reach.scenario):
        levels = {story.reach.levels[fact] for fact in facts}
        gains: tuple[Gain, ...] = tuple(gain for gain in node.gains if gain.tone in levels)
        gains = gains or node.gains[:1] if facts else ()
    else:
        held = {fact.capability for fact in facts}
        gains = tuple(gain for gain in node.gains if isinstance(gain.tone, Felt) and _FELT[gain.tone] in held)
    return replace(node, gains=node.gains if node.seed else gains)


def noticed_scenes(story: Storyline, whole: Picture, injects: Sequence[tuple[InjectRow, Symptom]]) -> Series:
    """A scene for each stage that anything is told of: only what was told by then, where it stands in the whole."""
    scenes, before = list[Scene](), frozenset[str]()
    for number, part in enumerate(sorted({row.stage for row, _ in injects}), start=1):
        nodes = tuple(_noticed(story, node, [it for it in injects if it[0].stage <= part]) for node in whole.nodes)
        lit = frozenset(node.id for node in nodes if node.names)
        title = f"Part {number}: what has been noticed by now"
        picture = replace(whole, title=title, subtitle="framed: new in this part", nodes=nodes)
        scenes.append(Scene(picture, lit, lit - before, bare=True))
        before = lit
    return Series(whole, tuple(scenes))


def _noticed(story: Storyline, node: Node, by_now: Sequence[tuple[InjectRow, Symptom]]) -> Node:
    """A box that says no more than that something was told of it."""
    names = node.members or (node.id,)
    rows = {symptom.fact.entity: row.inject for row, symptom in by_now if symptom.fact.entity in names}
    known = (
        " and ".join(label(story.reach.estate, name) for name in rows) if node.members else node.label if rows else ""
    )
    return Node(node.id, known or " ", node.kind, node.zone, what=node.what, names=", ".join(rows.values()))
