"""Records that several stores share, which are counted once.

What can be read is counted as the most records that stores add up to of which no two have an original in common. A copy
has the originals of what it is a copy of, a whole those of its parts; what is neither is an original itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from itertools import combinations

import numpy as np

from blastradius.columns.ragged import Flags, Numbers, RaggedArray
from blastradius.columns.tables import KINDS, VERBS, Columns
from blastradius.engine.batch.schedule import Edges, components
from blastradius.model import Kind, Verb

Originals = frozenset[int]
Gain = tuple[int, Originals]
"""What a copy of several has more than its originals, and those."""
MOST_EXACT = 40
"""Up to how many copies of several originals that hang together are searched through; it takes a tenth of a second."""


@dataclass(frozen=True)
class Holdings:
    """The stores that state records and are not public, by number, with how many those are and their originals."""

    stores: Numbers
    records: Numbers
    originals: Sequence[Originals]

    @classmethod
    def of(cls, columns: Columns) -> Holdings:
        """Those of an estate."""
        entities = columns.entities
        stores = np.flatnonzero((entities.records > 0) & ~entities.public)
        shared = originals(columns)
        return cls(stores, entities.records[stores], [shared.get(s, frozenset({s})) for s in stores.tolist()])

    @cached_property
    def tangled(self) -> list[Numbers]:
        """Rows of stores with several originals, each with all that share one of them, however far."""
        several = [found for found in self.originals if len(found) > 1]
        if not several:
            return []
        import networkx as nx

        shared: nx.Graph[int] = nx.Graph()
        for found in several:
            nx.add_star(shared, sorted(found))
        group = {original: n for n, them in enumerate(nx.connected_components(shared)) for original in them}
        rows: dict[int, list[int]] = defaultdict(list)
        for row, found in enumerate(self.originals):
            if min(found) in group:
                rows[group[min(found)]].append(row)
        return [np.array(found, np.int64) for found in rows.values()]

    @cached_property
    def plain(self) -> Numbers:
        """Rows of all other stores: each has one original, and what shares it has no other."""
        others: Flags = np.ones(len(self.stores), np.bool_)
        for rows in self.tangled:
            others[rows] = False
        return np.flatnonzero(others)

    def count(self, rows: Iterable[int]) -> int:
        """How many records can be read where the stores in these rows can."""
        return counted((int(self.records[row]), self.originals[row]) for row in rows)


def originals(columns: Columns) -> Mapping[int, Originals]:
    """For each store that is a copy or has parts its originals in the end; those that copy each other are one."""
    links = _links(columns)
    if not len(links):
        return {}
    stores, ends = np.unique(links, return_inverse=True)
    copies, copied = ends.reshape(-1, 2).T
    edges = Edges(copies, copied)
    of_store = components(edges, len(stores))
    members: dict[int, list[int]] = defaultdict(list)
    for store, group in zip(stores.tolist(), of_store.tolist(), strict=True):
        members[group].append(store)
    within: dict[int, set[int]] = {group: set() for group in members}
    outward = edges.renamed(of_store)
    for group, inner in zip(outward.source.tolist(), outward.target.tolist(), strict=True):
        within[group].add(inner)
    found: dict[int, Originals] = {}
    for group in TopologicalSorter(within).static_order():
        further = [found[inner] for inner in within[group]]
        found[group] = frozenset[int]().union(*further) if further else frozenset({members[group][0]})
    return {store: found[group] for group, alike in members.items() for store in alike}


def _links(columns: Columns) -> Numbers:
    """Pairs of stores (n, 2): a copy and its original, a whole and its part."""
    copies: RaggedArray = columns.entities.copy_of
    relations = columns.relations
    parts = np.flatnonzero(relations.verb == VERBS.index(Verb.PART_OF))
    part, whole = relations.sources.take(parts).first, relations.targets.take(parts).first
    of_stores = columns.entities.kind[part] == KINDS.index(Kind.STORE)
    pairs = [(copies.row_ids, copies.values), (whole[of_stores], part[of_stores])]
    return np.concatenate([np.stack(pair, axis=1) for pair in pairs])


def counted(stores: Iterable[tuple[int, Originals]]) -> int:
    """The most records that stores, each with its records and its originals, add up to without sharing an original."""
    most: dict[Originals, int] = defaultdict(int)
    for records, found in stores:
        most[found] = max(most[found], records)
    alone = {original: records for found, records in most.items() if len(found) == 1 for original in found}
    gains = [
        (records - sum(alone.get(original, 0) for original in found), found)
        for found, records in most.items()
        if len(found) > 1
    ]
    return sum(alone.values()) + _most_gained([(gain, found) for gain, found in gains if gain > 0])


def _most_gained(gains: Sequence[Gain]) -> int:
    """The most that copies of several gain over their originals, no two of which share one: a weighted set packing."""
    if len(gains) < 2:
        return sum(gain for gain, _ in gains)
    import networkx as nx

    apart: nx.Graph[int] = nx.Graph()
    apart.add_nodes_from((place, {"gain": gain}) for place, (gain, _) in enumerate(gains))
    pairs = combinations(range(len(gains)), 2)
    apart.add_edges_from((one, other) for one, other in pairs if gains[one][1].isdisjoint(gains[other][1]))
    found = 0
    for tangle in nx.connected_components(nx.complement(apart)):
        if len(tangle) > MOST_EXACT:
            found += _nearly_most([gains[place] for place in sorted(tangle)])
        else:
            found += nx.max_weight_clique(apart.subgraph(tangle), weight="gain")[1]
    return found


def _nearly_most(gains: Sequence[Gain]) -> int:
    """The same of more than can be searched through, to within a part in a thousand million."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    places = {name: place for place, name in enumerate(sorted(frozenset[int]().union(*(names for _, names in gains))))}
    cells = [(places[name], column) for column, (_, names) in enumerate(gains) for name in sorted(names)]
    rows, columns = np.array(cells, np.int64).T
    shares = csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(places), len(gains)))
    weights = np.array([gain for gain, _ in gains], np.float64)
    found = milp(
        -weights / weights.max(),
        constraints=LinearConstraint(shares, ub=1),
        integrality=np.ones(len(gains), np.int64),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0},
    )
    taken = np.flatnonzero(np.asarray(found.x) > 0.5).tolist()
    return sum(gains[column][0] for column in taken)
