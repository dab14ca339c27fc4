"""Who a policy trusts: accounts, organisations and identity providers as parties, and what conditions come to.

Rests on the IAM User Guide: AWS JSON policy elements, Principal, and AWS global condition context keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from blastradius.loaderkit.contract import Provenances
from blastradius.loaderkit.names import MAX_ID, fitting
from blastradius.loaderkit.vendors.aws.arns import Arn, arn_of, is_account, is_identity
from blastradius.loaderkit.vendors.aws.options import AwsOptions
from blastradius.loaderkit.vendors.aws.policies import DATES, Condition, Statement
from blastradius.loaderkit.vendors.issuers import PUBLIC_BUILDS
from blastradius.model import Basis, Control, ControlKind, Party

_EQUAL = frozenset({"stringequals", "stringlike", "stringequalsignorecase", "arnequals", "arnlike"})
_NETWORK = frozenset({"aws:sourcevpc", "aws:sourcevpce"})
_ACCOUNTS = frozenset(
    {"aws:principalaccount", "aws:sourceaccount", "aws:sourceowner", "kms:calleraccount", "s3:dataaccesspointaccount"}
)
_ARNS = frozenset({"aws:principalarn", "aws:sourcearn"})
_ORGANIZATIONS = frozenset({"aws:principalorgid", "aws:principalorgpaths", "aws:sourceorgid", "aws:sourceorgpaths"})
_OF_SERVICES = frozenset({"aws:principalisawsservice", "aws:principalservicename", "aws:principalservicenameslist"})
_NEUTRAL = frozenset(
    f"{service}:{name}"
    for service, names in {
        "aws": "securetransport tokenissuetime referer useragent requestedregion resourceaccount",
        "kms": "viaservice grantisforawsresource",
        "s3": "prefix delimiter max-keys authtype signatureversion signatureage tlsversion resourceaccount",
        "sns": "protocol endpoint",
        "lambda": "functionurlauthtype invokedviafunctionurl",
    }.items()
    for name in names.split()
)
_ASKED = ("s3:x-amz-", "s3:existingobjecttag/", "s3:requestobjecttag/", "kms:encryptioncontext")
_SUBJECT = tuple(
    f":{name}"
    for name in (  # noqa: SIM905 - a list to read
        "sub repository repository_id repository_owner repository_owner_id enterprise_id actor_id job_workflow_ref "
        "edupersonaffiliation"
    ).split()
)
_AUDIENCE = (":aud", ":azp", ":oaud", ":app_id")
_ISSUED = (":amr", ":iss")
_WORLDWIDE = frozenset({"accounts.google.com", "www.amazon.com", "graph.facebook.com"})
_POOLS = "cognito-identity.amazonaws.com"
_SIGNED = frozenset({"aws:principalarn", "aws:principalaccount"})
_WHOSE = re.compile(r"[^/:]+[/:]")
UNDERSTOOD = (
    "sts:ExternalId, aws:SourceIp, aws:SourceVpc(e), MFA, organisation, account, ARN, service of AWS, audience and "
    "subject, a day until when, and what a caller says in the request itself"
)


@dataclass
class TrustConditions:
    """What the conditions of one statement come to: ``until`` is the last day, ``unknown`` what is not understood."""

    controls: set[ControlKind] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)
    arns: set[str] = field(default_factory=set)
    organizations: set[str] = field(default_factory=set)
    external_id: bool = False
    subject: bool = False
    audience: bool = False
    service: bool = False
    unauthenticated: bool = False
    until: str | None = None
    unknown: list[str] = field(default_factory=list)


def trust_conditions(conditions: Iterable[Condition], *, signed: bool = False) -> TrustConditions:
    """Read the conditions of a statement that trusts someone; ``signed`` where no request comes without a principal.

    A test that also holds where its key is absent (``IfExists``, ``ForAllValues``) narrows nothing unless the key is
    always there: for a request says, or lacks, what its caller likes.
    """
    declared, found = tuple(conditions), TrustConditions()
    there = {item.key for item in declared if item.operator.lower() == "null" and set(item.values) == {"false"}}
    for condition in declared:
        operator = _operator(condition, there | (_SIGNED if signed else frozenset()))
        if not _understood(operator, condition, found):
            found.unknown.append(condition.key)
    return found


def _operator(condition: Condition, there: set[str]) -> str:
    """The operator in lower case; that of the plain test where the key is always there."""
    operator = condition.operator.lower().removeprefix("foranyvalue:")
    if condition.key in there or condition.key.endswith(_SUBJECT):
        return operator.removeprefix("forallvalues:").removesuffix("ifexists")
    return operator


def _understood(operator: str, condition: Condition, found: TrustConditions) -> bool:
    values = {value for value in condition.values if value}
    if condition.key in _NEUTRAL or condition.key.startswith(_ASKED) or ("*" in values and operator.endswith("like")):
        return True
    if condition.key in DATES:
        found.until = min(filter(None, (found.until, condition.until)), default=None)
        return condition.until is not None
    if operator == "null" and condition.key in _ACCOUNTS | _ARNS | _ORGANIZATIONS:
        return True
    if condition.key in _OF_SERVICES and (operator in _EQUAL or (operator == "bool" and values == {"true"})):
        found.service = True
        return True
    control = _control(operator, condition.key, values)
    if control:
        found.controls.add(control)
        return True
    if operator not in _EQUAL or not values:
        return False
    matched = operator.endswith("like") or operator == "arnequals"
    narrows = not (matched and any(_fits_strangers(condition.key, value) for value in values))
    return _names(condition.key, values if narrows else set(), found)


def _fits_strangers(key: str, value: str) -> bool:
    """Whether a pattern fits accounts, organisations or subjects that anyone may have or choose."""
    if not _is_pattern(value):
        return False
    if key in _ARNS:
        arn = arn_of(value)
        return arn is None or _is_pattern(arn.account)
    if key in _ORGANIZATIONS:
        return _is_pattern(value.partition("/")[0])
    if key.endswith(_SUBJECT):
        return _fits_any_subject(key.rpartition(":")[0], value)
    return key in _ACCOUNTS


def _fits_any_subject(issuer: str, pattern: str) -> bool:
    """Whether a pattern leaves open whose subject it is, as ``repo:*`` and ``repo:acme*`` do and ``repo:acme/*`` not.

    At an issuer that serves everybody the owner has to stand there in full, for another may register what begins alike.
    """
    stated = re.split(r"[*?]", pattern, maxsplit=1)[0]
    kind, colon, whose = stated.partition(":")
    if issuer in PUBLIC_BUILDS:
        return _WHOSE.match(whose if colon else kind) is None
    return "system:serviceaccount:".startswith(stated) or not (whose if colon else kind)


def _is_pattern(value: str) -> bool:
    return "*" in value or "?" in value


def _control(operator: str, key: str, values: set[str]) -> ControlKind | None:
    """The control that a condition is: from which network, or with a second factor."""
    if operator == "ipaddress" and key == "aws:sourceip":
        return ControlKind.IP_ALLOWLIST if values and not any(value.endswith("/0") for value in values) else None
    if key in _NETWORK:
        return ControlKind.IP_ALLOWLIST if operator in _EQUAL and values else None
    second = (key == "aws:multifactorauthpresent" and operator == "bool" and values == {"true"}) or (
        key == "aws:multifactorauthage" and operator.startswith("numericlessthan") and not operator.endswith("ifexists")
    )
    return ControlKind.MFA if second else None


def _names(key: str, values: set[str], found: TrustConditions) -> bool:
    """A condition that says who or from where, nobody where ``values`` is empty; false where the key is another."""
    if key == "sts:externalid":
        found.external_id = True
    elif key in _ACCOUNTS:
        found.accounts |= values
    elif key in _ARNS:
        found.arns |= values
    elif key in _ORGANIZATIONS:
        found.organizations |= {value.partition("/")[0] for value in values}
    elif key.endswith(_SUBJECT):
        found.subject |= bool(values)
    elif key.endswith(_AUDIENCE):
        found.audience = True
    else:
        found.unauthenticated |= key == f"{_POOLS}:amr" and "unauthenticated" in values
        return key.endswith(_ISSUED)
    return True


@dataclass(frozen=True)
class Trustee:
    """Someone whom a policy lets in.

    ``own``: an identity of an own account, with its ARN; ``account``: whoever an own account lets; ``party``: an
    outsider, with the party; ``anyone``; ``service``: a service of AWS; ``unknown``: nothing that can be told.
    A party ``vouches`` where it lets in whomever it knows unless a condition names the subject; ``issuer`` is the host
    of an identity provider.
    """

    kind: Literal["own", "account", "party", "anyone", "service", "unknown"]
    name: str
    party: Party | None = None
    arn: Arn | None = None
    vouches: bool = False
    issuer: str = ""

    def is_everyone(self, understood: TrustConditions) -> bool:
        """Whether anyone can come as this: who builds at a public forge says for whom, a sign-in is for one app."""
        if self.kind == "anyone":
            return True
        narrowed = understood.subject or (understood.audience and self.issuer not in PUBLIC_BUILDS)
        return self.issuer in PUBLIC_BUILDS | _WORLDWIDE | {_POOLS} and not narrowed


@dataclass
class TrusteeResolver:
    """Who stands behind the principals of policies, by the options, the vendor list and the own accounts."""

    options: AwsOptions
    vendors: dict[str, str]
    own: frozenset[str]

    def let_in(self, statement: Statement, understood: TrustConditions, provenance: Provenances) -> list[Trustee]:
        """Everyone a statement lets in, its conditions taken into account where they are understood."""
        if statement.not_principal:
            return self._trustees("*", "*", understood, provenance)
        found = [
            trustee
            for kind, name in statement.principals
            for trustee in self._trustees(kind, name, understood, provenance)
        ]
        return list({(item.kind, item.name): item for item in found}.values())

    def _trustees(self, kind: str, name: str, understood: TrustConditions, provenance: Provenances) -> list[Trustee]:
        if kind == "Service":
            return [Trustee("service", name)]
        if kind == "Federated":
            return [Trustee("anyone", "*")] if understood.unauthenticated else [self._federated(name, provenance)]
        if kind == "AWS":
            return [self._aws(name, provenance)]
        if kind != "*":
            return [Trustee("unknown", name)]
        if understood.service:
            return [Trustee("service", "a service of AWS")]
        narrowed = [self._aws(arn, provenance) for arn in sorted(understood.arns | understood.accounts)]
        narrowed += [self._organization(organization, provenance) for organization in sorted(understood.organizations)]
        return narrowed or [Trustee("anyone", "*")]

    def _aws(self, name: str, provenance: Provenances) -> Trustee:
        arn = arn_of(name)
        account = arn.account if arn else name
        name = name if arn else f"arn:aws:iam::{account}:root"
        if arn and account in self.own:
            return self._own(arn, name)
        if account in self.own:
            return Trustee("account", account)
        if arn and arn.account in ("", "cloudfront"):
            return Trustee("service", name)
        if account.startswith("${"):
            return Trustee("party", name, self._unnamed(account, provenance))
        return (
            Trustee("party", name, self.outsider(account, provenance))
            if is_account(account)
            else Trustee("unknown", name if arn else account)
        )

    def _unnamed(self, account: str, provenance: Provenances) -> Party:
        """The account that a parameter or another resource will name."""
        named = self.options.parties.get(account)
        if named:
            return Party(id=named, provenance=provenance)
        made = fitting(f"aws:{account}")
        return Party(id=made, name=f"AWS account of {account[:200]}", basis=Basis.ASSUMED, provenance=provenance)

    def _own(self, arn: Arn, name: str) -> Trustee:
        if is_identity(arn) and "*" not in arn.resource:
            return Trustee("own", name, arn=arn)
        kind, _, rest = arn.resource.partition("/")
        if arn.service == "sts" and kind == "assumed-role":
            role = Arn(arn.partition, "iam", "", arn.account, f"role/{rest.partition('/')[0]}")
            return Trustee("own", name, arn=role)
        return Trustee("account", arn.account) if arn.resource == "root" or "*" in name else Trustee("service", name)

    def outsider(self, account: str, provenance: Provenances) -> Party:
        """The party behind an account that is not ours."""
        vendor = self.vendors.get(account)
        named = self.options.parties.get(account)
        if vendor and not named:
            role: Literal["provider", "partner"] = "provider" if vendor == "Amazon Web Services" else "partner"
            return Party(id=f"vendor:{vendor}", name=vendor, role=role, provenance=provenance)
        return self._party(account, f"aws:{account}", f"AWS account {account}", provenance)

    def _organization(self, name: str, provenance: Provenances) -> Trustee:
        if name in self.options.own_organizations:
            return Trustee("account", name)
        return Trustee("party", name, self._party(name, f"aws:{name}", f"AWS organisation {name}", provenance))

    def _federated(self, name: str, provenance: Provenances) -> Trustee:
        arn = arn_of(name)
        provider = arn.resource.partition("/")[2] if arn else name
        kind = arn.resource.partition("/")[0] if arn else "oidc-provider"
        if not provider:
            return Trustee("unknown", name)
        key = name if name in self.options.parties else provider
        party = self._party(key, f"oidc:{provider}" if kind == "oidc-provider" else name, provider, provenance)
        declared = key in self.options.parties
        made = party if declared else party.model_copy(update={"role": "provider"})
        vouches = ":oidc-provider/" in name or name in _WORLDWIDE
        return Trustee("party", name, made, vouches=vouches, issuer=provider.lower() if kind == "oidc-provider" else "")

    def anyone(self, provenance: Provenances) -> Party:
        """Whoever has an AWS account."""
        return Party(id="aws:anyone", name="anyone with an AWS account", provenance=provenance)

    def _party(self, key: str, made: str, name: str, provenance: Provenances) -> Party:
        """The party that the options name, of which they say the rest, or one made of the source's own id."""
        named = self.options.parties.get(key)
        return Party(id=named or fitting(made), name=None if named else name[:MAX_ID], provenance=provenance)


def controls(kinds: Iterable[ControlKind], provenance: Provenances) -> tuple[Control, ...]:
    """Conditions as controls in use; AWS enforces them, but nothing shows that they fit."""
    return tuple(
        Control(
            kind=kind, status="assumed", why="a condition of the policy", basis=Basis.DECLARED, provenance=provenance
        )
        for kind in sorted(kinds)
    )
