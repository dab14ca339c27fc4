"""The independent checker: is a certificate a proof? It shares no code with the solver or the rule table.

It knows the rules by itself, lists every ground instance of them in the estate, and then asks of the certificate: is
each step one of these instances, and is there no open instance that was not taken? A set that is well-founded and
closed is the least fixpoint.
"""

from __future__ import annotations

from collections.abc import Sequence

from blastradius.engine.check.certificate.asked import Asked
from blastradius.engine.check.certificate.claimed import Claimed, Leading
from blastradius.engine.check.certificate.complete import check_complete
from blastradius.engine.check.certificate.sound import check_sound
from blastradius.engine.check.certificate.stops import check_stops
from blastradius.engine.check.rule_instances import RuleInstance, RuleInstances
from blastradius.engine.proof import Certificate
from blastradius.estate import Estate
from blastradius.model import Scenario


def check(estate: Estate, instances: Sequence[RuleInstance], scenario: Scenario, certificate: Certificate) -> None:
    """Verify a certificate: sound, complete, and honest about what stopped.

    ``instances`` are all those of the estate, or all with a premise about something that the certificate speaks of.

    What-ifs of the scenario are not looked at: the estate is the one in which they are done.

    Raises:
        CertificateError: the first defect found.
    """
    asked, known = Asked.of(scenario), RuleInstances.of(estate, instances)
    claimed = Claimed.of(known.names, certificate.steps)
    leading = Leading.of(known, claimed, asked)
    check_sound(scenario, asked, certificate.steps, claimed, leading)
    check_complete(asked, claimed, leading)
    check_stops(asked, certificate, leading)
