"""A reach as a picture: what is drawn, what is folded together, what stops at which control."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace

from blastradius.answer import Edge, Node, Picture
from blastradius.engine import Reach
from blastradius.model import STEPPING_STONES, Capability, Fact, Kind, Level, Verb
from blastradius.reports.rows import strongest
from blastradius.reports.words import is_public, plural

FEW = 38
"""How many nodes the default picture may have; a board reads no more."""

Held = dict[Capability, Level]
_MARKS = dict(zip(Level, "①②③④", strict=True))
_PLURALS = {Kind.PARTY: "parties", Kind.PROCESS: "processes"}


def picture_of(reach: Reach, title: str, *, full: bool = False, only: frozenset[Fact] | None = None) -> Picture:
    """Draw a reach: steps taken, and steps stopped by a control. ``only`` limits it to the proof of some facts.

    Siblings are folded until the picture has at most ``FEW`` nodes, unless ``full``.
    """
    edges = [*_taken(reach, only), *([] if only else _stopped(reach))]
    held = _held(reach)
    nodes = _nodes(reach, edges, held, only)
    if not full:
        nodes, edges = _folded(nodes, edges, held)
    zones = {zone: _zone_label(reach, zone) for zone in sorted({node.zone for node in nodes if node.zone})}
    return Picture(
        title=title,
        subtitle=f"assumed: {reach.scenario.assume.word} ({reach.scenario.assume.says})",
        nodes=tuple(nodes),
        edges=tuple(_merge(edges)),
        zones=zones,
        counts=_counts(reach),
    )


def _zone_label(reach: Reach, zone: str) -> str:
    return reach.estate.zones[zone].label if zone in reach.estate.zones else zone


def _counts(reach: Reach) -> str:
    reached = {fact.entity for fact in reach.levels if not is_public(reach.estate, fact.entity)}
    jewels = sum(reach.estate.crown_jewel(name) for name in reached)
    stops = sum(stop.by_controls_alone for stop in reach.certificate.stopped)
    return (
        f"{plural(len(reached), 'entity', 'entities')} of {len(reach.estate.entities):,} within reach · "
        f"{plural(jewels, 'crown jewel')} · {plural(stops, 'step')} stopped by controls · proof checked"
    )


def _taken(reach: Reach, only: frozenset[Fact] | None) -> Iterable[Edge]:
    for step in reach.certificate.steps:
        fact = step.fact
        if fact.capability in STEPPING_STONES or step.rule == "closure" or (only and fact not in only):
            continue
        for source in _origins(reach, step.premises):
            if source != fact.entity:
                yield Edge(source, fact.entity, _word(fact.capability), level=step.level)


def _origins(reach: Reach, premises: Iterable[Fact]) -> Iterable[str]:
    """The entities that premises are about, behind any stepping stones; that somebody means it is about none."""
    return dict.fromkeys(origin for premise in premises if (origin := _origin(reach, premise)) is not None)


def _origin(reach: Reach, fact: Fact) -> str | None:
    while fact.capability in STEPPING_STONES:
        premises = reach.proofs[fact].premises
        if not premises:
            return None
        fact = premises[0]
    return fact.entity


def _stopped(reach: Reach) -> Iterable[Edge]:
    for stop in reach.certificate.stopped:
        if not stop.by_controls_alone:
            continue
        kinds = sorted({str(reach.estate.controls[name].control.kind) for name in stop.controls})
        for source in _origins(reach, stop.premises):
            if source != stop.fact.entity:
                word = _word(stop.fact.capability)
                yield Edge(source, stop.fact.entity, word, style="stopped", stopped_by=tuple(kinds))


def _word(capability: Capability) -> str:
    return capability.replace("_", " ")


def _merge(edges: Iterable[Edge]) -> list[Edge]:
    """One edge for each pair of ends and style, with the strongest words of all."""
    groups: dict[tuple[str, str, str], list[Edge]] = defaultdict(list)
    for edge in edges:
        groups[edge.source, edge.target, edge.style].append(edge)
    return [_one_edge(group) for group in groups.values()]


def _one_edge(edges: list[Edge]) -> Edge:
    gained: Held = {}
    for edge in edges:
        capability, level = Capability(edge.label.replace(" ", "_")), edge.level or Level.GRANTED
        gained[capability] = min(level, gained.get(capability, level))
    levels = [edge.level for edge in edges if edge.level is not None]
    return replace(
        edges[0],
        label=_gained(gained),
        level=min(levels, default=None),
        stopped_by=tuple(sorted({control for edge in edges for control in edge.stopped_by})),
        count=len(edges),
    )


def _held(reach: Reach) -> dict[str, Held]:
    """For each entity reached, the lowest level of every capability over it."""
    held: dict[str, Held] = defaultdict(dict)
    for fact, level in reach.levels.items():
        held[fact.entity][fact.capability] = level
    return held


def _nodes(reach: Reach, edges: list[Edge], held: Mapping[str, Held], only: frozenset[Fact] | None) -> list[Node]:
    seeds = _seeds(reach)
    named = [*seeds, *(name for edge in edges for name in (edge.source, edge.target)), *([] if only else held)]
    homes = _homes(reach)
    return [_node(reach, name, held.get(name, {}), homes, name in seeds) for name in dict.fromkeys(named)]


def _gained(held: Held) -> str:
    """What is held at the lowest level, then what each level adds, such as ``taint, ④ control``."""
    words: list[str] = []
    before: set[Capability] = set()
    for level in sorted(set(held.values())):
        now = {capability for capability, at in held.items() if at <= level}
        new = [_word(capability) for capability in strongest(now) if capability not in before]
        mark = f"{_MARKS[level]} " if words else ""
        words += [f"{mark}{', '.join(new)}"] if new else []
        before = now
    return ", ".join(words)


def _seeds(reach: Reach) -> list[str]:
    seeds = (step.fact.entity for step in reach.certificate.steps if step.rule == "seed")
    return [name for name in seeds if name in reach.estate.entities]


def _homes(reach: Reach) -> dict[str, str | None]:
    """An operation is drawn in the zone of the service behind it, a key in that of its holder."""
    homes: dict[str, str | None] = {}
    for verb in (Verb.SERVES, Verb.HOLDS):
        for relation in reach.estate.by_verb[verb]:
            homes.setdefault(relation.targets[0], reach.estate.entities[relation.sources[0]].zone)
    return homes


def _node(reach: Reach, name: str, held: Held, homes: Mapping[str, str | None], seed: bool) -> Node:
    entity = reach.estate.entities[name]
    return Node(
        id=name,
        label=entity.label,
        kind=entity.kind,
        zone=entity.zone or homes.get(name),
        level=min(held.values(), default=None),
        gained=_gained(held),
        seed=seed,
        crown_jewel=reach.estate.crown_jewel(name),
    )


def _folded(nodes: list[Node], edges: list[Edge], held: Mapping[str, Held]) -> tuple[list[Node], list[Edge]]:
    """Fold siblings, ever more coarsely, until the picture is small enough."""
    into: dict[str, set[tuple[str, str]]] = defaultdict(set)
    out: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for edge in edges:
        out[edge.source].add((edge.target, edge.style))
        into[edge.target].add((edge.source, edge.style))
    keys: tuple[Callable[[Node], Hashable], ...] = (
        lambda n: (n.kind, n.zone, n.level, n.gained, frozenset(into[n.id]), frozenset(out[n.id])),
        lambda n: (n.kind, n.zone, n.level, n.gained, frozenset(into[n.id])),
        lambda n: (n.kind, n.zone, n.level, n.gained),
        lambda n: (n.kind, n.zone, n.level),
        lambda n: (n.kind, n.zone if n.level else None, n.level),
        lambda n: (n.kind, n.level),
        lambda n: n.kind,
    )
    for number, key in enumerate(keys):
        jewels = number < len(keys) - 3
        folded = _fold(nodes, key, held, keep_jewels=jewels)
        if len(folded) <= FEW or number == len(keys) - 1:
            return _redirected(folded, edges)
    return nodes, edges


def _fold(
    nodes: list[Node], key: Callable[[Node], Hashable], held: Mapping[str, Held], *, keep_jewels: bool
) -> list[Node]:
    groups: dict[Hashable, list[Node]] = defaultdict(list)
    for node in nodes:
        alone = node.seed or (node.crown_jewel and keep_jewels)
        groups[node.id if alone else (node.crown_jewel, key(node))].append(node)
    return [group[0] if len(group) == 1 else _one_node(group, held) for group in groups.values()]


def _one_node(group: list[Node], held: Mapping[str, Held]) -> Node:
    together: Held = {}
    for capability, level in (item for node in group for item in held.get(node.id, {}).items()):
        together[capability] = min(level, together.get(capability, level))
    first, zones = group[0], {node.zone for node in group}
    return replace(
        first,
        label=plural(len(group), first.kind, _PLURALS.get(first.kind)),
        level=min(together.values(), default=None),
        zone=first.zone if len(zones) == 1 else None,
        gained=_gained(together),
        members=tuple(node.id for node in group),
    )


def _redirected(nodes: list[Node], edges: list[Edge]) -> tuple[list[Node], list[Edge]]:
    home = {member: node.id for node in nodes for member in (node.members or (node.id,))}
    moved = [replace(edge, source=home[edge.source], target=home[edge.target]) for edge in edges]
    return nodes, [edge for edge in moved if edge.source != edge.target]
