"""AWS IAM: who may act as which role, what its policies permit, and which data and services that touches.

A record is each user, group, role and managed policy of the listing, each policy attached, each membership, each
instance profile, and each statement of every policy document (a document that cannot be read is one).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Loader, Provenances
from blastradius.loaderkit.validation import read_options
from blastradius.loaderkit.vendors.aws.arns import identity_arn, is_account
from blastradius.loaderkit.vendors.aws.build import Builder, builder
from blastradius.loaderkit.vendors.aws.options import AwsOptions, is_vendor_list
from blastradius.model import Control, ControlKind, NoteKind

from .reading import Details, Identity, Managed, Reader, is_page, pages

_COMMAND = "aws iam get-account-authorization-details --output json"
_LISTINGS = {"Roles": "list-roles", "Users": "list-users", "Groups": "list-groups"}


def recognises(data: Any) -> bool:
    """Whether a document is a listing of account authorization details, or one that is easily taken for it."""
    return any(is_page(page) for page, _ in pages(data)[:1]) or is_vendor_list(data) or _listing(data) is not None


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one listing of account authorization details.

    Raises:
        InputError: another listing, the vendor list itself, or an option that does not fit.
    """
    chosen = read_options(AwsOptions, document, options)
    _check(document)
    collector = FactCollector("aws_iam", document)
    details = Reader(collector).read(document.data)
    account, own = _accounts(details, chosen)
    Listing(builder(collector, document, chosen, account, own)).read(details)
    return collector.loaded()


def _listing(data: Any) -> str | None:
    """The name of another listing of IAM, which says too little."""
    for section, command in _LISTINGS.items():
        rows = data.get(section) if isinstance(data, dict) else None
        first = rows[0] if isinstance(rows, list) and rows else None
        if isinstance(first, dict) and str(first.get("Arn")).startswith("arn:") and ":iam:" in str(first.get("Arn")):
            return command
    return None


def _check(document: Document) -> None:
    listing = _listing(document.data)
    if is_vendor_list(document.data):
        why = "a list of vendors' account ids, not an account; name it as the option 'vendors' of an AWS source"
    elif listing and not is_page(document.data):
        why = f"the output of aws iam {listing}, which says nothing of policies; save that of {_COMMAND}"
    elif not any(is_page(page) for page, _ in pages(document.data)):
        why = f"none of UserDetailList, GroupDetailList, RoleDetailList; expected the output of {_COMMAND}"
    else:
        return
    raise InputError([f"{document.path}: {why}"])


def _accounts(details: Details, options: AwsOptions) -> tuple[str, frozenset[str]]:
    """The account of the listing, and all that are ours."""
    arns = [identity.arn for identity in details.identities] + [policy.arn for policy in details.policies]
    counted = Counter(arn.account for arn in arns if is_account(arn.account))
    account = options.account or min(counted, key=lambda item: (-counted[item], item), default="")
    return account, frozenset({*counted, *options.own_accounts, account} - {""})


@dataclass
class Listing:
    """Builds the graph of one listing."""

    build: Builder

    @property
    def collector(self) -> FactCollector:
        """Where the facts go."""
        return self.build.collector

    def read(self, details: Details) -> None:
        """Everything that is described first, then what ties it."""
        for identity in details.identities:
            self._describe(identity)
        accounts = sorted({identity.arn.account for identity in details.identities}) or [self.build.graph.account]
        for policy in details.policies:
            self._policy(policy, [policy.arn.account] if is_account(policy.arn.account) else accounts)
        for identity in details.identities:
            self._tie(identity)
        if details.cut_off:
            message = "the listing was cut off (IsTruncated); save the rest of it as well"
            self.collector.note(NoteKind.INCOMPLETE, message)
        self.build.finish()

    def _describe(self, read: Identity) -> None:
        provenance = self.collector.provenance(*read.keys)
        self.build.identity(read.arn, provenance, read.trust, dormant=read.unused, controls=_revoked(read, provenance))
        self.collector.fact()
        if read.bounded:
            self.build.access.assumed.bounded.append(identity_arn(read.arn))

    def _policy(self, read: Managed, accounts: list[str]) -> None:
        """A managed policy; one of AWS in every account of the listing, though its statements count once."""
        for number, account in enumerate(accounts):
            self.build.graph.account = account
            self.build.access.statements_count = number == 0
            self.build.policy(str(read.arn), self.collector.provenance(*read.keys), read.policy)
        self.build.access.statements_count = True
        self.collector.fact()
        if read.older:
            self.collector.ignore("statements of policy versions that are not in force", read.older)

    def _tie(self, read: Identity) -> None:
        arn, provenance = read.arn, self.collector.provenance(*read.keys)
        self.build.graph.account = arn.account
        self.build.admit(arn, read.trust)
        self._revoke_sessions(read, provenance)
        for policy in read.attached:
            self.build.attach(arn, policy.name, policy.keys)
        for inline in read.inline:
            self.build.inline(arn, inline.name, inline.policy, provenance)
        for group in read.groups:
            self.build.join(arn, replace(arn, resource=f"group/{group.name}"), self.collector.provenance(*group.keys))
        for profile in read.profiles:
            self.build.profile(profile.name, [arn], self.collector.provenance(*profile.keys))
        self.collector.fact(len(read.attached) + len(read.groups) + len(read.profiles))

    def _revoke_sessions(self, read: Identity, provenance: Provenances) -> None:
        """What denies everything to a role denies it to whoever holds a session of it."""
        revoked, entities = _revoked(read, provenance), self.collector.entities
        for name in self.build.sessions.get(identity_arn(read.arn), []) if revoked else ():
            key = entities[name]
            entities[name] = key.model_copy(update={"controls": (*key.controls, *revoked)})


def _revoked(read: Identity, provenance: Provenances) -> tuple[Control, ...]:
    """A policy that denies everything stops any use of the credential."""
    inline = any(
        not statement.allow and statement.everything for policy in read.inline for statement in policy.policy.statements
    )
    if inline or any(policy.name.endswith(":aws:policy/AWSDenyAll") for policy in read.attached):
        return (Control(kind=ControlKind.REVOKED, why="a policy denies everything", provenance=provenance),)
    return ()


LOADER = Loader(
    name="aws_iam",
    title="AWS IAM account authorization details",
    suffixes=(".json", ".yaml", ".yml"),
    recognises=recognises,
    load=load,
    reads=(
        "users, groups, roles and policies: whom a role trusts, what each policy in force permits, and the data and "
        "services that its resources name"
    ),
    maps=(
        ("user, role, group", "service that holds its credential (keys, session, membership)"),
        ("managed or inline policy", "scope that the identity's credential grants"),
        ("allow statement", "the scope permits operations, each of what is done to which resource"),
        (
            "resource of a statement",
            "store or service: itself, one that stands for the pattern, or one for all of the kind in the account",
        ),
        (
            "action",
            "operation reads, writes, controls or disables the store or service; to call is an operation that "
            "the service serves",
        ),
        (
            "sts:AssumeRole, iam:PassRole, membership of a group; iam:CreateAccessKey and passwords of users",
            "operation that issues the role's session, the group's membership or the user's keys",
        ),
        ("action and resource both *", "operation that controls the account and everything known in it"),
        (
            "principal of a trust policy outside our accounts",
            "party that holds a session, which grants assuming the role and the role's policies",
        ),
        ("principal inside our accounts", "its credential grants assuming the role"),
        (
            "principal *, and whatever anyone fits: a condition that does not say who, any subject of a public issuer",
            "assuming the role is an operation that anyone may call",
        ),
        (
            "condition on the time that is met until a moment",
            "credential with that end: of an outsider the session, else one that an operation hands out",
        ),
        ("condition on addresses or a second factor", "control ip_allowlist or mfa on the credential, assumed"),
        ("group membership", "credential of the user grants acting as the group"),
        ("instance profile", "service that may act as its role"),
        ("a policy that denies everything", "control revoked"),
    ),
    infers_not=(
        "which vendor an account id is (options vendors, parties)",
        "which other accounts and organisations are ours (options own_accounts, own_organizations)",
        "what deny statements, permissions boundaries and organisation policies take off: it is an upper bound",
        "whether conditions on permissions are met: they are taken as met",
        "which resources exist: only those that policies name are known",
        "whether a user has keys or a password, and who holds them",
    ),
    options=AwsOptions,
)
