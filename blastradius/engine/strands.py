"""What the flows of rules run along in one estate: relations, several of them together, or what the estate implies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from blastradius.columns.ragged import Flags, Numbers, RaggedArray, Small, distinct
from blastradius.columns.tables import CONTROLS, KINDS, NO_INDEX, ON_BAD, VERBS, Columns
from blastradius.model import ControlKind, Kind, Verb
from blastradius.rules import Condition, End, Flow, Place

BEST = 0
"""The basis of what needs no source: it limits nothing."""


@dataclass(frozen=True)
class Strands:
    """What a flow runs along, one row each: its ends by number, the relations by number, and how well it is known.

    Ends are entities, or stepping stones by their own numbers (as the flow has it). ``along`` may be empty.
    """

    sources: RaggedArray
    targets: RaggedArray
    along: RaggedArray
    basis: Small

    def __len__(self) -> int:
        return len(self.along)

    def end(self, end: End) -> RaggedArray:
        """The ends of one side."""
        return self.sources if end == "from" else self.targets

    def take(self, rows: Numbers | Flags) -> Strands:
        """Some of them."""
        return Strands(self.sources.take(rows), self.targets.take(rows), self.along.take(rows), self.basis[rows])

    def where(self, flags: Flags) -> Strands:
        """Those that are flagged."""
        return self if flags.all() else self.take(flags)

    @cached_property
    def first(self) -> Numbers:
        """The (first) relation of each, or ``NO_INDEX``."""
        found = np.full(len(self), NO_INDEX)
        there = self.along.lengths > 0
        found[there] = self.along.values[self.along.indptr[:-1][there]]
        return found


class Weave:
    """All that flows can run along in an estate, with the stepping stones that keys and inputs are.

    ``trusts_providers``: controls are not asked whether they stop nothing for who provides them.
    """

    trusts_providers = False

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.count = len(columns.entities.kind)
        self._relations: dict[Verb, Strands] = {}

    def has(self, along: str) -> bool:
        """Whether the estate has relations of a verb; of what is implied it may have some."""
        return along not in VERBS or along in self._verbs

    @cached_property
    def _verbs(self) -> set[Verb]:
        return {VERBS[number] for number in distinct(self.columns.relations.verb).tolist()}

    def __getstate__(self) -> dict[str, object]:
        made = ("_along", "_conditions")  # functions of this process
        return {name: value for name, value in vars(self).items() if name not in made}

    def strands(self, flow: Flow) -> Strands:
        """What a flow runs along in this estate."""
        found = self._along[flow.along]() if flow.along in self._along else self.relations(Verb(flow.along))
        for side, kinds in _ends_of(flow):
            if kinds and len(found):
                found = found.where(_of_kinds(kinds)[self.columns.entities.kind[found.end(side).first]])
        for condition in flow.when:
            if len(found):
                found = found.where(self._conditions[condition](found))
        return self._whole(found) if flow.gate == "whole" else found

    def relations(self, verb: Verb) -> Strands:
        """The relations of a verb."""
        if verb not in self._relations:
            relations = self.columns.relations
            rows = np.flatnonzero(relations.verb == VERBS.index(verb))
            sources, targets = relations.sources.take(rows), relations.targets.take(rows)
            self._relations[verb] = Strands(sources, targets, RaggedArray.singles(rows), relations.basis[rows])
        return self._relations[verb]

    def _whole(self, found: Strands) -> Strands:
        """All relations to a target as one strand."""
        targets, group = np.unique(found.targets.first, return_inverse=True)
        sources = RaggedArray.grouped(group, found.sources.first, len(targets))
        basis = np.zeros(len(targets), np.int8)
        np.maximum.at(basis, group, found.basis)
        return Strands(
            sources, RaggedArray.singles(targets), RaggedArray.grouped(group, found.first, len(targets)), basis
        )

    # stepping stones

    @cached_property
    def keys(self) -> Numbers:
        """The credentials, sorted, that grant something jointly or that a call needs: they may be present, or not."""
        joint = self.relations(Verb.GRANTS).sources
        several = joint.take(joint.lengths > 1).values
        return distinct(np.concatenate([several, self.columns.relations.needs.values]))

    @cached_property
    def inputs(self) -> tuple[Numbers, Numbers]:
        """Who takes it in and what is taken in, sorted, of the inputs that are dropped when they are wrong."""
        found = distinct(self._input_keys(self._dropping.sources.first, self._dropping.targets))
        return found // self.count, found % self.count

    def place_of_keys(self, credentials: Numbers) -> Numbers:
        """The places in ``keys`` of credentials that are there."""
        return np.searchsorted(self.keys, credentials)

    def place_of_inputs(self, consumers: Numbers, supplied: Numbers) -> Numbers:
        """The places in ``inputs`` of pairs, or ``NO_INDEX`` for those that are not dropped."""
        consumer, input_ = self.inputs
        known, asked = consumer * self.count + input_, consumers * self.count + supplied
        if not len(known):
            return np.full(len(asked), NO_INDEX)
        near = np.minimum(np.searchsorted(known, asked), len(known) - 1)
        return np.where(known[near] == asked, near, NO_INDEX)

    def _input_keys(self, consumers: Numbers, supplied: RaggedArray) -> Numbers:
        return consumers[supplied.row_ids] * self.count + supplied.values

    @cached_property
    def _dropping(self) -> Strands:
        """The relations along which wrong input is dropped, one strand for each input."""
        relations, kind = self.columns.relations, self.columns.entities.kind
        rows = np.flatnonzero(relations.on_bad == ON_BAD.index("drop"))
        taken = np.isin(relations.verb[rows], [VERBS.index(verb) for verb in (Verb.CONSUMES, Verb.READS, Verb.CALLS)])
        takers = [KINDS.index(some) for some in (Kind.SERVICE, Kind.PROCESS)]
        rows = rows[taken & np.isin(kind[relations.sources.first[rows]], takers)]
        targets = relations.targets.take(rows)
        rows = rows[targets.row_ids]
        return Strands(
            RaggedArray.singles(relations.sources.first[rows]),
            RaggedArray.singles(targets.values),
            RaggedArray.singles(rows),
            relations.basis[rows],
        )

    # what is implied

    @cached_property
    def _along(self) -> dict[str, Callable[[], Strands]]:
        return {
            "in_api": lambda: self._of(self.columns.entities.api),
            "in_flat_zone": lambda: self._of(self.columns.entities.flat_zone),
            "open_to_anyone": lambda: self._of(np.where(self.columns.entities.anonymous, 0, NO_INDEX)),
            "itself": self._stores,
            "through": self._through,
            "joint_key": lambda: _implied(self.keys, np.arange(len(self.keys))),
            "drops": self._drops,
            "dropped": lambda: _implied(self.inputs[1], np.arange(len(self.inputs[1]))),
            "key_of_call": self._keys_of_calls,
        }

    def _of(self, group: Numbers) -> Strands:
        """From entities to the group (by number) that they are in."""
        inside = np.flatnonzero(group != NO_INDEX)
        found = _implied(inside, group[inside])
        return Strands(found.sources, found.targets, found.along, self.columns.entities.basis[inside])

    def _stores(self) -> Strands:
        stores = np.flatnonzero(self.columns.entities.kind == KINDS.index(Kind.STORE))
        return _implied(stores, stores)

    def _through(self) -> Strands:
        """A caller writes through the operations it calls."""
        calls, writes = self.relations(Verb.CALLS), self.relations(Verb.WRITES)
        written_by = RaggedArray.grouped(writes.sources.first, np.arange(len(writes)), self.count)
        found = written_by.take(calls.targets.first)
        call, write = calls.take(found.row_ids), writes.take(found.values)
        both = np.stack([call.first, write.first], axis=1).ravel()
        along = RaggedArray(np.arange(len(call) + 1) * 2, both)
        return Strands(call.sources, write.targets, along, np.maximum(call.basis, write.basis))

    def _drops(self) -> Strands:
        """From what is dropped when it is wrong to the input that is lost."""
        found = self._dropping
        place = self.place_of_inputs(found.sources.first, found.targets.first)
        return Strands(found.targets, RaggedArray.singles(place), found.along, found.basis)

    def _keys_of_calls(self) -> Strands:
        """From a caller to each key that its call is made with."""
        calls = self.relations(Verb.CALLS)
        keys = self.columns.relations.keys.take(calls.first)
        found = calls.take(keys.row_ids)
        return Strands(found.sources, RaggedArray.singles(keys.values), found.along, found.basis)

    # conditions

    @cached_property
    def _conditions(self) -> dict[Condition, Callable[[Strands], Flags]]:
        relations = self.columns.relations
        group = (relations.targets.lengths > 1) | (relations.vote_min > 0)
        return {
            "single": lambda found: ~group[found.first],
            "group": lambda found: group[found.first],
            "all": lambda found: ~relations.subset[found.first],
            "subset": lambda found: relations.subset[found.first],
            "brittle": lambda found: relations.brittle[found.first],
            "halts": lambda found: relations.on_bad[found.first] == ON_BAD.index("halt"),
            "defaults": lambda found: relations.defaults[found.first],
            "stops": lambda found: ~relations.defaults[found.first],
            "obeys": lambda found: relations.obeys[found.first],
            "hard": lambda found: self._dependency[found.first] == "hard",
            "soft": lambda found: self._dependency[found.first] == "soft",
            "depends": lambda found: self._dependency[found.first] != "none",
            "capacity_loss": lambda found: relations.capacity_loss[found.first],
            "one_key": lambda found: found.sources.lengths == 1,
            "many_keys": lambda found: found.sources.lengths > 1,
            "mixed_keys": self._mixed,
            "unnamed": self._unnamed,
            "unguarded": lambda found: ~self._guarded[found.targets.first],
            "keyed": lambda found: relations.keys.lengths[found.first] > 0,
            "unkeyed": lambda found: relations.keys.lengths[found.first] == 0,
            "needing": lambda found: relations.needs.lengths[found.first] > 0,
            "ours": lambda found: ~self._of_others[found.sources.first],
            "others": lambda found: self._of_others[found.sources.first],
            "phishable": self._phishable,
            "bound": self._bound,
            "complete": lambda found: self.columns.entities.complete[found.targets.first],
        }

    @cached_property
    def _dependency(self) -> NDArray[np.str_]:
        relations = self.columns.relations
        stated = np.array([dependency or "" for dependency in relations.dependency], dtype="<U4")
        unstated = np.where(relations.verb == VERBS.index(Verb.DEPENDS_ON), "hard", "soft")
        return np.where(stated == "", unstated, stated)

    def _passwords(self, found: Strands) -> Numbers:
        """How many of the keys of each are passwords."""
        secret = self.columns.entities.password[found.sources.values]
        return np.bincount(found.sources.row_ids, secret, len(found)).astype(np.int64)

    def _mixed(self, found: Strands) -> Flags:
        passwords, keys = self._passwords(found), found.sources.lengths
        mixed: Flags = (keys > 1) & (passwords > 0) & (passwords < keys)
        return mixed

    def _unnamed(self, found: Strands) -> Flags:
        """Keys that none of their holder's calls name."""
        calls = self._keys_of_calls()
        named = calls.sources.first * self.count + calls.targets.first
        return ~np.isin(found.sources.first * self.count + found.targets.first, named)

    @cached_property
    def _guarded(self) -> Flags:
        """The operations that a scope permits."""
        found = np.zeros(self.count, np.bool_)
        found[self.relations(Verb.PERMITS).targets.values] = True
        return found

    @cached_property
    def _of_others(self) -> Flags:
        """What a party owns that is not ourselves, and none that is."""
        owns, ours = self.relations(Verb.OWNS), self.columns.entities.ourselves
        found = np.zeros(self.count, np.bool_)
        found[owns.targets.first] = True
        found[owns.targets.first[ours[owns.sources.first]]] = False
        return found

    def _placed(self, kind: ControlKind, *, phishable: bool = False) -> Flags:
        """The hosts (entities, then relations) of controls of a kind that were not stated to fail."""
        controls = self.columns.controls
        there = (controls.kind == CONTROLS.index(kind)) & ~controls.failed
        there &= controls.phishable if phishable else True
        found = np.zeros(self.count + len(self.columns.relations.verb), np.bool_)
        found[controls.host[there]] = True
        return found

    def _on(self, found: Strands, hosts: Flags, *places: Place) -> Flags:
        owners, there = self.hosts(found, places)
        return np.bincount(owners, hosts[there], len(found)) > 0

    def _phishable(self, found: Strands) -> Flags:
        """MFA that can be phished stands on the road of a password: on a grant, its target, or the one key of it."""
        hosts = self._placed(ControlKind.MFA, phishable=True)
        if (found.first == NO_INDEX).all():
            return self._on(found, hosts, "from") & (self._passwords(found) > 0)
        alone = found.sources.lengths == 1
        there = self._on(found, hosts, "along", "to") | (alone & self._on(found, hosts, "from"))
        phishable: Flags = there & (self._passwords(found) > 0)
        return phishable

    def _bound(self, found: Strands) -> Flags:
        return self._on(found, self._placed(ControlKind.NON_EXPORTABLE), "along", "to")

    # where controls stand

    def hosts(self, found: Strands, places: tuple[Place, ...]) -> tuple[Numbers, Numbers]:
        """Pairs of strand and host, an entity by number or a relation by number beyond the entities."""
        pairs = [self._hosts_at(found, place) for place in places]
        owners, hosts = zip(*pairs, strict=True) if pairs else ((_NONE,), (_NONE,))
        return np.concatenate(owners), np.concatenate(hosts)

    def _hosts_at(self, found: Strands, place: Place) -> tuple[Numbers, Numbers]:
        relations, along = self.columns.relations, found.along
        if place == "along":
            return along.row_ids, self.count + along.values
        if place in ("from", "to"):
            ends = found.sources if place == "from" else found.targets
            return ends.row_ids, ends.values
        if place == "second":
            return np.arange(len(found)), self.count + along.values[1::2]
        rows = relations.keys.take(found.first) if place == "keys" else relations.targets.take(found.first)
        return rows.row_ids, rows.values


_NONE = np.zeros(0, np.int64)


@cache
def _of_kinds(kinds: frozenset[Kind]) -> Flags:
    """For each kind, by number, whether it is one of these."""
    return np.array([kind in kinds for kind in KINDS], np.bool_)


def _ends_of(flow: Flow) -> tuple[tuple[End, frozenset[Kind]], ...]:
    return ("from", flow.source_kinds), ("to", flow.target_kinds)


def _implied(sources: Numbers, targets: Numbers) -> Strands:
    nowhere = RaggedArray(np.zeros(len(sources) + 1, np.int64), _NONE)
    basis = np.full(len(sources), BEST, np.int8)
    return Strands(RaggedArray.singles(sources), RaggedArray.singles(targets), nowhere, basis)
