"""The order in which the instances of a table are checked: facts put into classes, cycles apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from blastradius.engine.check.audit.instance_table import Flags, Instances, InstanceTable, Ints, Ragged, indptr_of

_FEW = 5_000
"""Up to how many edges components are found without scipy, the import of which takes longer than they do."""


@dataclass(frozen=True, eq=False)
class CheckPlan:
    """A table's instances between classes of facts, sorted by conclusion.

    Facts that lead to each other by free instances (one premise, open in all worlds) are one class: they hold in the
    same worlds, whatever these are. Classes are numbered so that those from ``cyclic_from`` on may need themselves, by
    way of others or not, and those before never do.

    ``class_of`` gives each fact's class and ``fact_of`` a fact of each class. Instance ``i`` here is ``number[i]`` of
    the table; those from ``first_cyclic_instance`` on lead to cyclic classes. ``inner`` are the instances of the table
    that hold classes together, sorted. ``dependents`` lists for each cyclic class, counted from ``cyclic_from``, the
    instances that lead from it to cyclic ones.
    """

    instances: Instances
    number: Ints
    class_of: Ints
    fact_of: Ints
    cyclic_from: int
    first_cyclic_instance: int
    inner: Ints
    dependents: Ragged


def check_plan(table: InstanceTable, free: Flags) -> CheckPlan:
    """The plan for worlds in all of which the ``free`` ones of a table's instances are open."""
    instances = table.instances
    free = free & instances.is_single
    source, target = instances.required.values[instances.required.indptr[:-1][free]], instances.conclusion[free]
    class_of = strong_components(source, target, table.count)
    inner = np.flatnonzero(free)[class_of[source] == class_of[target]]
    number = np.delete(np.arange(len(instances)), inner)
    outer = instances.take(number).renumbered(class_of)
    count = int(class_of.max(initial=-1)) + 1
    cyclic = _cyclic(outer, count)
    rank = np.argsort(np.argsort(cyclic, kind="stable"))  # the new number of each class: acyclic ones first
    order = np.argsort(rank[outer.conclusion], kind="stable")
    sorted_, cyclic_from = outer.take(order).renumbered(rank), int(np.count_nonzero(~cyclic))
    class_of = rank[class_of]
    fact_of = np.empty(count, np.int64)
    fact_of[class_of] = np.arange(len(class_of))
    first = int(np.searchsorted(sorted_.conclusion, cyclic_from))
    dependents = _dependents(sorted_, first, cyclic_from, count)
    return CheckPlan(sorted_, number[order], class_of, fact_of, cyclic_from, first, inner, dependents)


def unordered_plan(table: InstanceTable) -> CheckPlan:
    """The plan for few worlds: each fact is a class, and all are taken as cyclic, as an order takes longer to find."""
    order = np.argsort(table.instances.conclusion, kind="stable")
    sorted_, facts = table.instances.take(order), np.arange(table.count)
    return CheckPlan(sorted_, order, facts, facts, 0, 0, order[:0], _dependents(sorted_, 0, 0, table.count))


def _cyclic(instances: Instances, count: int) -> Flags:
    """The classes that may need themselves, each alone or with others."""
    premise, instance = instances.premise_of
    conclusion = instances.conclusion[instance]
    component = strong_components(premise, conclusion, count)
    found: Flags = np.bincount(component)[component] > 1
    found[premise[premise == conclusion]] = True
    return found


def _dependents(instances: Instances, first: int, cyclic_from: int, count: int) -> Ragged:
    premise, instance = instances.premise_of
    some = (premise >= cyclic_from) & (instance >= first)
    order = np.argsort(premise[some], kind="stable")
    counts = np.bincount(premise[some] - cyclic_from, minlength=count - cyclic_from)
    return Ragged(indptr_of(counts), instance[some][order])


def strong_components(source: Ints, target: Ints, count: int) -> Ints:
    """For each of ``count`` nodes the number of its strongly connected component."""
    if len(source) <= _FEW:
        return _few_components(source.tolist(), target.tolist(), count)
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    graph = csr_array((np.ones(len(source), np.int8), (source, target)), shape=(count, count))
    _, labels = connected_components(graph, directed=True, connection="strong")
    return labels.astype(np.int64)


def _few_components(source: list[int], target: list[int], count: int) -> Ints:
    """The same by Kosaraju's two walks: forth, and back from what was left last."""
    forth: list[list[int]] = [[] for _ in range(count)]
    back: list[list[int]] = [[] for _ in range(count)]
    for start, end in zip(source, target, strict=True):
        forth[start].append(end)
        back[end].append(start)
    left: list[int] = []
    seen = [False] * count
    for root in range(count):
        left += _walked(root, forth, seen)
    number = np.empty(count, np.int64)
    seen = [False] * count
    components = 0
    for root in reversed(left):
        members = _walked(root, back, seen)
        number[members] = components
        components += bool(members)
    return number


def _walked(root: int, onward: list[list[int]], seen: list[bool]) -> list[int]:
    """What is met from a node on for the first time, in the order in which a search in depth leaves it."""
    left: list[int] = []
    path = [] if seen[root] else [(root, iter(onward[root]))]
    seen[root] = True
    while path:
        node, further = path[-1]
        new = next((following for following in further if not seen[following]), None)
        if new is None:
            left.append(node)
            path.pop()
        else:
            seen[new] = True
            path.append((new, iter(onward[new])))
    return left
