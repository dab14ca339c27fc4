"""AWS accounts as a graph: things, what can be done to them, and the identities that may do it.

What can be done is an operation named by what it does to what, ``aws s3 read arn:aws:s3:::orders``, so that every
policy that allows it permits the same one. ``aws s3 read * in 123456789012`` reads every bucket of the account:
each bucket is tied to it where the bucket is described, which makes no difference to who else is in the file.
A pattern that is neither one thing nor all of them is matched against the things of the same file.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from fnmatch import translate
from typing import Any

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Provenances
from blastradius.loaderkit.names import fitting
from blastradius.loaderkit.vendors.aws.arns import Arn, Target, arn_of, identity_arn, is_account
from blastradius.loaderkit.vendors.aws.families import BY_NAME, Family
from blastradius.model import (
    Basis,
    Control,
    ControlKind,
    Credential,
    Entity,
    Kind,
    NoteKind,
    Operation,
    Service,
    Store,
    Verb,
)

MAX_MATCHES = 100_000
UNKNOWN = "an unknown account"
KEYS = {"user": "keys", "role": "session", "group": "membership"}
_VERBS = {"read": Verb.READS, "write": Verb.WRITES, "disable": Verb.DISABLES}
_HANDS_OUT = frozenset({"assume", "pass", "mint"})
_PLURAL = {"s3": "bucket", "api": "API", "logs": "log group", "volume": "volume or image"}


@dataclass
class Graph:
    """What is gathered of one document in the terms of AWS; ``account`` is the one it speaks of, ``""`` if unknown.

    ``known`` has, for a family and what is done to it, the things by the ARNs that patterns are matched against;
    ``paths`` the ARNs of identities with their paths.
    """

    collector: FactCollector
    account: str
    own: frozenset[str]
    zone: str | None = None
    owner: str | None = None
    known: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    patterns: dict[str, tuple[Target, str, Provenances]] = field(default_factory=dict)
    touched: set[tuple[str, str]] = field(default_factory=set)

    # things

    def thing(self, family: str, arn: str, provenance: Provenances, made: Entity | None = None) -> str:
        """A resource: the entity given, or one made of its ARN, tied to all that reaches its family."""
        arn = fitting(arn)
        if arn not in self.collector.entities or made is not None:
            self.collector.entity(made or self._made(BY_NAME[family].kind, arn, provenance))
        if (family, arn) not in self.touched:
            self.touched.add((family, arn))
            self._tie(family, arn, provenance)
        return arn

    def _tie(self, family: str, arn: str, provenance: Provenances) -> None:
        """Tie a thing to what reaches its family, and everything, in its account if that is ours."""
        parts = arn_of(arn)
        account = parts.account if parts and parts.account else self.account
        if not account or account in self.own:
            self.open_to(family, BY_NAME[family].effects, arn, account, provenance)
            self.collector.relate(
                Verb.CONTROLS,
                self.administration(account, provenance),
                arn,
                provenance=provenance,
                basis=Basis.INFERRED,
            )

    def open_to(self, family: str, effects: tuple[str, ...], thing: str, account: str, provenance: Provenances) -> None:
        """Tie a thing to what reaches all of its family in the account."""
        for effect in effects:
            self.known.setdefault((family, effect), {})[self.paths.get(thing, thing)] = thing
            operation = self._operation(family, effect, f"* in {account or UNKNOWN}", provenance, several=True)
            self._touch(operation, effect.partition(" ")[0], thing, provenance)

    def _made(self, kind: Kind, arn: str, provenance: Provenances, name: str | None = None) -> Entity:
        attributes = {
            "id": arn,
            "name": name or short(arn),
            "zone": self.zone_of(arn),
            "owner": self.owner,
            "basis": Basis.INFERRED,
            "provenance": provenance,
        }
        return Service.model_validate(attributes) if kind == Kind.SERVICE else Store.model_validate(attributes)

    def zone_of(self, arn: str) -> str | None:
        """The trust boundary: the account, or for ours the one the user named."""
        parts = arn_of(arn)
        account = parts.account if parts else ""
        if self.zone and (account in self.own or not is_account(account)):
            return self.zone
        return f"aws:{account}" if is_account(account) else None

    # operations

    def reach(self, target: Target, effect: str, provenance: Provenances, suffix: str = "") -> str:
        """The operation that does something to a target, and what it touches."""
        family, account = target.family, target.account or UNKNOWN
        does = effect + suffix
        if target.arn is None:
            return self._whole(family, effect, does, account, provenance)
        if target.pattern:
            what = f"{target.arn}{target.part or ''} in {account}"
            operation = self._operation(family.name, does, what, provenance, several=True)
            self.patterns.setdefault(operation, (target, does, provenance))
            if effect in _HANDS_OUT:
                return operation
            named = fitting(f"{target.arn} in {account}")
            if named not in self.collector.entities:
                self.collector.entity(self._made(family.kind, named, provenance, f"{short(target.arn)} (pattern)"))
            self._touch(operation, effect, named, provenance, target.part)
            return operation
        operation = self._operation(family.name, does, f"{target.arn}{target.part or ''}", provenance)
        self._touch(operation, effect, self._target(target, provenance), provenance, target.part)
        return operation

    def _target(self, target: Target, provenance: Provenances) -> str:
        arn = target.arn or ""
        parts = arn_of(arn)
        if target.family.name in ("identity", "role", "user") and parts:
            return self.identity(parts, provenance)
        return self.thing(target.family.name, arn, provenance)

    def _whole(self, family: Family, effect: str, does: str, account: str, provenance: Provenances) -> str:
        """What is done to every thing of a family in an account: those that are known, and the rest of them."""
        operation = self._operation(family.name, does, f"* in {account}", provenance, several=True)
        if family.name == "identity":
            self._touch(operation, effect, self.account_service(account, provenance), provenance)
        elif effect not in _HANDS_OUT:
            rest = f"aws {family.name} * in {account}"
            word = _PLURAL.get(family.name, family.name)
            if rest not in self.collector.entities:
                self.collector.entity(self._made(family.kind, rest, provenance, f"any {word} in account {account}"))
            self._touch(operation, effect, rest, provenance)
        return operation

    def administration(self, account: str, provenance: Provenances) -> str:
        """Every action on everything in an account."""
        account = account or UNKNOWN
        operation = f"aws everything in {account}"
        if operation not in self.collector.entities:
            self.collector.entity(Operation(id=operation, basis=Basis.INFERRED, provenance=provenance))
            service = self.account_service(account, provenance)
            self.collector.relate(Verb.CONTROLS, operation, service, provenance=provenance, basis=Basis.INFERRED)
        return operation

    def account_service(self, account: str, provenance: Provenances) -> str:
        """The account as a whole: whoever runs it can do everything in it."""
        named = f"aws account {account}"
        if named not in self.collector.entities:
            made = Service(
                id=named, owner=self.owner, zone=self.zone_of(f"arn:aws:iam::{account}:root"), provenance=provenance
            )
            self.collector.entity(made.model_copy(update={"basis": Basis.INFERRED}))
            operation = self.administration(account, provenance)
            self.collector.relate(
                Verb.CALLS, named, operation, provenance=provenance, basis=Basis.INFERRED, dependency="none"
            )
        return named

    def _operation(self, family: str, effect: str, what: str, provenance: Provenances, *, several: bool = False) -> str:
        """What is done to one thing or to ``several``; whose keys that hands out, no file says of all of them."""
        made = fitting(f"aws {family} {effect} {what}")
        if made not in self.collector.entities:
            unknown = ("issues",) if several and effect.partition(" ")[0] in _HANDS_OUT else ()
            self.collector.entity(Operation(id=made, unknown=unknown, basis=Basis.INFERRED, provenance=provenance))
        return made

    def _touch(self, operation: str, effect: str, thing: str, provenance: Provenances, part: str | None = None) -> None:
        """What an operation does to a thing; said once, for a thousand policies may allow the same."""
        if (operation, thing) in self.touched:
            return
        self.touched.add((operation, thing))
        if effect == "call":
            self.collector.relate(Verb.SERVES, thing, operation, provenance=provenance, basis=Basis.INFERRED)
            return
        if effect in _HANDS_OUT:
            key = self.key(thing)
            self.collector.relate(Verb.ISSUES, operation, key, provenance=provenance, basis=Basis.INFERRED)
            return
        attributes: dict[str, Any] = {}
        if part and effect in ("read", "write"):
            attributes = {"extent": "subset", "controls": (_limited(part, provenance),)}
        self.collector.relate(
            _VERBS.get(effect, Verb.CONTROLS),
            operation,
            thing,
            provenance=provenance,
            basis=Basis.INFERRED,
            **attributes,
        )

    # identities

    def identity(self, arn: Arn, provenance: Provenances, made: Service | None = None) -> str:
        """A user, role or group: whatever acts as it, with the credential that lets it act."""
        named = identity_arn(arn)
        key = self.key(named)
        self.paths.setdefault(named, str(arn))
        if named not in self.collector.entities or made is not None:
            self.collector.entity(made or self._made(Kind.SERVICE, named, provenance))
        if key not in self.collector.entities:
            basis = made.basis if made else Basis.INFERRED
            attributes = {
                "id": key,
                "type": "session" if "role/" in named else "api_key",
                "basis": basis,
                "provenance": provenance,
            }
            self.collector.entity(Credential.model_validate(attributes))
        if (named, key) not in self.touched:
            self.touched.add((named, key))
            self.collector.relate(
                Verb.HOLDS, named, key, provenance=provenance, basis=made.basis if made else Basis.INFERRED
            )
            self.thing("identity", named, provenance)
            if arn.resource.startswith("user/"):
                self.thing("user", named, provenance)
        return named

    def act_as(self, arn: Arn, provenance: Provenances) -> str:
        """Acting as an identity, such as a group that one is in."""
        operation = self._operation(arn.resource.partition("/")[0], "act as", identity_arn(arn), provenance)
        self._touch(operation, "assume", self.identity(arn, provenance), provenance)
        return operation

    @staticmethod
    def key(identity: str) -> str:
        """The id of the credential of an identity."""
        kind = (arn_of(identity) or Arn("", "", "", "", "role")).resource.partition("/")[0]
        return fitting(f"{identity} {KEYS.get(kind, 'session')}")

    # patterns

    def link_patterns(self) -> None:
        """Tie each pattern to the things of this file that it fits; bounded, and said where the bound is met."""
        ordered = {kind: sorted(things) for kind, things in self.known.items()}
        budget = MAX_MATCHES
        for operation, (target, effect, provenance) in sorted(self.patterns.items()):
            base = effect.partition(" ")[0]
            things = self.known.get((target.family.name, effect), {})
            for name in self._matches(target, ordered.get((target.family.name, effect), [])):
                budget -= 1
                if budget < 0:
                    message = f"patterns fit more than {MAX_MATCHES:,} resources; the rest is not linked"
                    self.collector.note(NoteKind.INCOMPLETE, message)
                    return
                self._touch(operation, base, things[name], provenance, target.part)

    @staticmethod
    def _matches(target: Target, things: list[str]) -> list[str]:
        pattern = target.arn or ""
        prefix = re.split(r"[*?]", pattern, maxsplit=1)[0]
        fits = re.compile(translate(pattern.replace("[", "[[]"))).fullmatch
        start = bisect_left(things, prefix)
        found = []
        for thing in things[start:]:
            if not thing.startswith(prefix):
                break
            if fits(thing):
                found.append(thing)
        return found


def _limited(part: str, provenance: Provenances) -> Control:
    return Control(
        kind=ControlKind.OBJECT_AUTHZ,
        status="assumed",
        why=f"the policy allows {part[:80]} only",
        basis=Basis.INFERRED,
        provenance=provenance,
    )


def short(arn: str) -> str:
    """The last part of an ARN, as people call the thing."""
    parts = arn_of(arn)
    return (parts.resource if parts else arn)[:200]
