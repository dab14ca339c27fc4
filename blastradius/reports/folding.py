"""Fewer boxes: siblings of a picture folded into one, and edges between the same boxes drawn as one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace

from blastradius.answer import Edge, Felt, Gain, Node, Tone
from blastradius.reports.captions import caption
from blastradius.reports.rows import strongest
from blastradius.reports.words import WORDS, kinds

Key = Callable[[Node], Hashable]
_WORST = list(Felt)


def folded(nodes: list[Node], edges: list[Edge], most: int) -> tuple[list[Node], list[Edge]]:
    """Fold siblings, ever more coarsely, until there are at most ``most`` boxes; alike in all they are folded always.

    Where a scenario starts is never folded, a crown jewel only with its like and as a last resort.
    """
    keys = _keys(edges)
    for number, key in enumerate(keys):
        last = number == len(keys) - 1
        fewer = _fold(nodes, key, keep_jewels=number < len(keys) - 2)
        if len(fewer) <= most or last:
            return _redirected(fewer, edges)
    return nodes, edges


def merged(edges: Iterable[Edge]) -> list[Edge]:
    """One edge for each pair of ends and style, with the strongest tone and the strongest words of that tone."""
    groups: dict[tuple[str, str, str], list[Edge]] = defaultdict(list)
    for edge in edges:
        groups[edge.source, edge.target, edge.style].append(edge)
    return [_one_edge(group) for group in groups.values()]


def _keys(edges: Iterable[Edge]) -> Sequence[Key]:
    """What nodes have in common that are folded, from all to hardly anything."""
    into: dict[str, set[tuple[str, str]]] = defaultdict(set)
    out: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for edge in edges:
        out[edge.source].add((edge.target, edge.style))
        into[edge.target].add((edge.source, edge.style))
    return (
        lambda n: (n.kind, n.zone, n.gains, n.known, frozenset(into[n.id]), frozenset(out[n.id])),
        lambda n: (n.kind, n.zone, n.gains, n.known, frozenset(into[n.id])),
        lambda n: (n.kind, n.zone, n.gains, n.known),
        lambda n: (n.kind, n.zone, n.tone),
        lambda n: (n.kind, n.tone),
        lambda n: (n.kind, n.tone),
        lambda n: n.kind,
    )


def _fold(nodes: list[Node], key: Key, *, keep_jewels: bool) -> list[Node]:
    groups: dict[Hashable, list[Node]] = defaultdict(list)
    for node in nodes:
        alone = node.seed or (node.crown_jewel and keep_jewels)
        groups[node.id if alone else (node.crown_jewel, key(node))].append(node)
    return [group[0] if len(group) == 1 else _one_node(group) for group in groups.values()]


def _one_node(group: list[Node]) -> Node:
    first, zones = group[0], {node.zone for node in group}
    return replace(
        first,
        label=kinds(len(group), first.kind),
        what="",
        names=", ".join(node.label for node in group),
        zone=first.zone if len(zones) == 1 else None,
        gains=_together([gain for node in group for gain in node.gains]),
        members=tuple(node.id for node in group),
        known=_known(group),
    )


def _known(group: list[Node]) -> str:
    """How well it is known of all, or that some of it is no fact."""
    known = dict.fromkeys(node.known for node in group)
    weak = caption("or").join(word for word in known if word)
    return caption("some", known=weak) if weak and len(known) > 1 else weak


def _together(gains: list[Gain]) -> tuple[Gain, ...]:
    """What is gained over several, each word at the first of the tones that it has."""
    said: set[str] = set()
    words: dict[Tone, list[str]] = {}
    for gain in sorted(gains, key=lambda gain: _rank(gain.tone)):
        new = [word for word in gain.words.split(", ") if word not in said]
        said.update(new)
        words.setdefault(gain.tone, []).extend(new)
    return tuple(Gain(", ".join(some), tone) for tone, some in words.items() if some)


def _rank(tone: Tone) -> int:
    """The place of a tone: the lowest level first, of what is felt the worst."""
    return _WORST.index(tone) if isinstance(tone, Felt) else int(tone)


def _one_edge(edges: list[Edge]) -> Edge:
    tone = min((edge.tone for edge in edges if edge.tone is not None), key=_rank, default=None)
    said = {edge.label for edge in edges if edge.tone == tone}
    words = [WORDS[capability] for capability in strongest(of for of, words in WORDS.items() if words in said)]
    controls = tuple(sorted({control for edge in edges for control in edge.stopped_by}))
    return edges[0]._replace(label=", ".join(words), tone=tone, stopped_by=controls)


def _redirected(nodes: list[Node], edges: list[Edge]) -> tuple[list[Node], list[Edge]]:
    home = {member: node.id for node in nodes for member in (node.members or (node.id,))}
    moved = [edge._replace(source=home[edge.source], target=home[edge.target]) for edge in edges]
    return nodes, [edge for edge in moved if edge.source != edge.target]
