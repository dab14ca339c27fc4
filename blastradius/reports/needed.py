"""Which grants of keys are needed and used: by what is stated, by the declared calls they serve, by what was seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from blastradius.engine import PreparedEstate, World
from blastradius.estate import Estate
from blastradius.model import (
    Basis,
    Capability,
    ControlKind,
    Credential,
    Entity,
    Fact,
    Kind,
    Level,
    Relation,
    Scenario,
    Scope,
    Verb,
)
from blastradius.reports.impact import held_in
from blastradius.reports.rows import is_ourselves

Need = Literal["needed", "not needed", "unsaid"]
Use = Literal["used", "not seen", "unsaid"]
Verdict = Literal["excess", "unknown", "undeclared use", "kept"]


@dataclass(frozen=True)
class Judged:
    """One grant: who holds its keys but for ourselves, whether it is needed and used, and what follows.

    ``needed_by`` are the declared calls that could no longer be made without it. ``verdict``: ``excess`` is not needed,
    or not seen used and not known to be needed; of ``unknown`` nobody says either; ``undeclared use`` is used though no
    declared call needs it.
    """

    grant: Relation
    holders: tuple[str, ...]
    need: Need
    needed_by: tuple[str, ...]
    use: Use
    verdict: Verdict


def judged(system: PreparedEstate, holder: str | None = None) -> list[Judged]:
    """Every grant of a key that anyone but ourselves holds, or nobody is said to; with a holder, those of that one."""
    estate, evidence = system.estate, Evidence.of(system.estate)
    grants = [grant for grant in estate.by_verb[Verb.GRANTS] if _concerns(evidence, grant, holder)]
    needed = _needed(system, evidence, grants)
    return [_judged(estate, evidence, grant, needed.get(grant.id)) for grant in grants]


def _judged(estate: Estate, evidence: Evidence, grant: Relation, needed_by: Sequence[str] | None) -> Judged:
    need, use = _need(estate.entities[grant.targets[0]], needed_by), _use(estate, evidence, grant)
    return Judged(grant, evidence.of_grant(grant), need, tuple(needed_by or ()), use, _verdict(need, use))


@dataclass
class Evidence:
    """Who holds keys, what calls they serve, what scopes permit, and what was seen of each key."""

    holders: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    permitted: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    seen: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    calls: list[tuple[Relation, tuple[str, ...]]] = field(default_factory=list)
    ours: frozenset[str] = frozenset()

    @classmethod
    def of(cls, estate: Estate) -> Evidence:
        """What an estate says; a call that names no key may be made with any that the caller or its owner holds."""
        found = cls(ours=frozenset(party.id for party in estate.of_kind(Kind.PARTY) if is_ourselves(party)))
        for relation in estate.by_verb[Verb.HOLDS]:
            found.holders[relation.targets[0]].append(relation.sources[0])
        for relation in estate.by_verb[Verb.PERMITS]:
            for scope in relation.sources:
                found.permitted[scope].add(relation.targets[0])
        held, owners = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
        for key, holders in found.holders.items():
            for name in holders:
                held[name].append(key)
        for relation in estate.by_verb[Verb.OWNS]:
            owners[relation.targets[0]].append(relation.sources[0])
        for call in estate.by_verb[Verb.CALLS]:
            caller = call.sources[0]
            keys = call.keys or tuple(key for name in (caller, *owners[caller]) for key in held[name])
            found.calls.append((call, tuple(dict.fromkeys(keys))))
        found._watch(estate)
        return found

    def _watch(self, estate: Estate) -> None:
        """What was observed to be used, by key: a scope, an operation, a service."""
        for relation in estate.by_verb[Verb.GRANTS]:
            if Basis.OBSERVED in relation.bases:
                for key in relation.sources:
                    self.seen[key].add(relation.targets[0])
        for call, keys in self.calls:
            if Basis.OBSERVED in call.bases:
                for key in keys:
                    self.seen[key].add(call.targets[0])

    def of_grant(self, grant: Relation) -> tuple[str, ...]:
        """Who holds a key of a grant, but for ourselves."""
        names = [name for key in grant.sources for name in self.holders.get(key, ())]
        return tuple(name for name in dict.fromkeys(names) if name not in self.ours)

    def is_seen(self, grant: Relation) -> bool:
        """Whether a grant was seen used: its target, or what that permits, with each of its keys."""
        means = {grant.targets[0], *self.permitted.get(grant.targets[0], ())}
        return all(not means.isdisjoint(self.seen.get(key, ())) for key in grant.sources)

    def is_watched(self, grant: Relation) -> bool:
        """Whether anything was seen of each of its keys."""
        return all(self.seen.get(key) for key in grant.sources)


def _concerns(evidence: Evidence, grant: Relation, holder: str | None) -> bool:
    """Whether anyone but ourselves holds a key of it, or nobody is said to; with a holder, whether that one does."""
    someone = evidence.of_grant(grant)
    if holder is not None:
        return any(holder in evidence.holders.get(key, ()) for key in grant.sources)
    return bool(someone) or not any(evidence.holders.get(key) for key in grant.sources)


def _needed(system: PreparedEstate, evidence: Evidence, grants: Sequence[Relation]) -> dict[str, list[str]]:
    """For each grant with a key that serves declared calls, those that could not be made without it as granted.

    A call that cannot be made with what is granted now says nothing of what is needed.
    """
    by_key: dict[str, list[Relation]] = defaultdict(list)
    for grant in grants:
        for key in grant.sources:
            by_key[key].append(grant)
    asked: list[tuple[Relation, str | None]] = []
    worlds: list[World] = []
    for call, keys in evidence.calls:
        some = {grant.id: grant for key in keys for grant in by_key.get(key, ())}
        scenario = Scenario(use=keys, assume=Level.GRANTED, distrust=(ControlKind.APPROVAL,))
        for without in (None, *some) if some else ():
            asked.append((call, without))
            worlds.append(World(scenario, without=() if without is None else (without,)))
    called = [Fact(name, Capability.USE) for name in sorted({call.targets[0] for call, _ in asked})]
    held = held_in(system, worlds, called) if worlds else []
    found: dict[str, list[str]] = {}
    served = False
    for (call, without), facts in zip(asked, held, strict=True):
        holds = Fact(call.targets[0], Capability.USE) in facts
        if without is None:
            served = holds
        elif served:
            found.setdefault(without, []).extend([] if holds else [call.id])
    return found


def _need(target: Entity, needed_by: Sequence[str] | None) -> Need:
    """Whether a grant is needed, by the calls that it serves, and else by what its scope says."""
    stated = target.needed if isinstance(target, Scope) else None
    if needed_by or stated:
        return "needed"
    return "unsaid" if needed_by is None and stated is None else "not needed"


def _use(estate: Estate, evidence: Evidence, grant: Relation) -> Use:
    """Whether a grant is used: what was seen counts before what is stated."""
    target, keys = estate.entities[grant.targets[0]], [estate.entities[key] for key in grant.sources]
    stated = target.used if isinstance(target, Scope) else None
    if evidence.is_seen(grant) or stated:
        return "used"
    is_dormant = any(isinstance(key, Credential) and key.dormant for key in keys)
    return "not seen" if stated is False or is_dormant or evidence.is_watched(grant) else "unsaid"


def _verdict(need: Need, use: Use) -> Verdict:
    if need == "needed":
        return "kept"
    if use == "used":
        return "undeclared use" if need == "not needed" else "kept"
    return "unknown" if need == use == "unsaid" else "excess"
