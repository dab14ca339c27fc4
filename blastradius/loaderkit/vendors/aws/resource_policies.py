"""Whom a trust policy or the policy of a resource lets in: outsiders hold a credential, anyone comes without."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Provenances
from blastradius.loaderkit.ending import until
from blastradius.loaderkit.json_values import Keys
from blastradius.loaderkit.names import MAX_ID, fitting
from blastradius.loaderkit.vendors.aws.access import QUIET, Access, few
from blastradius.loaderkit.vendors.aws.arns import Target, arn_of, targets
from blastradius.loaderkit.vendors.aws.families import BY_NAME, effects_of
from blastradius.loaderkit.vendors.aws.graph import Graph, short
from blastradius.loaderkit.vendors.aws.policies import Policy, Statement, service_name
from blastradius.loaderkit.vendors.aws.trust import (
    TrustConditions,
    Trustee,
    TrusteeResolver,
    controls,
    trust_conditions,
)
from blastradius.model import Basis, ControlKind, Credential, NoteKind, Operation, Verb

_RUNS_CODE = frozenset(
    f"{word}.amazonaws.com"
    for word in (  # noqa: SIM905 - a list to read
        "lambda ec2 ecs-tasks ecs codebuild cloudformation glue sagemaker states datapipeline elasticmapreduce ssm "
        "batch apprunner tasks.apprunner build.apprunner eks pods.eks elasticbeanstalk codepipeline codedeploy "
        "greengrass imagebuilder emr-serverless"
    ).split()
)
_CANNED = {
    "publicread": ("s3:GetObject",),
    "publicreadwrite": ("s3:GetObject", "s3:PutObject"),
    "authenticatedread": ("s3:GetObject",),
}
_BY_ANYONE = " by anyone"
_NOBODY = "statements that let in nobody who could be told"
_OWN_ACCOUNT = "resource policies that leave it to the account's own policies, or let a service of AWS in"
LetIn = list[tuple[Trustee, TrustConditions, Provenances]]


@dataclass
class ResourcePolicies:
    """Trust and resource policies, read into the graph of what they open.

    ``closed`` things let in nobody unknown, whatever their policies say; ``unlisted`` ones, whatever access lists say.
    ``websites`` are buckets that are set up to be read as a website; ``within`` are operations open to whoever is of
    an account.
    """

    access: Access
    trustees: TrusteeResolver
    closed: set[str] = field(default_factory=set)
    unlisted: set[str] = field(default_factory=set)
    websites: set[str] = field(default_factory=set)
    within: dict[str, tuple[str, Provenances]] = field(default_factory=dict)

    @property
    def graph(self) -> Graph:
        """Where things and identities are."""
        return self.access.graph

    @property
    def collector(self) -> FactCollector:
        """Where the facts go."""
        return self.access.collector

    def _let_in(self, statement: Statement, *, signed: bool = False) -> LetIn:
        provenance = self.collector.provenance(*statement.keys)
        declared = trust_conditions(statement.conditions, signed=signed)
        self.access.assumed.external_ids += declared.external_id
        self.access.assumed.trusts.update(declared.unknown)
        return [(trustee, declared, provenance) for trustee in self.trustees.let_in(statement, declared, provenance)]

    def _unknown(self, what: str, trustee: Trustee, provenance: Provenances) -> None:
        message = f"{what} lets in {trustee.name[:80]!r}, and who that is cannot be told"
        self.collector.note(NoteKind.UNRESOLVED, message, provenance=provenance)

    def _credential(self, what: str, given: LetIn) -> str:
        """The credential of one outsider; a control or an end counts only where every statement asks for it."""
        trustee, _, provenance = given[0]
        party = trustee.party or self.trustees.anyone(provenance)
        asked = frozenset.intersection(*(frozenset(declared.controls) for _, declared, _ in given))
        thing, _, word = what.rpartition(" ")
        caller = "anyone" if trustee.kind == "anyone" else trustee.name
        made, name = fitting(f"{what} of {caller}"), f"{short(thing)} {word} of {party.label}"
        if party.id not in self.collector.entities:
            self.collector.entity(party)
        places = tuple(dict.fromkeys(place for _, _, item in given for place in item))
        taken = trustee.kind == "anyone" and all(declared.unknown for _, declared, _ in given)
        basis = Basis.ASSUMED if taken else Basis.DECLARED
        attributes = {"controls": controls(asked, provenance), "basis": basis, "provenance": places}
        ends = [declared.until for _, declared, _ in given]
        end = None if None in ends else max(filter(None, ends))
        session = {"id": made, "name": name[:MAX_ID], "type": "session", "expires": end, **attributes}
        self.collector.entity(Credential.model_validate(session))
        self.collector.relate(Verb.HOLDS, party.id, made, provenance=places, basis=basis)
        return made

    # roles

    def trust(self, role: str, policy: Policy) -> list[str]:
        """Let in whom a role trusts; the credentials of outsiders, which open what the role opens."""
        self.access.reject(policy, f"the trust policy of {role}")
        outsiders: dict[str, LetIn] = defaultdict(list)
        for statement in policy.statements:
            if not statement.allow:
                self.access.deny()
            else:
                self.access.count(None if self._trusted(role, statement, outsiders) else _NOBODY)
        made = [self._credential(f"{role} session", outsider) for outsider in outsiders.values()]
        for key, given in zip(made, outsiders.values(), strict=True):
            self.collector.relate(Verb.GRANTS, key, self.assuming(role, given[0][2]), provenance=given[0][2])
        return made

    def assuming(self, role: str, provenance: Provenances, suffix: str = "") -> str:
        """The operation of assuming a role."""
        target = Target(BY_NAME["role"], frozenset({"assume"}), self.graph.account, role)
        return self.graph.reach(target, "assume", provenance, suffix)

    def _trusted(self, role: str, statement: Statement, outsiders: dict[str, LetIn]) -> bool:
        if not any(_assumes(action) for action in statement.actions):
            return False
        known = False
        for trustee, declared, provenance in self._let_in(statement, signed=True):
            known = known or trustee.kind != "unknown"
            if trustee.kind in ("party", "anyone"):
                outsiders[trustee.name].append((trustee, declared, provenance))
                self._any_subject(role, trustee, declared, provenance)
                if trustee.is_everyone(declared):
                    self._taken_as_anyone(role, declared, provenance)
                    self._open_to_all(self.assuming(role, provenance, _BY_ANYONE), declared, provenance)
            elif trustee.kind == "unknown":
                self._unknown(role, trustee, provenance)
            else:
                self._inside(role, trustee, declared, provenance)
                self.access.taken_as_met(statement if declared.controls else None)
        return known

    def _any_subject(self, role: str, trustee: Trustee, understood: TrustConditions, provenance: Provenances) -> None:
        if trustee.party and trustee.vouches and not understood.subject:
            message = (
                f"{role} trusts any identity that {trustee.party.label} vouches for; no condition names the subject"
            )
            self.collector.note(NoteKind.ASSUMED, message, role, provenance=provenance)

    def _taken_as_anyone(self, what: str, declared: TrustConditions, provenance: Provenances) -> None:
        if declared.unknown:
            message = (
                f"{what} is taken as open to anyone; conditions on {few(declared.unknown)} do not say who is let in"
            )
            self.collector.note(NoteKind.ASSUMED, message, what, provenance=provenance)

    def _inside(self, role: str, trustee: Trustee, declared: TrustConditions, provenance: Provenances) -> None:
        """One of us, an account of ours, or a service of AWS that runs what it is given."""
        if trustee.kind == "own" and trustee.arn:
            key = self.graph.key(self.graph.identity(trustee.arn, provenance))
            granted = until(self.collector, self.assuming(role, provenance), declared.until, provenance)
            self.collector.relate(Verb.GRANTS, key, granted, provenance=provenance)
            return
        self._endless(role, declared, provenance)
        if trustee.kind == "account":
            account = trustee.name if trustee.name in self.trustees.own else self.graph.account
            self.graph.open_to("role", ("assume",), role, account, provenance)
        elif trustee.kind == "service" and service_name(trustee.name) in _RUNS_CODE:
            self.graph.open_to(
                "role", ("pass", f"pass to {service_name(trustee.name)}"), role, self.graph.account, provenance
            )

    # resources

    def add(self, family: str, thing: str, policy: Policy) -> None:
        """Whom the policy of a bucket, a queue, a key or the like lets in."""
        self.access.reject(policy, f"the policy of {thing}")
        outsiders: dict[str, LetIn] = defaultdict(list)
        opened: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
        for statement in policy.statements:
            if not statement.allow:
                self.access.deny()
                continue
            reached = self._reached(family, thing, statement)
            let_in = self._let_in(statement) if reached else []
            for trustee, declared, provenance in let_in:
                if trustee.kind == "party":
                    outsiders[trustee.name].append((trustee, declared, provenance))
                    opened[trustee.name] += [
                        (self.graph.reach(target, effect, provenance), declared.until) for target, effect in reached
                    ]
                else:
                    self._open(thing, reached, trustee, declared, provenance)
            opens = any(trustee.kind in ("anyone", "own", "party") for trustee, _, _ in let_in)
            self.access.count(None if opens else _OWN_ACCOUNT if reached else QUIET)
        for name, given in outsiders.items():
            key, provenance = self._credential(f"{thing} access", given), given[0][2]
            ends = {end for _, end in opened[name]}
            for operation, end in opened[name]:
                granted = until(self.collector, operation, end if len(ends) > 1 else None, provenance)
                self.collector.relate(Verb.GRANTS, key, granted, provenance=provenance)

    def access_list(self, bucket: str, canned: str, keys: Keys) -> None:
        """A canned access list of a bucket, which may let anyone in."""
        actions = _CANNED.get(canned.lower().replace("-", ""))
        if actions and bucket not in self.unlisted:
            anyone = Statement(keys, allow=True, actions=actions, resources=(f"{bucket}/*",), principals=(("*", "*"),))
            self.add("s3", bucket, Policy((anyone,)))

    def publish(self) -> None:
        """What is open to an account, to its identities; websites that anyone may read are public by intent."""
        for operation, (account, provenance) in self.within.items():
            for name in [name for name in self.graph.paths if (arn := arn_of(name)) and arn.account == account]:
                self.collector.relate(Verb.GRANTS, self.graph.key(name), operation, provenance=provenance)
        entities = self.collector.entities
        for bucket in sorted(self.websites & entities.keys()):
            reading = entities.get(fitting(f"aws s3 read{_BY_ANYONE} {bucket}"))
            if isinstance(reading, Operation) and reading.anonymous:
                for name in (bucket, reading.id):
                    entities[name] = entities[name].model_copy(update={"public": True})

    def _reached(self, family: str, thing: str, statement: Statement) -> list[tuple[Target, str]]:
        """What a statement does to the thing that it is attached to, whatever it calls it."""
        does = frozenset(effect for effect in self.access.effects(statement) if effect[0] == family)
        named = [
            target
            for resource in statement.resources or ("*",)
            for target in targets(resource, does, self.graph.account)
        ]
        placed = [replace(name, arn=thing, pattern=False) for name in named]
        return list(dict.fromkeys((target, effect) for target in placed for effect in sorted(target.effects)))

    def _open(
        self,
        thing: str,
        reached: list[tuple[Target, str]],
        trustee: Trustee,
        understood: TrustConditions,
        provenance: Provenances,
    ) -> None:
        if trustee.kind == "unknown":
            self._unknown(f"the policy of {thing}", trustee, provenance)
        elif trustee.kind == "anyone" and thing in self.closed:
            message = f"the policy of {thing} lets in anyone, but public access to it is blocked: anyone of its account"
            self.collector.note(NoteKind.ASSUMED, message, thing, provenance=provenance)
            for target, effect in reached:
                suffix = f"{_BY_ANYONE} of {self.graph.account}"
                operation = self.graph.reach(target, effect, provenance, suffix)
                self.within[operation] = (self.graph.account, provenance)
        elif trustee.kind == "anyone":
            self._taken_as_anyone(thing, understood, provenance)
            for target, effect in reached:
                self._open_to_all(self.graph.reach(target, effect, provenance, _BY_ANYONE), understood, provenance)
        elif trustee.kind == "own" and trustee.arn:
            key = self.graph.key(self.graph.identity(trustee.arn, provenance))
            for target, effect in reached:
                operation = self.graph.reach(target, effect, provenance)
                granted = until(self.collector, operation, understood.until, provenance)
                self.collector.relate(Verb.GRANTS, key, granted, provenance=provenance)

    def _endless(self, what: str, understood: TrustConditions, provenance: Provenances) -> None:
        """An end of what is open to anyone, to an account or to a service, which nothing here could lose."""
        if understood.until:
            message = f"what {what} opens ends on {understood.until}; taken as without an end, an upper bound"
            self.collector.note(NoteKind.ASSUMED, message, what, provenance=provenance)

    def _open_to_all(self, operation: str, understood: TrustConditions, provenance: Provenances) -> None:
        """Anyone may call it; a control counts only where every statement asks for it."""
        self._endless(operation, understood, provenance)
        before = self.collector.entities[operation]
        asked = understood.controls & {ControlKind.IP_ALLOWLIST}
        if isinstance(before, Operation) and before.anonymous:
            asked &= {control.kind for control in before.controls}
        attributes = {"anonymous": True, "direction": "exposed", "controls": controls(asked, provenance)}
        self.collector.entities[operation] = before.model_copy(update=attributes)


def _assumes(action: str) -> bool:
    return ("role", "assume") in effects_of(action)
