"""AWS IAM: who may act as which role, what its policies permit, and which data and services that touches.

A record is each user, group, role and managed policy of the listing, each policy attached, each membership, each
instance profile, and each statement of every policy document (a document that cannot be read is one).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from blastradius.errors import InputError
from blastradius.gathering import Gathering
from blastradius.loader import Document, Loaded, Loader
from blastradius.model import Basis, Control, ControlKind, Credential, NoteKind, Scope, Service, Verb
from blastradius.options import read_options

from ._aws_access import Access
from ._aws_arns import Arn, identity_arn, is_account
from ._aws_doors import Doors
from ._aws_graph import At, Graph, short
from ._aws_iam_reading import Details, Identity, Inline, Managed, Named, Reader, is_page, pages
from ._aws_managed import known_policy
from ._aws_options import AwsOptions, is_vendor_list, read_vendors
from ._aws_policies import fitting
from ._aws_trust import People

_COMMAND = "aws iam get-account-authorization-details --output json"
_LISTINGS = {"Roles": "list-roles", "Users": "list-users", "Groups": "list-groups"}


def recognises(data: Any) -> bool:
    """Whether a document is this listing, or one that is easily taken for it."""
    return any(is_page(page) for page, _ in pages(data)[:1]) or is_vendor_list(data) or _listing(data) is not None


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one listing of account authorization details.

    Raises:
        InputError: another listing, the vendor list itself, or an option that does not fit.
    """
    chosen = read_options(AwsOptions, document, options)
    _check(document)
    gathering = Gathering("aws_iam", document)
    details = Reader(gathering).read(document.data)
    account, own = _accounts(details, chosen)
    graph = Graph(gathering, account, own, chosen.zone, chosen.owner)
    access = Access(graph)
    people = People(chosen, read_vendors(document, chosen), own)
    Listing(graph, access, Doors(access, people)).build(details)
    return gathering.loaded()


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
    arns = [each.arn for each in details.identities] + [each.arn for each in details.policies]
    counted = Counter(each.account for each in arns if is_account(each.account))
    account = options.account or min(counted, key=lambda each: (-counted[each], each), default="")
    return account, frozenset({*counted, *options.own_accounts, account} - {""})


@dataclass
class Listing:
    """Builds the graph of one listing."""

    graph: Graph
    access: Access
    doors: Doors
    undocumented: dict[str, At] = field(default_factory=dict)

    @property
    def gathering(self) -> Gathering:
        """Where the facts go."""
        return self.graph.gathering

    def build(self, details: Details) -> None:
        """Things first, then what ties them, so that nothing is described by hearsay that is described itself."""
        for identity in details.identities:
            self._describe(identity)
        for policy in details.policies:
            self._managed(policy)
        for identity in details.identities:
            self._tie(identity)
        self.graph.link_patterns()
        self._say(details)

    def _describe(self, read: Identity) -> None:
        at = self.gathering.at(*read.keys)
        named = identity_arn(read.arn)
        services = sorted(
            {name for each in read.trust.statements for kind, name in each.principals if kind == "Service"}
        )
        made = Service(
            id=named,
            name=short(named),
            zone=self.graph.zone_of(named),
            owner=self.graph.owner,
            tags=tuple(f"assumed by {each}"[:200] for each in services),
            provenance=at,
        )
        key = Credential(
            id=self.graph.key(named),
            type="session" if read.kind == "role" else "api_key",
            dormant=read.unused,
            controls=_revoked(read, at),
            provenance=at,
        )
        if named in self.gathering.entities:
            self.gathering.note(NoteKind.CONTRADICTED, f"{named!r} is listed twice", named, at=at)
        else:
            self.gathering.entity(key)
            self.graph.identity(read.arn, at, made)
        self.gathering.fact()
        if read.bounded:
            self.access.assumed.bounded.append(named)

    def _scope(self, arn: str, account: str) -> str:
        """The id of a managed policy; those of AWS are another one in each account, for they open other things."""
        return fitting(f"{arn} in {account}" if ":aws:policy/" in arn else arn)

    def _managed(self, read: Managed) -> None:
        at = self.gathering.at(*read.keys)
        scope = self._scope(str(read.arn), self.graph.account)
        self.gathering.entity(Scope(id=scope, name=_policy_name(str(read.arn)), provenance=at))
        self.gathering.fact()
        self.access.permit(scope, read.policy)
        if read.older:
            self.gathering.ignore("statements of policy versions that are not in force", read.older)

    def _tie(self, read: Identity) -> None:
        named = identity_arn(read.arn)
        keys = [self.graph.key(named), *self.doors.trust(named, read.trust)]
        for policy in read.attached:
            self._attach(keys, policy, read.arn)
        for inline in read.inline:
            self._inline(keys, named, inline, read)
        for group in read.groups:
            self._join(keys[0], group, read.arn)
        for profile in read.profiles:
            self._profile(keys[0], profile)

    def _attach(self, keys: list[str], policy: Named, arn: Arn) -> None:
        at = self.gathering.at(*policy.keys)
        scope = self._scope(policy.name, arn.account)
        if scope not in self.gathering.entities:
            self._hearsay(scope, policy, at)
        for key in keys:
            self.gathering.relate(Verb.GRANTS, key, scope, at=at)
        self.gathering.fact()

    def _hearsay(self, scope: str, policy: Named, at: At) -> None:
        """A policy that is attached and not in the listing."""
        name = _policy_name(policy.name)
        self.gathering.entity(Scope(id=scope, name=name, basis=Basis.INFERRED, provenance=at))
        known = known_policy(policy.name, policy.keys)
        if known:
            self.access.allow(scope, known)
        else:
            self.undocumented[policy.name] = at

    def _inline(self, keys: list[str], named: str, inline: Inline, read: Identity) -> None:
        at = self.gathering.at(*read.keys)
        scope = fitting(f"{named} policy {inline.name}")
        self.gathering.entity(Scope(id=scope, name=inline.name, provenance=at))
        for key in keys:
            self.gathering.relate(Verb.GRANTS, key, scope, at=at)
        self.access.permit(scope, inline.policy)

    def _join(self, key: str, group: Named, user: Arn) -> None:
        at = self.gathering.at(*group.keys)
        arn = Arn(user.partition, "iam", "", user.account, f"group/{group.name}")
        operation = self.graph.act_as(arn, at)
        self.gathering.relate(Verb.GRANTS, key, operation, at=at)
        self.gathering.fact()

    def _profile(self, key: str, profile: Named) -> None:
        at = self.gathering.at(*profile.keys)
        made = Service(
            id=profile.name,
            name=short(profile.name),
            zone=self.graph.zone_of(profile.name),
            owner=self.graph.owner,
            description="what runs on instances that have this instance profile",
            provenance=at,
        )
        self.gathering.relate(Verb.HOLDS, self.gathering.entity(made), key, at=at)
        self.gathering.fact()

    def _say(self, details: Details) -> None:
        if details.cut_off:
            message = "the listing was cut off (IsTruncated); save the rest of it as well"
            self.gathering.note(NoteKind.INCOMPLETE, message)
        for name, at in sorted(self.undocumented.items()):
            message = f"policy {name} is attached, but its document is not here; what it permits is not known"
            self.gathering.note(NoteKind.UNRESOLVED, message, at=at)
        self.access.say_assumptions()


def _policy_name(arn: str) -> str:
    return arn.rpartition("/")[2][:200]


def _revoked(read: Identity, at: At) -> tuple[Control, ...]:
    """A policy that denies everything stops any use of the credential."""
    inline = any(not one.allow and one.everything for each in read.inline for one in each.policy.statements)
    if inline or any(each.name.endswith(":aws:policy/AWSDenyAll") for each in read.attached):
        return (Control(kind=ControlKind.REVOKED, why="a policy denies everything", provenance=at),)
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
    infers_not=(
        "which vendor an account id is (options vendors, parties)",
        "which other accounts and organisations are ours (options own_accounts, own_organizations)",
        "what deny statements, permissions boundaries and organisation policies take off: it is an upper bound",
        "whether conditions on permissions are met: they are taken as met",
        "which resources exist: only those that policies name are known",
        "whether a user has keys or a password, and who holds them",
    ),
)
