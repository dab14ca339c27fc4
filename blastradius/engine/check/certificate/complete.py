"""Whether a certificate leaves nothing out: no open instance leads to more, or to it more cheaply or earlier."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from blastradius.engine.check.certificate.asked import Asked
from blastradius.engine.check.certificate.sound import ProvedFacts, parts_of, upto
from blastradius.engine.check.rule_instances import RuleInstance
from blastradius.errors import CertificateError
from blastradius.estate import Estate
from blastradius.model import Fact

Cost = tuple[float, ...]
Costs = dict[Fact, Cost]
Following = tuple[Fact, Cost, str]
"""A fact that follows, what it costs, and by which rule."""


def check_complete(estate: Estate, asked: Asked, proved: ProvedFacts, instances: Sequence[RuleInstance]) -> None:
    """Refuse what is not closed, or claims more than the least.

    Raises:
        CertificateError: a fact follows and is not claimed, or follows at a lower level, in fewer hops or earlier.
    """
    open_ = [instance for instance in instances if instance.level <= asked.assume and not asked.is_shut(instance)]
    if asked.hours is None:
        costs: Costs = {fact: (found[0].level, found[0].hops) for fact, found in proved.items()}
        _check_least(costs, _included(estate, costs))
        _check_least(costs, _cheapest(asked, costs, open_))
        return
    for level in range(1, asked.assume + 1):
        hours: Costs = {fact: (found.at,) for fact in proved if (found := upto(proved, fact, level)) is not None}
        here = (instance for instance in open_ if instance.level <= level)
        for following in (_included(estate, hours), _earliest(asked, hours, here)):
            _check_least(hours, (found for found in following if not asked.is_over(found[1][0])))


def _check_least(claimed: Costs, following: Iterable[Following]) -> None:
    for fact, cost, rule in following:
        if fact not in claimed:
            raise CertificateError(f"{fact} follows by {rule} and is not claimed")
        if claimed[fact] > cost:
            raise CertificateError(f"{fact} follows by {rule} at {cost} and is claimed at {claimed[fact]}")


def _included(estate: Estate, claimed: Costs) -> Iterator[Following]:
    """What each fact includes, at no more cost."""
    for fact, cost in claimed.items():
        for part in parts_of(estate, fact):
            yield part, cost, "closure"


def _cheapest(asked: Asked, claimed: Costs, open_: Iterable[RuleInstance]) -> Iterator[Following]:
    """The lowest level, and there the fewest hops, at which each instance leads on, of those that do."""
    for instance in open_:
        fallen, held = asked.fallen(instance), _held(instance, claimed)
        if instance.enough(held) and all(map(claimed.__contains__, fallen)):
            cost_of = _cost_of_enough if len(held) > 1 and instance.is_counted else _cost_of_all
            level, hops = cost_of(instance, held, fallen, claimed)
            yield instance.conclusion, (level, instance.hop + hops), instance.rule


def _cost_of_all(instance: RuleInstance, held: Sequence[Fact], fallen: Sequence[Fact], claimed: Costs) -> Cost:
    costs = [claimed[fact] for fact in (*held, *fallen)]
    return max([instance.level, *(level for level, _ in costs)]), max([hops for _, hops in costs])


def _cost_of_enough(instance: RuleInstance, held: Sequence[Fact], fallen: Sequence[Fact], claimed: Costs) -> Cost:
    """Where fewer than all that is held may do: the lowest level, and the fewest hops among what is held there."""
    level = _least(instance, held, claimed, 0, max([instance.level, *(claimed[fact][0] for fact in fallen)]))
    near = [fact for fact in held if claimed[fact][0] <= level]
    return level, _least(instance, near, claimed, 1, max([0, *(claimed[fact][1] for fact in fallen)]))


def _earliest(asked: Asked, hours: Costs, open_: Iterable[RuleInstance]) -> Iterator[Following]:
    """The hour in which each instance leads on, of those that do."""
    for instance in open_:
        fallen, held = asked.fallen(instance), _held(instance, hours)
        if instance.enough(held) and all(fact in hours for fact in fallen):
            lasts = asked.delay(instance) + _least(instance, held, hours, 0, 0.0)
            yield instance.conclusion, (max([lasts, *(hours[fact][0] for fact in fallen)]),), instance.rule


def _held(instance: RuleInstance, claimed: Costs) -> list[Fact]:
    return [premise for premise in instance.premises if premise in claimed]


def _least(instance: RuleInstance, held: Sequence[Fact], claimed: Costs, part: int, floor: float) -> float:
    """The least bound, not below a floor, up to which one part of what enough premises cost stays."""
    bounds = sorted({max(floor, claimed[fact][part]) for fact in held})
    return next(top for top in bounds if instance.enough({fact for fact in held if claimed[fact][part] <= top}))
