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
    for found in reversed(proved.get(fact, ())):
        if found.level <= level:
            return found
    return None


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
            _require(not self.asked.is_over(step.at), step, "arrives when the outage is over")
        if claimed != due:
            raise CertificateError(f"{step.fact} is claimed at {tuple(claimed)}, not {tuple(due)}")
        _require(claimed.level <= self.asked.assume, step, "assumes more than was asked")
        before = self.proved.setdefault(step.fact, [])
        earlier = not before or (before[-1].level < claimed.level and before[-1].at > claimed.at)
        _require(earlier, step, "is proved twice")
        before.append(claimed)

    def _due(self, step: ProofStep) -> Proved:
        """The level, hour and hops that a step's premises justify."""
        if step.rule == "seed":
            _require(step.fact in self.seeds and not step.premises and not step.relations, step, "is no seed")
            return _SEED
        _require(bool(step.premises), step, "rests on nothing")
        _require(len(set(step.premises)) == len(step.premises), step, "rests on the same thing twice")
        (level, delay, hop), at, hops = self._cost(step), 0.0, 0
        for premise in step.premises:
            proved = upto(self.proved, premise, int(step.level))
            if proved is None:
                raise CertificateError(f"{step.fact} rests on {premise}, not proved before it")
            # a buffer lasts from what it waits for, whether or not a control stands in its way meanwhile
            waits = delay if premise.capability != Capability.INACTIVE else 0.0
            level, at, hops = max(level, proved.level), max(at, proved.at + waits), max(hops, proved.hops)
        return Proved(level, at, hop + hops)

    def _cost(self, step: ProofStep) -> tuple[int, float, int]:
        """The least level, the delay and the hops of a step itself."""
        if step.rule == "closure":
            held = step.premises[0]
            alone = len(step.premises) == 1 and not step.relations
            _require(alone and self._includes(held, step.fact), step, "is not included in what it rests on")
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


def _require(holds: bool, step: ProofStep, otherwise: str) -> None:
    """Refuse a step, unless something holds; what is said against it is put together only then.

    Raises:
        CertificateError: it does not.
    """
    if not holds:
        raise CertificateError(f"{step.fact} {otherwise}")


def parts_of(estate: Estate, fact: Fact) -> list[Fact]:
    """What a fact about an entity includes in one step; of a stepping stone nothing."""
    if fact.capability in STEPPING_STONES:
        return []
    return [Fact(fact.entity, part) for part in _included(estate, fact)]


def _included(estate: Estate, fact: Fact) -> tuple[Capability, ...]:
    return included(fact.capability, estate.kind_of(fact.entity))
