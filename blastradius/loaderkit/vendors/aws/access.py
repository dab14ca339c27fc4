"""What policies permit: each statement in force as operations on things, and all that was taken for granted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Provenances
from blastradius.loaderkit.ending import until
from blastradius.loaderkit.names import is_name
from blastradius.loaderkit.vendors.aws.arns import Target, is_caller, targets
from blastradius.loaderkit.vendors.aws.families import EVERYTHING, Effects, effects_but, effects_of, known_service
from blastradius.loaderkit.vendors.aws.graph import Graph
from blastradius.loaderkit.vendors.aws.policies import Policy, Statement, service_name
from blastradius.loaderkit.vendors.aws.trust import UNDERSTOOD
from blastradius.model import Basis, NoteKind, Verb

QUIET = "allow statements that only list or describe, or touch what is not modelled"
DENIED = "deny statements"


@dataclass
class Assumptions:
    """What was taken for granted while policies were read; said once each, with counts."""

    conditions: Counter[str] = field(default_factory=Counter)
    unmodelled: Counter[str] = field(default_factory=Counter)
    bounded: list[str] = field(default_factory=list)
    conditional: int = 0
    denied: int = 0
    all_but: int = 0
    passing: int = 0
    trusts: Counter[str] = field(default_factory=Counter)
    external_ids: int = 0

    def messages(self) -> Iterator[str]:
        """Each assumption in words."""
        if self.conditional:
            yield (
                f"{self.conditional:,} allow statements hold under conditions on {few(self.conditions)}; they are "
                "taken as met, so what is permitted is an upper bound"
            )
        if self.denied:
            yield f"{self.denied:,} deny statements are not taken off; what is permitted is an upper bound"
        if self.bounded:
            yield (
                f"{len(self.bounded):,} identities have a permissions boundary, which is not taken off; what is "
                "permitted is an upper bound"
            )
        if self.all_but:
            yield f"{self.all_but:,} statements speak of all but what they name (NotAction, NotResource)"
        if self.passing:
            yield (
                f"{self.passing:,} statements let a role be passed on (iam:PassRole); whoever may is taken as able "
                "to start something that acts as the role"
            )
        if self.external_ids:
            yield (
                f"{self.external_ids:,} statements ask for sts:ExternalId: it stops a party's other customers from "
                "borrowing its access, not the party itself"
            )
        if self.trusts:
            yield (
                f"conditions on {few(self.trusts)} in statements letting someone in are not understood, or let in "
                f"whoever is not named; taken as met, an upper bound; understood are {UNDERSTOOD}"
            )
        if self.unmodelled:
            yield f"actions of services that are not modelled touch nothing here: {few(self.unmodelled)}"


def few(names: Iterable[str]) -> str:
    """The first of many names, and how many more there are."""
    listed = sorted(names)
    more = f" and {len(listed) - 12:,} more" if len(listed) > 12 else ""
    return ", ".join(item[:60] for item in listed[:12]) + more


@dataclass
class Access:
    """Reads policies into a graph and counts how each statement ended."""

    graph: Graph
    assumed: Assumptions = field(default_factory=Assumptions)
    statements_count: bool = True

    @property
    def collector(self) -> FactCollector:
        """Where the facts go."""
        return self.graph.collector

    def reject(self, policy: Policy, what: str) -> None:
        """The statements of a policy that cannot be read."""
        for keys in policy.malformed:
            why, provenance = f"a statement of {what} that cannot be read", self.collector.provenance(*keys)
            if self.statements_count:
                self.collector.reject(why, provenance=provenance)
            else:
                self.collector.note(NoteKind.UNSUPPORTED, f"{why}; left out", provenance=provenance)

    def count(self, ignored: str | None) -> None:
        """How a statement ended, where a statement is a record."""
        if not self.statements_count:
            return
        if ignored:
            self.collector.ignore(ignored)
        else:
            self.collector.fact()

    def deny(self) -> None:
        """A statement that denies something."""
        self.assumed.denied += 1
        self.count(DENIED)

    def permit(self, scope: str, policy: Policy) -> None:
        """Everything that a policy in force allows."""
        self.reject(policy, scope)
        for statement in policy.statements:
            if not statement.allow:
                self.deny()
            else:
                self.count(None if self.allow(scope, statement) else QUIET)

    def allow(self, scope: str, statement: Statement) -> bool:
        """What one statement allows; false where that is nothing that is modelled."""
        provenance = self.collector.provenance(*statement.keys)
        operations = self._operations(statement, provenance)
        for operation in operations:
            permitted = until(self.collector, operation, statement.until, provenance)
            self.collector.relate(Verb.PERMITS, scope, permitted, provenance=provenance, basis=Basis.INFERRED)
        self.taken_as_met(statement if operations else None)
        return bool(operations)

    def taken_as_met(self, statement: Statement | None) -> None:
        """Conditions of a statement that change nothing here, for they are taken as met; an end is no such one."""
        keys = [condition.key for condition in statement.conditions if not condition.until] if statement else []
        self.assumed.conditional += bool(keys)
        self.assumed.conditions.update(keys)

    def _operations(self, statement: Statement, provenance: Provenances) -> list[str]:
        resources = self._resources(statement)
        if "*" in statement.actions and "*" in resources:
            return [self.graph.administration(self.graph.account, provenance)]
        does = self.effects(statement)
        found = [target for resource in resources for target in targets(resource, does, self.graph.account)]
        self.assumed.passing += any("pass" in item.effects for item in found)
        made = [
            operation for target in dict.fromkeys(found) for operation in self._reach(target, statement, provenance)
        ]
        return list(dict.fromkeys(made))

    def _reach(self, target: Target, statement: Statement, provenance: Provenances) -> Iterator[str]:
        for effect in sorted(target.effects):
            for suffix in _passed_to(statement) if effect == "pass" else ("",):
                yield self.graph.reach(target, effect, provenance, suffix)

    def _resources(self, statement: Statement) -> tuple[str, ...]:
        if statement.not_resources or not statement.resources:
            self.assumed.all_but += bool(statement.not_resources)
            return ("*",)
        return tuple(resource for resource in statement.resources if not is_caller(resource))

    def effects(self, statement: Statement) -> Effects:
        """What the actions of a statement do."""
        if statement.not_actions:
            self.assumed.all_but += 1
            return effects_but(statement.not_actions)
        if "*" in statement.actions:
            return EVERYTHING
        services = {action.partition(":")[0].lower() for action in statement.actions if not known_service(action)}
        self.assumed.unmodelled.update(services)
        return frozenset(pair for action in statement.actions for pair in effects_of(action))

    def say_assumptions(self) -> None:
        """A note for each thing taken for granted."""
        for message in self.assumed.messages():
            self.collector.note(NoteKind.ASSUMED, message)


def _passed_to(statement: Statement) -> tuple[str, ...]:
    """The services that a role may be passed to, as what the operation says further; ``""`` for any."""
    for condition in statement.conditions:
        named = condition.key == "iam:passedtoservice" and condition.operator.lower() in ("stringequals", "stringlike")
        if named and condition.values and all(is_name(value) and "*" not in value for value in condition.values):
            return tuple(dict.fromkeys(f" to {service_name(value)[:100]}" for value in condition.values))
    return ("",)
