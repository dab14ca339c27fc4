"""Whether a certificate lists what is not taken, with all that stands in the way of each, and what is relied on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from blastradius.engine.check.capabilities import is_stone, is_weaker
from blastradius.engine.check.certificate.asked import Asked, require
from blastradius.engine.check.certificate.sound import ProvedFacts
from blastradius.engine.check.rule_instances import RuleInstance
from blastradius.engine.proof import Certificate, Stopped
from blastradius.errors import CertificateError
from blastradius.model import Capability, Level


def check_stops(asked: Asked, proved: ProvedFacts, certificate: Certificate, instances: Iterable[RuleInstance]) -> None:
    """The stops that are listed are the stops there are, and the controls relied on those that alone stop something.

    Raises:
        CertificateError: they are not.
    """
    due = Counter(_stop(instance, asked, proved) for instance in instances if _is_stopped(instance, proved))
    said = Counter(certificate.stopped)
    for differing in sorted(map(str, (due - said) + (said - due))):
        raise CertificateError(f"what stopped is not what is listed: {differing}")
    relied = sorted({name for stop in due if _is_by_controls_alone(stop) for name in stop.controls})
    require(tuple(relied) == certificate.relies_on, "the controls relied on are not those that stop something")


def _is_stopped(instance: RuleInstance, proved: ProvedFacts) -> bool:
    conclusion = instance.conclusion
    if conclusion in proved or (is_stone(conclusion) and conclusion.capability != Capability.PRESENT):
        return False
    return any(premise in proved for premise in instance.premises)


def _stop(instance: RuleInstance, asked: Asked, proved: ProvedFacts) -> Stopped:
    held = tuple(premise for premise in instance.premises if premise in proved)
    enough = instance.enough(held)
    lacking = () if enough else sorted(premise for premise in instance.premises if premise not in proved)
    standing = sorted({fact.entity for fact in asked.fallen(instance) if fact not in proved})
    return Stopped(
        instance.conclusion,
        instance.rule,
        instance.along,
        held,
        missing=tuple(lacking),
        level=Level(instance.level) if instance.level > asked.assume else None,
        controls=tuple(standing),
        after_h=instance.buffer_h if enough and asked.is_over(_arrival(instance, asked, proved)) else None,
        basis=instance.basis if is_weaker(instance.basis, asked.basis) else None,
    )


def _arrival(instance: RuleInstance, asked: Asked, proved: ProvedFacts) -> float:
    """When the conclusion would come, of an instance of which enough premises hold."""
    hours = {fact: proved[fact][-1].at for fact in instance.premises if fact in proved}
    enough = (at for at in sorted(hours.values()) if instance.enough({fact for fact in hours if hours[fact] <= at}))
    fallen = (proved[fact][-1].at for fact in asked.fallen(instance) if fact in proved)
    return max([asked.delay(instance) + next(enough), *fallen])


def _is_by_controls_alone(stop: Stopped) -> bool:
    return not stop.missing and (stop.level, stop.after_h, stop.basis) == (None, None, None)
