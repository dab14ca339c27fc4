"""The spec on small estates where a plausible reading of the rules is wrong: what is reached, and what is not."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from blastradius.model import Control, ControlKind, Level
from tests.engine.short import estate, facts, scenario

K = ControlKind


class Case(NamedTuple):
    """An estate, a scenario at ``granted`` unless it says otherwise, and facts that are reached and that are not."""

    name: str
    built: Estate
    seed: str
    reached: str = ""
    not_reached: str = ""
    level: Level = Level.GRANTED


def by(kind: ControlKind, provider: str, **more: object) -> Control:
    return Control.model_validate({"kind": kind, "provided_by": provider, **more})


PASSWORD = {"k": {"type": "password"}}
LABELS = {"o": {"anonymous": True, "direction": "exposed"}}
VENDOR = {"p": {"role": "provider"}}
IN_ONE_ZONE = {"s": {"zone": "zone"}, "s2": {"zone": "zone"}}
CASES = (
    Case(
        "an allow-list on what a scope permits asks nobody where he comes from",
        estate("grants:k>c", "permits:c>o", "reads:o>d", controls={"o": Control(kind=K.IP_ALLOWLIST)}),
        "leak k", "read(d)",
    ),
    Case(
        "a fallback never fails closed: both are down",
        estate("depends_on:b>s", controls={"depends_on:b>s": by(K.FALLBACK, "s2", fails="closed")}),
        "outage s outage s2", "deny(b)",
    ),
    Case(
        "a fallback of another third party takes over",
        estate("depends_on:b>s", "owns:p>s", "owns:p2>s2", controls={"depends_on:b>s": by(K.FALLBACK, "s2")}),
        "outage s", not_reached="deny(b)",
    ),
    Case(
        "a fallback that has to call what it replaces is none, though its own call has one",
        estate(
            *("depends_on:b>s", "serves:s>o", "calls:s2>o dependency=hard"),
            controls={"depends_on:b>s": by(K.FALLBACK, "s2"), "calls:s2>o": by(K.FALLBACK, "s3")},
        ),
        "outage s", "deny(b)", "deny(s2)",
    ),
    Case(
        "mfa on a key that is no password does not guard the password beside it",
        estate("grants:k+k2>o", controls={"k2": Control(kind=K.MFA)}, entities=PASSWORD),
        "leak k leak k2", "use(o)",
    ),
    Case(
        "mfa on one password of two guards both",
        estate("grants:k+k2>o", controls={"k": Control(kind=K.MFA)}, entities=PASSWORD),
        "leak k leak k2", not_reached="use(o)",
    ),
    Case(
        "one key driven on its host and a copy of the other open what both open",
        estate("holds:s>k", "grants:k+k2>o", controls={"k": Control(kind=K.NON_EXPORTABLE)}),
        "compromise s leak k2", "use(o)", "possess(k)",
    ),
    Case(
        "who does not depend is not slowed, whatever the capacity",
        estate("depends_on:s>s2 dependency=none capacity_loss=true"),
        "outage s2", not_reached="degrade(s) deny(s)",
    ),
    Case(
        "an operation answers with the wrong data that it reads",
        estate("writes:s>d", "reads:o>d", "calls:s2>o", "informs:s2>b"),
        "wrong s", "taint(o) taint(s2) taint(b)",
    ),
    Case("a credential can be out", estate(entities={"k": {}}), "outage k", "deny(k) degrade(k)"),
    Case(
        "an attacker at one asset can call what strangers can",
        estate("owns:p>s", "reads:o>d", entities=LABELS),
        "compromise s", "use(o) read(d)", "control(p)",
    ),
    Case(
        "an error alone brings no attacker",
        estate("reads:o>d", "consumes:s>f obeys=true", entities=LABELS),
        "wrong f outage s", "taint(s)", "use(o) read(d) steer(s)", Level.LATERAL,
    ),
    Case(
        "who validates the answers of a call does not guard what the call writes",
        estate("calls:s>o", "writes:o>d", controls={"calls:s>o": Control(kind=K.VALIDATED)}),
        "wrong s", "taint(d)",
    ),
    Case(
        "the operation that validates what it is sent does",
        estate("calls:s>o", "writes:o>d", controls={"o": Control(kind=K.VALIDATED)}),
        "wrong s", not_reached="taint(d) write(d)",
    ),
    Case(
        "a fallback in the same zone is none, on the process as on the relation",
        estate("depends_on:b>s", controls={"b": by(K.FALLBACK, "s2")}, entities=IN_ONE_ZONE),
        "outage s", "deny(b)",
    ),
    Case(
        "the owner of a feed vouches for itself",
        estate("owns:p>f", "installs:s>f", controls={"installs:s>f": by(K.VERIFIED, "p")}, entities=VENDOR),
        "poison f", "control(s)",
    ),
    Case(
        "so does the owner of the service that builds it",
        estate("owns:p>s2", "publishes:s2>f", "installs:s>f", controls={"s": by(K.VERIFIED, "p")}, entities=VENDOR),
        "compromise s2", "control(s)",
    ),
    Case(
        "somebody else who verifies it does stop it",
        estate("owns:p>f", "installs:s>f", controls={"s": by(K.VERIFIED, "s3")}, entities=VENDOR),
        "poison f", not_reached="control(s) deny(s)",
    ),
    Case(
        "one wrong feed decides where nobody said how votes are counted",
        estate("consumes:s>f+f2"), "wrong f", "taint(s)",
    ),
    Case(
        "of three feeds that are to be counted one wrong one does not decide",
        estate("consumes:s>f+f2+f3 vote_min=2"), "wrong f", not_reached="taint(s)",
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_it_is_read_so(case: Case) -> None:
    found = spec(case.built, scenario(case.seed, case.level)).keys()
    assert facts(case.reached) <= found
    assert not facts(case.not_reached) & found
