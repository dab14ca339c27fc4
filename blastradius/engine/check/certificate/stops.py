"""Whether a certificate lists what is not taken, with all that stands in the way of each, and what is relied on."""

from __future__ import annotations

from collections import Counter

import numpy as np

from blastradius.columns.tables import NO_INDEX
from blastradius.engine.check.capabilities import CAPABILITY_NUMBER, is_weaker
from blastradius.engine.check.certificate.asked import Asked, require
from blastradius.engine.check.certificate.claimed import Leading
from blastradius.engine.check.rule_instances import RuleInstance
from blastradius.engine.check.rule_instances.names import WIDTH
from blastradius.engine.proof import Certificate, Stopped
from blastradius.errors import CertificateError
from blastradius.model import STEPPING_STONES, Capability, Fact, Level

_PASSED_OVER = [CAPABILITY_NUMBER[stone] for stone in STEPPING_STONES - {Capability.PRESENT}]
"""The stepping stones of which nobody asks why they were not reached: what stops a copy stands on keys alone."""


def check_stops(asked: Asked, certificate: Certificate, leading: Leading) -> None:
    """The stops that are listed are the stops there are, and the controls relied on those that alone stop something.

    Raises:
        CertificateError: they are not.
    """
    at = {step.fact: step.at for step in certificate.steps}
    passed = np.isin(leading.instances.columns.conclusion % WIDTH, _PASSED_OVER)
    rows = np.flatnonzero((leading.conclusion == NO_INDEX) & ~passed).tolist()
    due = Counter(_stop(*leading.made(row), asked, at) for row in rows)
    said = Counter(certificate.stopped)
    for differing in sorted(map(str, (due - said) + (said - due))):
        raise CertificateError(f"what stopped is not what is listed: {differing}")
    relied = sorted({name for stop in due if _is_by_controls_alone(stop) for name in stop.controls})
    require(tuple(relied) == certificate.relies_on, "the controls relied on are not those that stop something")


def _stop(instance: RuleInstance, gone: list[Fact], asked: Asked, at: dict[Fact, float]) -> Stopped:
    held = tuple(premise for premise in instance.premises if premise in at)
    enough = instance.enough(held)
    lacking = () if enough else sorted(premise for premise in instance.premises if premise not in at)
    standing = sorted({fact.entity for fact in gone if fact not in at})
    over = asked.hours is not None and enough and asked.is_over(_arrival(instance, gone, at))
    return Stopped(
        instance.conclusion,
        instance.rule,
        instance.along,
        held,
        missing=tuple(lacking),
        level=Level(instance.level) if instance.level > asked.assume else None,
        controls=tuple(standing),
        after_h=instance.buffer_h if over else None,
        basis=instance.basis if is_weaker(instance.basis, asked.basis) else None,
    )


def _arrival(instance: RuleInstance, gone: list[Fact], at: dict[Fact, float]) -> float:
    """When the conclusion would come, of an instance of which enough premises hold."""
    hours = {fact: at[fact] for fact in instance.premises if fact in at}
    enough = (last for last in sorted(hours.values()) if instance.enough({f for f in hours if hours[f] <= last}))
    fallen = (at[fact] for fact in gone if fact in at)
    return max([instance.buffer_h + next(enough), *fallen])


def _is_by_controls_alone(stop: Stopped) -> bool:
    return not stop.missing and (stop.level, stop.after_h, stop.basis) == (None, None, None)
