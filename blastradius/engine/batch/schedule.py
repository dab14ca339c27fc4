"""An order in which to fill rows: every row after those it is made of, the rows of a cycle together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from blastradius.columns.ragged import Flags, Numbers, RaggedArray, counted, distinct
from blastradius.columns.tables import NO_INDEX

_FEW, _FEW_NODES = 5_000, 50_000
"""Up to how many edges and nodes components are found without scipy, the import of which takes longer than they do."""


class Edges(NamedTuple):
    """Edges of a graph whose nodes are numbers: edge ``i`` goes from ``source[i]`` to ``target[i]``."""

    source: Numbers
    target: Numbers

    def renamed(self, names: Numbers) -> Edges:
        """The same edges between the nodes' new numbers, each once, without loops."""
        source, target = names[self.source], names[self.target]
        width = int(names.max(initial=0)) + 1
        pairs = distinct((target * width + source)[source != target])
        return Edges(pairs % width, pairs // width)


class Order(NamedTuple):
    """``rows`` in the order to fill them; group ``i`` is ``rows[indptr[i]:indptr[i + 1]]``, to be filled at once.

    ``cycles`` are spans (first group, last group + 1) to be filled again until nothing changes.
    """

    rows: Numbers
    indptr: Numbers
    cycles: tuple[tuple[int, int], ...]


def components(edges: Edges, count: int) -> Numbers:
    """For each of ``count`` nodes the number of its strongly connected component."""
    if len(edges.source) <= _FEW and count <= _FEW_NODES:
        return _few_components(edges, count)
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(edges.source), np.int8)
    graph = csr_array((ones, (edges.source, edges.target)), shape=(count, count))
    _, labels = connected_components(graph, directed=True, connection="strong")
    return labels.astype(np.int64)


def _few_components(edges: Edges, count: int) -> Numbers:
    """The same by Tarjan's search: nodes are open until the component that they are in is whole."""
    targets = RaggedArray.grouped(edges.source, edges.target, count)
    onward = list(map(iter, targets.tolist()))
    found = [NO_INDEX] * count
    seen: dict[int, int] = {}
    lowest: dict[int, int] = {}
    open_: list[int] = []
    for root in range(count):
        path = [] if root in seen else [root]
        while path:
            node = path[-1]
            if node not in seen:
                seen[node] = lowest[node] = len(seen)
                open_.append(node)
            further = next(onward[node], None)
            if further is None:
                path.pop()
                if lowest[node] == seen[node]:
                    _close(open_, node, found)
                elif path:
                    lowest[path[-1]] = min(lowest[path[-1]], lowest[node])
            elif further not in seen:
                path.append(further)
            elif found[further] == NO_INDEX:
                lowest[node] = min(lowest[node], seen[further])
    _, numbers = np.unique(np.array(found, np.int64), return_inverse=True)
    return numbers


def _close(open_: list[int], first: int, found: list[int]) -> None:
    """Make what is open from a node on one component, named by that node."""
    node = NO_INDEX
    while node != first:
        node = open_.pop()
        found[node] = first


def in_order(edges: Edges, count: int) -> Order:
    """The order of ``count`` rows."""
    layer = _layers(edges, count)
    cyclic = np.zeros(count, np.bool_)
    if (layer < 0).any():
        component = components(edges, count)
        cyclic = np.bincount(component)[component] > 1
        layer = _layers(edges.renamed(component), int(component.max()) + 1)[component]
    depth = _depths(edges, cyclic)
    key = (layer * 2 + cyclic) * (int(depth.max(initial=0)) + 1) + depth
    rows = np.argsort(key, kind="stable")
    firsts = np.flatnonzero(np.diff(key[rows], prepend=-1))
    indptr = np.append(firsts, count)
    return Order(rows, indptr, _spans(layer[rows[firsts]], cyclic[rows[firsts]]))


def by_waves(wave: Numbers) -> Order:
    """The order of rows by the wave that first gets to each, all of them to be filled again until nothing changes."""
    rows = np.argsort(wave, kind="stable")
    firsts = np.flatnonzero(np.diff(wave[rows], prepend=wave.min(initial=0) - 1))
    return Order(rows, np.append(firsts, len(rows)), ((0, len(firsts)),) if len(firsts) else ())


def _spans(layer: Numbers, cyclic: Flags) -> tuple[tuple[int, int], ...]:
    """Runs of groups that are cyclic and of one layer."""
    groups = np.flatnonzero(cyclic)
    breaks = np.flatnonzero(np.diff(layer[groups]) != 0) + 1
    return tuple((int(run[0]), int(run[-1]) + 1) for run in np.split(groups, breaks) if len(run))


def _layers(edges: Edges, count: int) -> Numbers:
    """The length of the longest path to each node; ``-1`` for what lies on a cycle or behind one."""
    missing = np.bincount(edges.target, minlength=count)
    onward = RaggedArray.grouped(edges.source, edges.target, count)
    layer = np.full(count, -1)
    front = np.flatnonzero(missing == 0)
    number = 0
    while len(front):
        layer[front] = number
        reached, times = counted(onward.take(front).values)
        missing[reached] -= times
        front = reached[missing[reached] == 0]
        number += 1
    return layer


def _depths(edges: Edges, cyclic: Flags) -> Numbers:
    """How far each row of a cycle lies from where its cycle is entered; 0 elsewhere."""
    depth = np.where(cyclic, -1, 0)
    inside = cyclic[edges.source] & cyclic[edges.target]
    onward = RaggedArray.grouped(edges.source[inside], edges.target[inside], len(cyclic))
    entered = np.zeros(len(cyclic), np.bool_)
    entered[edges.target[~cyclic[edges.source]]] = True
    front = np.flatnonzero(entered & cyclic)
    number = 0
    while len(front):
        depth[front] = number
        reached = distinct(onward.take(front).values)
        front = reached[depth[reached] < 0]
        number += 1
    return np.where(depth < 0, number, depth)
