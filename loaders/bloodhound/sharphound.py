"""SharpHound's files, version 4 to 6, as the nodes and edges that BloodHound makes of them.

A record is an object, or one thing that an object lists of others: an access right, a member, a session, a local
group, a right on a computer, a delegation, a trust, a linked policy, a child, a template, its container.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from blastradius.loaderkit.contract import Document
from blastradius.loaderkit.json_refs import Place
from blastradius.model import NoteKind

from .reading import KIND, MAX_NODE_ID, SOURCE, Edge, End, Node, Record
from .words import POLICIES

TYPES = {
    "users": "User",
    "computers": "Computer",
    "groups": "Group",
    "domains": "Domain",
    "ous": "OU",
    "gpos": "GPO",
    "containers": "Container",
    "aiacas": "AIACA",
    "rootcas": "RootCA",
    "enterprisecas": "EnterpriseCA",
    "ntauthstores": "NTAuthStore",
    "certtemplates": "CertTemplate",
    "issuancepolicies": "IssuancePolicy",
}
VERSIONS = (4, 5, 6)
_REFUSED = {"azure": "AzureHound's collection; load the tenant's own export, or an OpenGraph document of its AZ nodes"}
_PLAIN = ("sessions", "deleted")
_WELL_KNOWN = re.compile(r"(?i)([\w.-]+-)?S-1-[\d-]+|\{?[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\}?")
_OF_ITSELF = ("S-1-3-4", "S-1-5-10")
_LOCAL = {"544": "AdminTo", "555": "CanRDP", "562": "ExecuteDCOM", "580": "CanPSRemote"}
_LOCAL_LISTS = {"LocalAdmins": "544", "RemoteDesktopUsers": "555", "DcomUsers": "562", "PSRemoteUsers": "580"}
_RIGHTS = {"SeRemoteInteractiveLogonRight": "RemoteInteractiveLogonRight"}
_DIRECTIONS = ("Disabled", "Inbound", "Outbound", "Bidirectional")
_TRUSTS = ("ParentChild", "CrossLink", "Forest", "External", "Unknown")
_ONE_FOREST = ("ParentChild", "TreeRoot", "CrossLink")
Statement = Callable[[Node, Place], Record]


def is_sharphound(data: Any) -> bool:
    """Whether a document is of SharpHound, or of another collector of the same form that is refused by name."""
    meta = data.get("meta") if isinstance(data, dict) else None
    kind = meta.get("type") if isinstance(meta, dict) else None
    if not isinstance(kind, str) or kind.lower() not in (*TYPES, *_PLAIN, *_REFUSED):
        return False
    return isinstance(data.get("data"), list) or isinstance(data.get(kind), list)


def refusal(data: Any) -> str | None:
    """Why a document of SharpHound's form is not read; nothing for one of another form."""
    if not is_sharphound(data):
        return None
    kind, version = data["meta"]["type"].lower(), data["meta"].get("version")
    if kind in _REFUSED:
        return _REFUSED[kind]
    if not isinstance(data.get("data"), list) or (isinstance(version, int) and version < VERSIONS[0]):
        return "SharpHound's form before version 4; collect again with a version of today"
    return None


def sharphound(document: Document) -> Iterator[Record]:
    """The records of one file that is not refused."""
    kind = document.data["meta"]["type"].lower()
    root = Place.root(document, SOURCE)
    listed = root.child("data")
    for note in _remarks(document.data["meta"], len(listed.value)):
        yield Record(root.child("meta"), remark=note)
    for number in range(len(listed.value)):
        place = listed.child(number)
        if kind == "deleted":
            yield Record(place, skip="objects that are deleted, with what they list")
        elif kind == "sessions":
            yield _session(None, place)
        else:
            yield from _object(TYPES[kind], place)


def _remarks(meta: dict[str, Any], count: int) -> Iterator[tuple[NoteKind, str]]:
    """What a file's own description of itself does not fit."""
    version, declared = meta.get("version"), meta.get("count")
    if version not in VERSIONS:
        known = f"{VERSIONS[0]} to {VERSIONS[-1]}"
        shown = version if isinstance(version, int) else "that it does not say"
        yield NoteKind.ASSUMED, f"the form is of version {shown}; read as those that are known, {known}"
    if isinstance(declared, int) and declared != count:
        yield NoteKind.CONTRADICTED, f"the file says that it has {declared:,} objects, and has {count:,}"


def _object(kind: str, place: Place) -> Iterator[Record]:
    name = _id(place.value, "ObjectIdentifier")
    if name is None:
        yield Record(place, wrong="an object without a usable ObjectIdentifier")
        return
    if place.value.get("IsDeleted") is True:
        yield Record(place, skip="objects that are deleted, with what they list")
        return
    attributes = place.value.get("Properties")
    node = Node(name, (kind,), attributes if isinstance(attributes, dict) else {}, place)
    yield Record(place, node=node, edges=tuple(_implied(node, place.value)))
    yield from _listed(node, place)
    yield from _on_computers(node, place)


def _listed(node: Node, place: Place) -> Iterator[Record]:
    """What an object lists of others, or names as its own."""
    for keys, statement in _LISTS.items():
        for item in _items(place, keys):
            yield statement(node, item)
    for key, statement in _SINGLE.items():
        if place.value.get(key):
            yield statement(node, place.child(key))


def _on_computers(node: Node, place: Place) -> Iterator[Record]:
    """Local groups and rights of a computer, or of those that a policy applies to."""
    for item in _items(place, ("LocalGroups",)):
        yield from _local_group(node, item)
    for item in _items(place, ("UserRights",)):
        right = _right_on(item.value)
        for entry in _items(item, ("Results",)):
            yield _from(right)(node, entry)
    for name, rid in _LOCAL_LISTS.items():
        for item in _items(place, (name, "Results")):
            yield _member_of_local(node, rid, item)
        for item in _items(place, ("GPOChanges", name)):
            yield _changed(rid, _items(place, ("GPOChanges", "AffectedComputers")), item)


def _right_on(value: Any) -> str:
    """The kind of a right that principals have on a computer."""
    declared = value.get("Privilege") if isinstance(value, dict) else None
    kind = _RIGHTS.get(declared, declared) if isinstance(declared, str) else ""
    return kind if kind and KIND.fullmatch(kind) else "UserRight"


def _items(place: Place, keys: tuple[str, ...]) -> Iterator[Place]:
    """The elements of the list under some keys; nothing where there is none."""
    found = place.child(*keys)
    for number in range(len(found.value) if isinstance(found.value, list) else 0):
        yield found.child(number)


def _id(value: Any, key: str) -> str | None:
    """The id under a key, in upper case as BloodHound keeps those of Windows."""
    name = value.get(key) if isinstance(value, dict) else None
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NODE_ID:
        return None
    return name.upper() if _WELL_KNOWN.fullmatch(name) else name


def _other(value: Any, key: str = "ObjectIdentifier", kind: str = "ObjectType") -> End | None:
    """Another object that a statement names, a principal of no known kind as one of the directory."""
    name = _id(value, key)
    declared = value.get(kind) if name else None
    known = declared if isinstance(declared, str) and declared in (*TYPES.values(), "LocalGroup") else "Base"
    return End(name, known) if name else None


def _self(node: Node) -> End:
    return End(node.id, node.kinds[0])


def _implied(node: Node, attributes: dict[str, Any]) -> Iterator[Edge]:
    """What an object's own properties say: whose domain it is in, what it may do there."""
    domain = _id(attributes, "DomainSID") or _id(node.attributes, "domainsid")
    here = _self(node)
    if domain and domain != node.id:
        yield Edge("Contains", End(domain, "Domain"), here)
        if attributes.get("IsDC") is True:
            yield Edge("DCFor", here, End(domain, "Domain"))
        elif (
            node.attributes.get("unconstraineddelegation") is True or attributes.get("UnconstrainedDelegation") is True
        ):
            yield Edge("CoerceToTGT", here, End(domain, "Domain"))
    if node.kinds == ("Domain",) and node.text("name"):
        everyone = End(f"{node.text('name').upper()}-S-1-1-0"[:MAX_NODE_ID], "Group")
        for rid in ("513", "515"):
            authenticated = End(f"{node.text('name').upper()}-S-1-5-11"[:MAX_NODE_ID], "Group")
            yield Edge("MemberOf", End(f"{node.id}-{rid}"[:MAX_NODE_ID], "Group"), authenticated)
            yield Edge("MemberOf", End(f"{node.id}-{rid}"[:MAX_NODE_ID], "Group"), everyone)


def _to(kind: str) -> Statement:
    """A statement that the object has something over another."""
    return lambda node, place: _one(place, kind, _self(node), _other(place.value))


def _from(kind: str) -> Statement:
    """A statement that another has something over the object."""
    return lambda node, place: _one(place, kind, _other(place.value), _self(node))


def _one(place: Place, kind: str, start: End | None, end: End | None) -> Record:
    if start is None or end is None:
        return Record(place, wrong=f"a statement of {kind} that names nothing")
    return Record(place, edges=(Edge(kind, start, end),))


def _right(node: Node, place: Place) -> Record:
    """An access right; one over itself, or of whoever owns the object, gives nobody anything."""
    right = place.value.get("RightName") if isinstance(place.value, dict) else None
    holder = _other(place.value, "PrincipalSID", "PrincipalType")
    if holder is None or not isinstance(right, str) or not KIND.fullmatch(right):
        return Record(place, wrong="an access right without a holder or a usable name")
    if holder.id == node.id or holder.id.endswith(_OF_ITSELF):
        return Record(place, skip="access rights of an object over itself, or of whoever owns it")
    return Record(place, edges=(Edge(right, holder, _self(node)),))


def _session(node: Node | None, place: Place) -> Record:
    computer, user = _id(place.value, "ComputerSID") or (node and node.id), _id(place.value, "UserSID")
    start = End(computer, "Computer") if computer else None
    return _one(place, "HasSession", start, End(user, "User") if user else None)


def _service(node: Node, place: Place) -> Record:
    """A service that a user runs on a computer, such as ``SQLAdmin``."""
    kind = place.value.get("Service") if isinstance(place.value, dict) else None
    name = _id(place.value, "ComputerSID") if isinstance(kind, str) and KIND.fullmatch(kind) else None
    return (
        _one(place, "a service", _self(node), None)
        if name is None
        else _one(place, str(kind), _self(node), End(name, "Computer"))
    )


def _link(node: Node, place: Place) -> Record:
    """A policy that is linked to the object; the key's case differs between versions."""
    name = _id(place.value, "GUID") or _id(place.value, "Guid")
    return _one(place, "GPLink", End(name, "GPO") if name else None, _self(node))


def _primary_group(node: Node, place: Place) -> Record:
    name = _id({"id": place.value}, "id")
    return _one(place, "MemberOf", _self(node), End(name, "Group") if name else None)


def _container(node: Node, place: Place) -> Record:
    """What the object lies in: it inherits rights, if it is not protected, and policies."""
    holder = _other(place.value)
    if holder is None:
        return Record(place, wrong="a container without a usable id")
    if node.place.value.get("IsACLProtected") is not True:
        return Record(place, edges=(Edge("Contains", holder, _self(node)),))
    if node.kinds[0] in ("User", "Computer", "OU"):
        return Record(place, edges=(Edge(POLICIES, holder, _self(node)),))
    return Record(place, skip="containers whose rights an object does not inherit")


def _host(node: Node, place: Place) -> Record:
    name = _id({"id": place.value}, "id")
    return _one(place, "HostsCAService", End(name, "Computer") if name else None, _self(node))


def _local_group(node: Node, place: Place) -> Iterator[Record]:
    """A local group with its members; it is the computer's own, whatever domain its id names."""
    name = _id(place.value, "ObjectIdentifier")
    if name is None:
        yield Record(place, wrong="a local group without a usable id")
        return
    rid = name.rpartition("-")[2]
    shown = place.value.get("Name")
    own = f"{rid}@{node.text('name')}" if node.text("name") else ""
    attributes = {"name": own if shown in (None, "IGNOREME") else shown}
    group = Node(f"{node.id}-{rid}"[:MAX_NODE_ID], ("LocalGroup",), attributes, place)
    edges = (Edge(_LOCAL[rid], _self(group), _self(node)),) if rid in _LOCAL else ()
    yield Record(place, node=group, edges=edges)
    for item in _items(place, ("Results",)):
        yield _member_of_local(node, rid, item, listed=True)


def _member_of_local(node: Node, rid: str, place: Place, *, listed: bool = False) -> Record:
    """A member of a computer's local group; where the group is not listed, also what the group may do."""
    group, member = End(f"{node.id}-{rid}"[:MAX_NODE_ID], "LocalGroup"), _other(place.value)
    if member is None:
        return Record(place, wrong="a member of a local group without a usable id")
    edges = (Edge("MemberOfLocalGroup", member, group),)
    return Record(place, edges=edges if listed else (*edges, Edge(_LOCAL[rid], group, _self(node))))


def _changed(rid: str, computers: Iterator[Place], place: Place) -> Record:
    """A principal that a policy puts into a local group of the computers it applies to."""
    member = _other(place.value)
    if member is None:
        return Record(place, wrong="a member that a policy adds, without a usable id")
    edges: list[Edge] = []
    for computer in filter(None, (_other(end.value) for end in computers)):
        group = End(f"{computer.id}-{rid}"[:MAX_NODE_ID], "LocalGroup")
        edges += (Edge("MemberOfLocalGroup", member, group), Edge(_LOCAL[rid], group, End(computer.id, "Computer")))
    skip = "" if edges else "members that a policy adds to local groups of no computer"
    return Record(place, edges=tuple(edges), skip=skip)


def _trust(node: Node, place: Place) -> Record:
    """A trust: inside a forest each domain leads to the other; across, only where nothing filters."""
    name = _id(place.value, "TargetDomainSid")
    if name is None:
        return Record(place, wrong="a trust without a usable TargetDomainSid")
    shown = place.value.get("TargetDomainName")
    attributes, here, there = (
        place.value,
        _self(node),
        End(name, "Domain", name=shown if isinstance(shown, str) else ""),
    )
    direction, kind = _word(attributes.get("TrustDirection"), _DIRECTIONS), _word(attributes.get("TrustType"), _TRUSTS)
    trusted, trusting = direction in ("Inbound", "Bidirectional"), direction in ("Outbound", "Bidirectional")
    if kind in _ONE_FOREST:
        inside = ((trusted, Edge("SameForestTrust", there, here)), (trusting, Edge("SameForestTrust", here, there)))
        edges = tuple(edge for holds, edge in inside if holds)
    else:
        spoofs = trusting and not _yes(attributes.get("SidFilteringEnabled", True))
        delegates = trusted and _yes(attributes.get("TGTDelegationEnabled"))
        across = ((spoofs, Edge("SpoofSIDHistory", there, here)), (delegates, Edge("AbuseTGTDelegation", there, here)))
        edges = tuple(edge for holds, edge in across if holds)
    return Record(place, edges=edges, skip="" if edges else "trusts that alone lead nowhere")


def _word(value: Any, words: tuple[str, ...]) -> str:
    """A word of an enumeration that some collectors write as its number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return words[value] if -1 < value < len(words) else ""
    return value if isinstance(value, str) else ""


def _yes(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


_LISTS: dict[tuple[str, ...], Statement] = {
    ("Aces",): _right,
    ("CARegistryData", "CASecurity", "Data"): _right,
    ("Members",): _from("MemberOf"),
    ("Sessions", "Results"): _session,
    ("PrivilegedSessions", "Results"): _session,
    ("RegistrySessions", "Results"): _session,
    ("AllowedToDelegate",): _to("AllowedToDelegate"),
    ("AllowedToAct",): _from("AllowedToAct"),
    ("HasSIDHistory",): _to("HasSIDHistory"),
    ("DumpSMSAPassword",): _to("DumpSMSAPassword"),
    ("SPNTargets",): _service,
    ("Trusts",): _trust,
    ("Links",): _link,
    ("ChildObjects",): _to("Contains"),
    ("EnabledCertTemplates",): _from("PublishedTo"),
    ("CARegistryData", "EnrollmentAgentRestrictions", "Restrictions"): lambda _, place: Record(
        place, skip="restrictions on enrollment agents"
    ),
}
_SINGLE: dict[str, Statement] = {
    "PrimaryGroupSID": _primary_group,
    "ContainedBy": _container,
    "HostingComputer": _host,
}
