"""Identities, policies and things of AWS as they are declared; one way of building them, whoever declares them.

Describe first and tie afterwards: what is only named by something else must not be described by hearsay.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Provenances
from blastradius.loaderkit.json_values import Keys
from blastradius.loaderkit.names import fitting
from blastradius.loaderkit.vendors.aws.access import Access
from blastradius.loaderkit.vendors.aws.arns import Arn, arn_of, identity_arn, is_account
from blastradius.loaderkit.vendors.aws.families import BY_NAME
from blastradius.loaderkit.vendors.aws.graph import UNKNOWN, Graph, short
from blastradius.loaderkit.vendors.aws.managed import known_policy
from blastradius.loaderkit.vendors.aws.options import AwsOptions, read_vendors
from blastradius.loaderkit.vendors.aws.policies import Policy
from blastradius.loaderkit.vendors.aws.resource_policies import ResourcePolicies
from blastradius.loaderkit.vendors.aws.trust import TrusteeResolver
from blastradius.model import SIGNATURES, Basis, Control, Credential, Kind, NoteKind, Scope, Service, Store, Verb


@dataclass
class Builder:
    """Builds the graph of one document; ``sessions`` are the credentials of outsiders for each role."""

    graph: Graph
    access: Access
    resource_policies: ResourcePolicies
    sessions: dict[str, list[str]] = field(default_factory=dict)
    undocumented: dict[str, Provenances] = field(default_factory=dict)

    @property
    def collector(self) -> FactCollector:
        """Where the facts go."""
        return self.graph.collector

    # describe

    def identity(
        self,
        arn: Arn,
        provenance: Provenances,
        trust: Policy,
        *,
        dormant: bool = False,
        controls: tuple[Control, ...] = (),
        basis: Basis = Basis.DECLARED,
    ) -> None:
        """A user, a group or a role."""
        named = identity_arn(arn)
        if named in self.collector.entities:
            self.collector.note(
                NoteKind.CONTRADICTED, f"{named!r} is there twice; the first is kept", named, provenance=provenance
            )
            return
        services = sorted(
            {name for statement in trust.statements for kind, name in statement.principals if kind == "Service"}
        )
        made = Service(
            id=named,
            name=short(named),
            zone=self.graph.zone_of(named),
            owner=self.graph.owner,
            tags=tuple(f"assumed by {service}"[:200] for service in services),
            basis=basis,
            provenance=provenance,
        )
        kind = "session" if arn.resource.startswith("role/") else "api_key"
        key = self.graph.key(named)
        attributes = {"id": key, "type": kind, "dormant": dormant, "controls": controls, "basis": basis}
        self.collector.entity(Credential.model_validate({**attributes, "provenance": provenance}))
        self.graph.identity(arn, provenance, made)

    def thing(
        self,
        family: str,
        arn: str,
        provenance: Provenances,
        *,
        name: str,
        tags: tuple[str, ...] = (),
        **attributes: Any,
    ) -> str:
        """A bucket, a function or the like, as it is declared."""
        kind = Service if BY_NAME[family].kind == Kind.SERVICE else Store
        declared = {"id": arn, "name": name[:200], "tags": tags, "provenance": provenance, **attributes}
        made = kind.model_validate({"zone": self.graph.zone_of(arn), "owner": self.graph.owner, **declared})
        return self.graph.thing(family, arn, provenance, made)

    def policy(self, arn: str, provenance: Provenances, policy: Policy) -> None:
        """A managed policy."""
        scope = self.scope(arn, self.graph.account)
        self.collector.entity(Scope(id=scope, name=_name(arn), provenance=provenance))
        self.access.permit(scope, policy)

    @staticmethod
    def scope(arn: str, account: str) -> str:
        """The id of a managed policy; those of AWS are another one in each account, for they open other things."""
        return fitting(f"{arn} in {account}" if ":aws:policy/" in arn else arn)

    # tie

    def admit(self, arn: Arn, trust: Policy) -> None:
        """Whom a role trusts."""
        named = identity_arn(arn)
        self.sessions.setdefault(named, []).extend(self.resource_policies.trust(named, trust))

    def _keys(self, arn: Arn, own: bool) -> list[str]:
        """The credentials that open what an identity opens; those of outsiders too where its own record says so."""
        named = identity_arn(arn)
        return [self.graph.key(named), *(self.sessions.get(named, ()) if own else ())]

    def attach(self, arn: Arn, policy: str, keys: Keys, *, own: bool = True) -> None:
        """A managed policy of an identity; ``own`` where the identity's record says it, not one of its own."""
        provenance = self.collector.provenance(*keys)
        scope = self.scope(policy, arn.account)
        if scope not in self.collector.entities:
            self._hearsay(scope, policy, keys, provenance)
        self._grant(arn, scope, provenance, own)

    def inline(self, arn: Arn, name: str, policy: Policy, provenance: Provenances, *, own: bool = True) -> None:
        """A policy inside an identity."""
        scope = fitting(f"{identity_arn(arn)} policy {name}")
        self.collector.entity(Scope(id=scope, name=name[:200], provenance=provenance))
        self._grant(arn, scope, provenance, own)
        self.access.permit(scope, policy)

    def _grant(self, arn: Arn, scope: str, provenance: Provenances, own: bool) -> None:
        self.graph.identity(arn, provenance)
        for key in self._keys(arn, own):
            self.collector.relate(Verb.GRANTS, key, scope, provenance=provenance)

    def _hearsay(self, scope: str, policy: str, keys: Keys, provenance: Provenances) -> None:
        """A policy that is attached and whose document is elsewhere."""
        self.collector.entity(Scope(id=scope, name=_name(policy), basis=Basis.INFERRED, provenance=provenance))
        known = known_policy(policy, keys)
        if known:
            self.access.allow(scope, known)
        else:
            self.undocumented[policy] = provenance

    def join(self, user: Arn, group: Arn, provenance: Provenances) -> None:
        """A user in a group."""
        key = self.graph.key(self.graph.identity(user, provenance))
        self.collector.relate(Verb.GRANTS, key, self.graph.act_as(group, provenance), provenance=provenance)

    def profile(self, arn: str, roles: Iterable[Arn], provenance: Provenances) -> None:
        """An instance profile: what runs on instances that have it may act as its role."""
        arn = flat(arn)
        if arn not in self.collector.entities:
            made = Service(
                id=arn,
                name=short(arn),
                zone=self.graph.zone_of(arn),
                owner=self.graph.owner,
                description="what runs on instances that have this instance profile",
                provenance=provenance,
            )
            self.collector.entity(made)
        key = self.has_profile(arn, arn, provenance)
        for role in roles:
            self.graph.identity(role, provenance)
            self.collector.relate(
                Verb.GRANTS, key, self.resource_policies.assuming(identity_arn(role), provenance), provenance=provenance
            )

    def has_profile(self, service: str, profile: str, provenance: Provenances) -> str:
        """A service that has an instance profile; the credential that comes with it."""
        key = fitting(f"{flat(profile)} session")
        if key not in self.collector.entities:
            self.collector.entity(Credential(id=key, type="session", basis=Basis.INFERRED, provenance=provenance))
        self.collector.relate(Verb.HOLDS, service, key, provenance=provenance)
        return key

    def runs_as(self, service: str, role: Arn, provenance: Provenances) -> None:
        """A service that acts as a role."""
        key = self.graph.key(self.graph.identity(role, provenance))
        self.collector.relate(Verb.HOLDS, service, key, provenance=provenance)

    # say

    def finish(self) -> None:
        """Patterns linked, what cannot be left out, and all that was taken for granted said."""
        self.graph.link_patterns()
        self.resource_policies.publish()
        self._leave_out_misfits()
        account = self.graph.account or UNKNOWN
        if not is_account(account) and f"aws account {account}" in self.collector.entities:
            message = f"the account is not known and is called {account}; option 'account' says which it is"
            self.collector.note(NoteKind.ASSUMED, message)
        for name, provenance in sorted(self.undocumented.items()):
            message = f"policy {name} is attached, but its document is not here; what it permits is not known"
            self.collector.note(NoteKind.UNRESOLVED, message, provenance=provenance)
        self.access.say_assumptions()

    def _leave_out_misfits(self) -> None:
        """An id that is used for things of two kinds keeps the first; what speaks of the other cannot stay."""
        entities, relations = self.collector.entities, self.collector.relations
        for name, relation in list(relations.items()):
            ends = SIGNATURES[relation.verb]
            sides = ((relation.sources, ends.sources), (relation.targets, ends.targets))
            if any(name not in entities or entities[name].kind not in kinds for ids, kinds in sides for name in ids):
                del relations[name]
                message = f"{name[:200]!r} joins things that do not go together; an id is used for two kinds"
                self.collector.note(NoteKind.CONTRADICTED, message, provenance=relation.provenance)


def flat(arn: str) -> str:
    """The ARN of an instance profile without its path, which references leave out."""
    parts = arn_of(arn)
    return fitting(identity_arn(parts) if parts else arn)


def builder(
    collector: FactCollector, document: Document, options: AwsOptions, account: str, own: frozenset[str]
) -> Builder:
    """A builder for one document that speaks of ``account``; ``own`` are all accounts that are ours."""
    graph = Graph(collector, account, own, options.zone, options.owner)
    access = Access(graph)
    return Builder(
        graph, access, ResourcePolicies(access, TrusteeResolver(options, read_vendors(document, options), own))
    )


def _name(arn: str) -> str:
    return arn.rpartition("/")[2][:200]
