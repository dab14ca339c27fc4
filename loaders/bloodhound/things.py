"""The entities of a BloodHound graph: each node as one or several of ours, with what binds those together."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector, Gap
from blastradius.loaderkit.contract import Provenances
from blastradius.loaderkit.names import MAX_ID, harmless
from blastradius.model import (
    ENTITY_TYPES,
    Basis,
    Control,
    ControlKind,
    Credential,
    Kind,
    NoteKind,
    Operation,
    Party,
    Scope,
    Service,
    Store,
    Verb,
)
from blastradius.secrets import looks_secret

from .options import Options
from .reading import NOT_HERE, End, Node, Nodes
from .tokens import ended, permissions
from .words import KINDS, NODES, Role

ACT = "act as"
REPLICATE = "DCSync"
PARTS = ("GetChanges", "GetChangesAll")
HAS_POLICIES = ("Domain", "OU")
_SHAPES: dict[tuple[Role, Kind], tuple[str, str]] = {
    (Role.MEMBERS, Kind.SERVICE): ("bloodhound", "rights of {}"),
    (Role.ACCOUNT, Kind.CREDENTIAL): ("bloodhound-key", "{} (sign-in)"),
    (Role.DIRECTORY, Kind.CREDENTIAL): ("bloodhound-key", "{} (key of its tickets)"),
    (Role.DIRECTORY, Kind.STORE): ("bloodhound-secrets", "secrets of {}"),
    (Role.REPOSITORY, Kind.SERVICE): ("bloodhound-workflows", "workflows of {}"),
    (Role.PARTY, Kind.PARTY): ("bloodhound-party", "{}"),
}
_TYPES: dict[str, str] = {
    "User": "password",
    "Computer": "password",
    "AZUser": "password",
    "GH_User": "password",
    "AZServicePrincipal": "client_secret",
    "Domain": "signing_key",
    "GH_AppInstallation": "oauth_token",
    "AZFederatedIdentityCredential": "job_token",
    "Okta_User": "password",
    "Okta_ClientSecret": "client_secret",
    "Okta_JWK": "signing_key",
}
_LABELS = {"GH_App": "slug", "GH_AppInstallation": "app_slug", "GH_Organization": "login", "GH_Repository": "full_name"}
_FOUND = {"HasSession": "sessions on {}", "CoerceToTGT": "tickets delegated to {}"}
_NAMED_BY = ("name", "login", "slug", "app_slug", "client_id", "appid", "domainsid", "displayname")
_ASSETS = (Kind.SERVICE, Kind.STORE, Kind.CREDENTIAL, Kind.FEED)
_CERTIFICATES = ("CertTemplate", "EnterpriseCA", "RootCA", "AIACA", "NTAuthStore", "IssuancePolicy")


class GraphGap(Gap):
    """What a graph does not say of its things."""

    SELF = (NoteKind.ASSUMED, "organisations that the graph is about, taken as our own (option own)")
    APP = (NoteKind.INCOMPLETE, "apps whose party is not known (option parties)")
    REPOSITORIES = (NoteKind.INCOMPLETE, "tokens and installations whose repositories are not listed")
    PERMISSIONS = (NoteKind.UNSUPPORTED, "tokens and installations whose permissions cannot be read")
    TRUSTS = (NoteKind.INCOMPLETE, "domains of a trust that were not collected (option parties says whose they are)")
    CERTIFICATES = (NoteKind.INCOMPLETE, "templates and authorities of certificates: what they open is not followed")
    BLOCKS = (NoteKind.ASSUMED, "units that block inherited policies, taken as under all policies above them")
    SECRET = (NoteKind.SECRET_DROPPED, "nodes whose name looks like a secret; the name was dropped")


@dataclass(frozen=True)
class Thing:
    """A node as it is named: its id, role and kinds, and the node itself, or else a name, where the load has one."""

    id: str
    role: Role
    kinds: tuple[str, ...]
    node: Node | None = None
    name: str = ""

    def is_a(self, *kinds: str) -> bool:
        """Whether one of its kinds is among these."""
        return any(kind in kinds for kind in self.kinds)


@dataclass
class Things:
    """Entities for nodes, made once each, whether a node is described or only named."""

    collector: FactCollector
    options: Options
    nodes: Nodes = field(default_factory=Nodes)
    owned: set[str] = field(default_factory=set)
    _roles: dict[tuple[str, ...], Role | None] = field(default_factory=dict)
    _made: set[tuple[str, Role]] = field(default_factory=set)
    _permits: dict[str, list[str]] = field(default_factory=dict)
    _labels: dict[tuple[str, str], str | None] = field(default_factory=dict)
    _acting: dict[str, str] = field(default_factory=dict)

    @cached_property
    def own(self) -> set[str]:
        """Option ``own`` in upper case."""
        return {name.upper() for name in self.options.own}

    @cached_property
    def parties(self) -> dict[str, str]:
        """Option ``parties`` by names in upper case."""
        return {name.upper(): party for name, party in self.options.parties.items()}

    # which thing

    def role(self, kinds: tuple[str, ...]) -> Role | None:
        """What the first kind is that an option names, or else a vocabulary."""
        if kinds not in self._roles:
            declared = [table[kind] for table in (self.options.kinds, NODES) for kind in kinds if kind in table]
            self._roles[kinds] = declared[0] if declared else None
        return self._roles[kinds]

    def named(self, end: End) -> Thing | str:
        """The thing that an edge's end names, or why there is none."""
        found = self.nodes.find(end)
        if isinstance(found, Node):
            role = self.role(found.kinds)
            return Thing(found.id, role, found.kinds, found) if role else "of a kind that is not known"
        role = self.role((end.kind,)) if end.id and end.kind and found == NOT_HERE else None
        if role and self.collector.name(end.id) == end.id:
            return Thing(end.id, role, (end.kind,), name=end.name)
        return found

    def described(self, node: Node) -> Thing | None:
        """The thing that a node describes, with those entities that only a description has."""
        node = self.nodes.by_id[node.id]
        role = self.role(node.kinds)
        if role is None:
            return None
        thing = Thing(node.id, role, node.kinds, node)
        provenance = self._provenance(thing, ())
        self.whole(thing, provenance)
        if thing.is_a(*HAS_POLICIES):
            self.policies(thing, provenance)
        if thing.is_a("Computer") and thing.role == Role.ACCOUNT:
            self.right("AdminTo", thing, ((Verb.CONTROLS, Kind.SERVICE),), provenance)
            self.finding("HasSession", thing, provenance)
        self._owned(thing, provenance)
        self._permitted(thing, provenance)
        self._remarked(thing)
        return thing

    # its entities

    def whole(self, thing: Thing, provenance: Provenances) -> None:
        """All entities of a thing, and what binds them: the key of an account opens what acts as it."""
        if (thing.id, thing.role) in self._made:
            return
        self._made.add((thing.id, thing.role))
        for kind in KINDS[thing.role]:
            self._entity(thing, kind, self._provenance(thing, provenance))
        if thing.role in (Role.ACCOUNT, Role.DIRECTORY, Role.MEMBERS, Role.REPOSITORY):
            self.acting(thing, provenance)
        if thing.role in (Role.ACCOUNT, Role.DIRECTORY):
            key = self.id(thing, Kind.CREDENTIAL)
            self.collector.relate(
                Verb.GRANTS, key, self.acting(thing, provenance), provenance=self._provenance(thing, provenance)
            )
            self._keeps(thing, key, self._provenance(thing, provenance))
        if thing.node is None:
            self._owns(self._whose(thing.id, thing.name), self._assets(thing), provenance)

    def _keeps(self, thing: Thing, key: str, provenance: Provenances) -> None:
        """Who has a key: what acts as an account; for a directory, whoever reads its secrets."""
        service = self.id(thing, Kind.SERVICE)
        if thing.role == Role.ACCOUNT:
            self.collector.relate(Verb.HOLDS, service, key, provenance=provenance)
            return
        secrets = self.id(thing, Kind.STORE)
        self.collector.relate(Verb.READS, service, secrets, provenance=provenance, dependency="none")
        self.collector.relate(Verb.CONTAINS, secrets, key, provenance=provenance)

    def id(self, thing: Thing, kind: Kind) -> str:
        """The id of a thing's entity of a kind."""
        if kind == Kind.PARTY:
            declared = self._stated(thing)
            if declared:
                return declared
        app = self._app(thing.node) if thing.node is not None and thing.is_a("GH_App") else None
        return app or f"{_SHAPES.get((thing.role, kind), ('bloodhound', ''))[0]}:{thing.id}"

    def _app(self, node: Node) -> str | None:
        """The id of an app by its client id, which the app and its installations have in common."""
        return self.collector.name(f"bloodhound-app:{node.text('client_id')}") if node.text("client_id") else None

    def _entity(self, thing: Thing, kind: Kind, provenance: Provenances) -> None:
        name = self.id(thing, kind)
        if name in self.collector.entities:
            return
        attributes: dict[str, Any] = {"id": name, "provenance": provenance, **self._more(thing, kind, provenance)}
        label = self.label(thing)
        if label:
            attributes["name"] = _SHAPES.get((thing.role, kind), ("", "{}"))[1].format(label)
        if thing.node is not None:
            attributes["tags"] = tuple(item for item in thing.kinds if item in NODES or item in self.options.kinds)[:1]
        self.collector.entity(ENTITY_TYPES[kind].model_validate(attributes))

    def _more(self, thing: Thing, kind: Kind, provenance: Provenances) -> dict[str, Any]:
        """What a node says of its entity beyond a name."""
        if kind == Kind.PARTY:
            return {"role": "self"} if self._is_own(thing) else {}
        if kind != Kind.CREDENTIAL:
            return {}
        types = [_TYPES[name] for name in thing.kinds if name in _TYPES]
        declared: dict[str, Any] = {"type": types[0]} if types else {}
        if thing.node is not None and thing.role == Role.TOKEN:
            return declared | ended(thing.node, provenance)
        if thing.node is not None and thing.role == Role.ACCOUNT and thing.node.attributes.get("enabled") is False:
            declared["controls"] = (
                Control(kind=ControlKind.REVOKED, why="the account is disabled", provenance=provenance),
            )
        return declared

    def acting(self, thing: Thing, provenance: Provenances) -> str:
        """The operation of acting as a thing."""
        if thing.node is None:
            return self.right(ACT, thing, ((Verb.CONTROLS, Kind.SERVICE),), provenance)
        if thing.id not in self._acting:  # it stands where the node does, whatever asks for it
            does = ((Verb.CONTROLS, Kind.SERVICE),)
            self._acting[thing.id] = self.right(ACT, thing, does, thing.node.provenance)
        return self._acting[thing.id]

    def right(
        self, words: str, thing: Thing, does: tuple[tuple[Verb, Kind], ...], provenance: Provenances, **attributes: Any
    ) -> str:
        """An operation on a thing, and what it does to which of its entities."""
        name = f"bloodhound-right:{words}/{thing.id}"
        label = self.label(thing)
        self.keep(Operation, name, f"{words} {label}" if words == ACT else f"{words} on {label}", label, provenance)
        for verb, kind in does:
            self.collector.relate(verb, name, self.id(thing, kind), provenance=provenance, **attributes)
        return name

    def keep(
        self, shape: type[Any], name: str, shown: str, label: str | None, provenance: Provenances, **attributes: Any
    ) -> str:
        """An entity beside those of a node; its name is known where the node's is."""
        if name not in self.collector.entities:
            named = {"name": shown} if label else {}
            self.collector.entity(shape(id=name, provenance=provenance, **named, **attributes))
        return name

    def policies(self, thing: Thing, provenance: Provenances) -> str:
        """What a policy linked to a thing has done: it controls the accounts under it; the thing can link another."""
        label = self.label(thing)
        carrier = self.carrier(thing)
        self.keep(Service, carrier, f"accounts under the policies of {label}", label, provenance)
        name = f"bloodhound-right:policies/{thing.id}"
        self.keep(Operation, name, f"policies on {label}", label, provenance)
        self.collector.relate(Verb.CONTROLS, name, carrier, provenance=provenance)
        holder = self.id(thing, Kind.SERVICE)
        self.collector.relate(Verb.CALLS, holder, name, provenance=provenance, basis=Basis.INFERRED, dependency="none")
        return name

    def carrier(self, thing: Thing) -> str:
        """The accounts that are under the policies of a thing, as one."""
        return f"bloodhound-policies:{thing.id}"

    def replicating(self, thing: Thing, provenance: Provenances) -> str:
        """The operation of replicating a directory; both of two rights together grant it."""
        return self.right(REPLICATE, thing, ((Verb.READS, Kind.STORE),), provenance)

    def part(self, words: str, thing: Thing, provenance: Provenances) -> str:
        """One of the two rights that replicate a directory together, as what its holder has."""
        label = self.label(thing)
        parts = tuple(
            self.keep(
                Credential,
                f"bloodhound-part:{part}/{thing.id}",
                f"{part} on {label}",
                label,
                provenance,
                type="session",
            )
            for part in PARTS
        )
        self.collector.relate(Verb.GRANTS, parts, self.replicating(thing, provenance), provenance=provenance)
        return parts[PARTS.index(words)]

    def finding(self, words: str, thing: Thing, provenance: Provenances) -> str:
        """The store of what can be found by acting as a thing, such as the sessions on a computer."""
        shown = _FOUND.get(words, "")
        label = self.label(thing) if shown else None
        store = self.keep(Store, f"bloodhound-found:{words}/{thing.id}", shown.format(label), label, provenance)
        self.collector.relate(Verb.READS, self.id(thing, Kind.SERVICE), store, provenance=provenance, dependency="none")
        return store

    def scope(self, permission: str, thing: Thing, provenance: Provenances) -> str | None:
        """A permission of a token; ``None`` where it has no usable name or the token is described without it."""
        name = self.collector.name(f"bloodhound-scope:{permission}/{thing.id}")
        if name is None or (thing.node is not None and permission not in self._permissions(thing.node)):
            return None
        label = self.label(thing)
        return self.keep(Scope, name, f"{permission} of {label}", label, provenance)

    # what only a description says

    def _permissions(self, node: Node) -> list[str]:
        if node.id not in self._permits:
            try:
                self._permits[node.id] = permissions(node)
            except InputError:
                self._permits[node.id] = []
                self.collector.gaps[GraphGap.PERMISSIONS].add(node.id)
        return self._permits[node.id]

    def _permitted(self, thing: Thing, provenance: Provenances) -> None:
        """A token's permissions as scopes, and the app that holds an installation."""
        node = thing.node
        if node is None or thing.role != Role.TOKEN:
            return
        token = self.id(thing, Kind.CREDENTIAL)
        for permission in self._permissions(node):
            scope = self.scope(permission, thing, provenance)
            if scope:
                self.collector.relate(Verb.GRANTS, token, scope, provenance=provenance)
        if thing.is_a("GH_AppInstallation"):
            self._installed(thing, node, token, provenance)

    def _installed(self, thing: Thing, node: Node, token: str, provenance: Provenances) -> None:
        """The app that holds an installation: the one of its client id, described in the load or not."""
        found = self.nodes.find(End(kind="GH_App", matches=(("client_id", node.text("client_id")),)))
        if isinstance(found, Node) and self.role(found.kinds) == Role.SERVICE:
            self.whole(Thing(found.id, Role.SERVICE, found.kinds, found), provenance)
        app, label = self._app(node), self.label(thing)
        if app is None:
            return
        self.collector.relate(
            Verb.HOLDS, self.keep(Service, app, label or "", label, provenance), token, provenance=provenance
        )
        if not self._owns(self._stated(thing), (app,), provenance):
            self.collector.gaps[GraphGap.APP].add(app)

    def _owned(self, thing: Thing, provenance: Provenances) -> None:
        """The party of a thing: as stated, an app's owner, or the tenant that registered a principal."""
        node = thing.node
        if node is None or thing.role == Role.PARTY:
            return
        assets = self._assets(thing)
        party = self._stated(thing) or self._publisher(thing, node, provenance)
        if self._owns(party, assets, provenance):
            self.owned.update(assets)
        elif thing.is_a("GH_App"):
            self.collector.gaps[GraphGap.APP].update(assets)

    def _assets(self, thing: Thing) -> tuple[str, ...]:
        return tuple(self.id(thing, kind) for kind in KINDS[thing.role] if kind in _ASSETS)

    def _owns(self, party: str | None, assets: tuple[str, ...], provenance: Provenances) -> bool:
        if party is None:
            return False
        if party not in self.collector.entities:
            role = {"role": "self"} if party.upper() in self.own else {}
            self.collector.entity(
                Party.model_validate({"id": party, "basis": Basis.INFERRED, "provenance": provenance, **role})
            )
        for asset in assets:
            self.collector.relate(Verb.OWNS, party, asset, provenance=provenance)
        return True

    def _publisher(self, thing: Thing, node: Node, provenance: Provenances) -> str | None:
        """Who a graph says is behind an app: its owner, or a tenant other than the one it is used in."""
        if thing.is_a("GH_App"):
            login, name = node.text("owner_login"), node.text("owner_node_id")
            declared = self._whose(login, name)
            return declared or (self._party(name or login, login, provenance) if login else None)
        registered, used = node.text("appownerorganizationid").upper(), node.text("tenantid").upper()
        if thing.is_a("AZServicePrincipal") and registered and used and registered != used:
            return self._whose(registered) or self._party(registered, registered, provenance)
        return None

    def _party(self, name: str, label: str, provenance: Provenances) -> str | None:
        party = self.collector.name(f"bloodhound-party:{name}")
        if party is None:
            return None
        found = self.nodes.by_id.get(name)
        if found is not None and self.role(found.kinds) == Role.PARTY:
            thing = Thing(name, Role.PARTY, found.kinds, found)
            self.whole(thing, provenance)
            return self.id(thing, Kind.PARTY)
        return self.keep(Party, party, label, self.collector.name(label), provenance)

    def _stated(self, thing: Thing) -> str | None:
        """The party that option ``parties`` names, by the node's id or a name of it."""
        names = (thing.node.text(key) for key in _NAMED_BY) if thing.node and self.parties else ()
        return self._whose(thing.id, *names)

    def _whose(self, *names: str) -> str | None:
        """The party that option ``parties`` names for one of these, in upper or lower case."""
        return next((self.parties[name.upper()] for name in names if name.upper() in self.parties), None)

    def _is_own(self, thing: Thing) -> bool:
        declared = (thing.node.text(key) for key in _NAMED_BY) if thing.node else ()
        if self.options.own:
            return bool({name.upper() for name in (thing.id, self.id(thing, Kind.PARTY), *declared)} & self.own)
        if thing.node is not None and thing.is_a("GH_Organization", "GH_Enterprise"):
            self.collector.gaps[GraphGap.SELF].add(self.id(thing, Kind.PARTY))
            return True
        return False

    def _remarked(self, thing: Thing) -> None:
        if thing.is_a(*_CERTIFICATES):
            self.collector.gaps[GraphGap.CERTIFICATES].add(self.id(thing, Kind.SERVICE))
        if thing.is_a("OU") and thing.node is not None and thing.node.attributes.get("blocksinheritance") is True:
            self.collector.gaps[GraphGap.BLOCKS].add(self.id(thing, Kind.SERVICE))

    # words

    def label(self, thing: Thing) -> str | None:
        """A display name, unless it is unknown, could do harm or looks like a secret."""
        key = thing.id, thing.name
        if key not in self._labels:
            self._labels[key] = self._label(thing)
        return self._labels[key]

    def _label(self, thing: Thing) -> str | None:
        own = [_LABELS[kind] for kind in thing.kinds if kind in _LABELS]
        declared = [thing.node.text(name) for name in (*own, "name", "displayname")] if thing.node else [thing.name]
        label = next(filter(None, declared), "")
        if looks_secret(label):
            self.collector.gaps[GraphGap.SECRET].add(thing.id)
            return None
        return label if label and harmless(label) and len(label) <= MAX_ID else None

    def _provenance(self, thing: Thing, provenance: Provenances) -> Provenances:
        """Where a thing is described, or else named."""
        return provenance if thing.node is None else thing.node.provenance
