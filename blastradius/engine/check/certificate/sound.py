"""Whether every step of a certificate follows from those before it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from blastradius.engine.check.capabilities import Seeds, included
from blastradius.engine.check.certificate.asked import Asked, require
from blastradius.engine.check.rule_instances import RuleInstance
from blastradius.engine.proof import ProofStep
from blastradius.errors import CertificateError
from blastradius.estate import Estate
from blastradius.model import STEPPING_STONES, Capability, Fact, Scenario


class Proved(NamedTuple):
    """From which level on a fact holds, in which hour it arrives there, and how many hops its proof has."""

    level: int
    at: float
    hops: int


ProvedFacts = Mapping[Fact, list[Proved]]
"""What is proved of each fact: once, or at rising levels in ever earlier hours."""

_SEED = Proved(1, 0.0, 0)


def upto(proved: ProvedFacts, fact: Fact, level: int) -> Proved | None:
    """The earliest that a fact is proved to arrive at a level; ``None`` where it is not proved there."""
    return next((found for found in reversed(proved.get(fact, ())) if found.level <= level), None)


def sound(
    estate: Estate, scenario: Scenario, steps: Iterable[ProofStep], instances: Iterable[RuleInstance]
) -> ProvedFacts:
    """What the steps prove, once each of them is known to follow from earlier ones.

    Raises:
        CertificateError: one does not, or a seed is missing.
    """
    seeds = set(Seeds(estate).of(scenario))
    check = _Soundness(estate, Asked.of(scenario), seeds, instances)
    for step in steps:
        check.take(step)
    missing = [fact for fact in seeds if check.proved.get(fact) != [_SEED]]
    require(not missing, f"the seed {', '.join(sorted(map(str, missing)))} is missing")
    return check.proved


class _Soundness:
    """The steps so far, and what they prove."""

    def __init__(self, estate: Estate, asked: Asked, seeds: set[Fact], instances: Iterable[RuleInstance]) -> None:
        self.estate, self.asked, self.seeds = estate, asked, seeds
        self.known: dict[tuple[str, Fact, tuple[str, ...]], list[RuleInstance]] = defaultdict(list)
        for instance in instances:
            self.known[instance.rule, instance.conclusion, instance.along].append(instance)
        self.proved: dict[Fact, list[Proved]] = {}

    def take(self, step: ProofStep) -> None:
        """Add a step that follows and says something new; refuse another."""
        claimed, due = Proved(int(step.level), step.at, step.hops), self._due(step)
        if self.asked.hours is not None and step.rule != "seed":  # at a higher level premises may come earlier
            due = due._replace(level=max(due.level, claimed.level))
            require(not self.asked.is_over(step.at), f"{step.fact} arrives when the outage is over")
        require(claimed == due, f"{step.fact} is claimed at {tuple(claimed)}, not {tuple(due)}")
        require(claimed.level <= self.asked.assume, f"{step.fact} assumes more than was asked")
        before = self.proved.setdefault(step.fact, [])
        earlier = not before or (before[-1].level < claimed.level and before[-1].at > claimed.at)
        require(earlier, f"{step.fact} is proved twice")
        before.append(claimed)

    def _due(self, step: ProofStep) -> Proved:
        """The level, hour and hops that a step's premises justify."""
        if step.rule == "seed":
            require(step.fact in self.seeds and not step.premises and not step.relations, f"{step.fact} is no seed")
            return _SEED
        require(bool(step.premises), f"{step.fact} rests on nothing")
        require(len(set(step.premises)) == len(step.premises), f"{step.fact} rests on the same thing twice")
        known = {premise: upto(self.proved, premise, int(step.level)) for premise in step.premises}
        late = [premise for premise, proved in known.items() if proved is None]
        require(not late, f"{step.fact} rests on {', '.join(map(str, late))}, not proved before it")
        floor, delay, hop = self._cost(step)
        found = {premise: proved for premise, proved in known.items() if proved is not None}
        # a buffer lasts from what it waits for, whether or not a control stands in its way meanwhile
        at = max(proved.at + (delay if premise.capability != Capability.INACTIVE else 0.0)
                 for premise, proved in found.items())  # fmt: skip
        level, hops = (
            max(column) for column in zip(*((proved.level, proved.hops) for proved in found.values()), strict=True)
        )
        return Proved(max(floor, level), at, hop + hops)

    def _cost(self, step: ProofStep) -> tuple[int, float, int]:
        """The least level, the delay and the hops of a step itself."""
        if step.rule == "closure":
            held = step.premises[0]
            require(len(step.premises) == 1 and not step.relations and self._includes(held, step.fact),
                    f"{step.fact} is not included in what it rests on")  # fmt: skip
            return 1, 0.0, 0
        for instance in self.known.get((step.rule, step.fact, step.relations), ()):
            if self._is_instance(instance, step):
                return instance.level, self.asked.delay(instance), instance.hop
        raise CertificateError(f"{step.rule} does not give {step.fact} from {', '.join(map(str, step.premises))}")

    def _includes(self, whole: Fact, part: Fact) -> bool:
        return whole.entity == part.entity and part in parts_of(self.estate, whole)

    def _is_instance(self, instance: RuleInstance, step: ProofStep) -> bool:
        """Whether a step's premises are an instance's own, none to spare, and all its controls have fallen."""
        if self.asked.is_shut(instance):
            return False
        fallen = set(self.asked.fallen(instance))
        own = set(step.premises) - fallen
        return set(step.premises) >= fallen and own <= set(instance.premises) and instance.enough(own)


def parts_of(estate: Estate, fact: Fact) -> list[Fact]:
    """What a fact about an entity includes in one step; of a stepping stone nothing."""
    if fact.capability in STEPPING_STONES:
        return []
    return [Fact(fact.entity, part) for part in _included(estate, fact)]


def _included(estate: Estate, fact: Fact) -> tuple[Capability, ...]:
    return included(fact.capability, estate.kind_of(fact.entity))
