"""What an Entra export says in our terms: parties, apps, their credentials, and the scopes these grant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Literal

from blastradius.loaderkit.collector import FactCollector, bare_url
from blastradius.loaderkit.contract import Document, Loaded, Provenances
from blastradius.loaderkit.names import MAX_ID
from blastradius.model import (
    Basis,
    Control,
    ControlKind,
    Credential,
    NoteKind,
    Party,
    Scope,
    Service,
    Verb,
)

from .directory import DIRECTORY_ROLES, SECRETS, Directory, service_of, word_of
from .gaps import DirectoryGap, RightsGap, beside
from .options import Options
from .reading import Export, Record, day, listed, lower
from .rights import ADD_CREDENTIALS, ASSIGN_APP_ROLES, ASSIGN_ROLES, expired, given, gives, scheduled

_MICROSOFT = frozenset(
    {
        "f8cdef31-a31e-4b4a-93e4-5f571e91255a",
        "72f988bf-86f1-41af-91ab-2d7cd011db47",
        "cdc5aeea-15c5-4db6-b079-fcadd2505dc2",
        "33e01921-4d64-4f8c-a055-5bdaffd5e33d",
        "47df5bb7-e6bc-4256-afb0-dd8c8e3c1ce8",
    }
)
_NO_ROLE = "00000000-0000-0000-0000-000000000000"
_ENDS = ("enddatetime", "enddate")
_TYPES: dict[str, Literal["client_secret", "signing_key", "job_token"]] = {
    "password": "client_secret",
    "key": "signing_key",
    "federated": "job_token",
}
_ACCESS = {"application": "own access", "everyone": "for every user"}


class DirectoryMapper:
    """The facts of the exports of a tenant; ``tables`` only name what those give by id."""

    def __init__(self, document: Document, options: Options, own: list[Export], tables: list[Export]) -> None:
        self.collector = FactCollector("entra", document)
        self.options = options
        self.own = own
        self.known = Directory([*own, *tables], options.resource)
        self.day = next((export.as_of for export in own if export.as_of), None)
        self.as_of = options.as_of or self.day
        self.parties = {key.lower(): party for key, party in options.parties.items()}
        self.tenant = self._own_tenant()
        declared = f"entra:tenant:{self.tenant}" if self.tenant else "entra:own-tenant"
        self.own_party = (
            options.own or self.parties.get(self.tenant) or self.collector.name(declared) or "entra:own-tenant"
        )
        self.third_parties: set[str] = set()
        self.keys: dict[int, str | None] = {}
        self.bare: dict[int, str] = {}

    def loaded(self) -> Loaded:
        """All of it: what is described first, then what refers to it."""
        handlers: dict[str, Callable[[Record], None]] = {
            "tenant": self._tenant,
            "principal": self._app,
            "application": self._app,
            "role": self._permission,
            "delegated": self._permission,
            "named": self._named,
            **dict.fromkeys(SECRETS, self._secret),
            "privileged": self._privileged,
            "directory": self._directory_role,
            "assignment": self._assignment,
            "grant": self._grant,
            "consent": self._consent,
            "request": lambda _: self.collector.ignore("permissions that apps ask for, consented to or not"),
            "removed": lambda _: self.collector.ignore("records that a page says were removed"),
            "other": lambda _: self.collector.ignore("records of kinds that say nothing of what apps hold"),
            "section": lambda _: self.collector.ignore("sections of the report that say nothing of what apps hold"),
            "odd": lambda item: self.collector.reject("not a record that Entra has", provenance=item.provenance),
        }
        by_kind: dict[str, list[Record]] = defaultdict(list)
        for export in self.own:
            for record in export.records:
                by_kind[record.kind].append(record)
        for kind, handle in handlers.items():
            for record in by_kind[kind]:
                handle(record)
        self._say()
        return self.collector.loaded(as_of=self.day)

    # parties and apps

    def _own_tenant(self) -> str:
        """The tenant that was exported: as stated, as it says, or as its own registrations show."""
        declared = (tenant.id("tenantid", "id") for tenant in self.known.tenants)
        owners = {app.owner for app_id, app in self.known.by_app.items() if app_id in self.known.registrations} - {""}
        inferred = owners.pop() if len(owners) == 1 else ""
        return (self.options.tenant or "").lower() or next(filter(None, declared), inferred)

    def _self(self) -> str:
        """Ourselves."""
        if self.own_party in self.collector.entities:
            return self.own_party
        named = self.known.tenants[0] if self.known.tenants else None
        name = self._label(named) if named else None
        return self.collector.keep(
            Party(
                id=self.own_party,
                role="self",
                name=name,
                provenance=named.provenance if named else self.collector.provenance(),
            )
        )

    def _party(self, record: Record) -> str | None:
        """Whose app it is; ``None`` where no publisher tenant is named, for that is not a third party."""
        owner = record.owner
        for declared in (record.id("appid"), record.id("id", "objectid"), owner):
            if declared in self.parties and self.parties[declared] != self.own_party:
                return self.collector.keep(
                    Party(id=self.parties[declared], basis=Basis.INFERRED, provenance=record.provenance)
                )
        managed = record.id("serviceprincipaltype") == "managedidentity"
        if (owner and owner == self.tenant) or self.known.registered(record) or managed:
            return self._self()
        if owner in _MICROSOFT:
            return self.collector.keep(
                Party(id="entra:microsoft", name="Microsoft", role="provider", provenance=record.provenance)
            )
        party = self.collector.name(f"entra:tenant:{owner}") if owner else None
        if party:
            names = sorted(filter(self.collector.name, self.known.publishers[owner]))
            self.collector.keep(Party(id=party, name=names[0] if names else None, provenance=record.provenance))
            self.third_parties.add(party)
        return party

    def _service(self, record: Record) -> str | None:
        """The app that a record describes, with its owner; ``None`` where it has no usable id."""
        service = self.known.service(record)
        if service is None or service in self.collector.entities:
            return service
        described = self.known.described(record)
        party = self._party(described)
        app_id = described.id("appid")
        made = Service(
            id=service,
            name=self._label(described),
            description=f"application {app_id}" if self.collector.name(app_id) else None,
            zone=self.options.zone if party == self.own_party else None,
            tags=("disabled",) if described.off else (),
            provenance=described.provenance,
        )
        self.collector.keep(made)
        if party:
            self.collector.relate(Verb.OWNS, party, service, provenance=described.provenance)
        else:
            self.collector.gaps[DirectoryGap.NO_PUBLISHER].add(service)
        return service

    def _client(self, record: Record, object_id: str) -> str | None:
        """The app that a grant names by its service principal's id, or that the grant stands inside of."""
        if not object_id:
            return self._service(record.of) if record.of else None
        known = self.known.principals.get(object_id)
        if known:
            return self._service(known)
        service = service_of(object_id)
        if service is None:
            return None
        self.collector.gaps[DirectoryGap.CLIENT].add(service)
        name = self._label(record, "principaldisplayname", "displayname")
        return self.collector.keep(Service(id=service, name=name, basis=Basis.INFERRED, provenance=record.provenance))

    def _tenant(self, record: Record) -> None:
        if not record.id("tenantid", "id"):
            self.collector.reject("a tenant without an id", provenance=record.provenance)
            return
        self._self()
        self.collector.fact()

    def _app(self, record: Record) -> None:
        if self._service(record) is None:
            self.collector.reject("an app without a usable id", provenance=record.provenance)
            return
        self.collector.fact()
        for what, count in beside(record).items():
            self.collector.ignore(what, count)

    # credentials

    def _secret(self, record: Record) -> None:
        if record.id("usage") == "sign":
            self.collector.ignore("keys with which Microsoft signs for an app")
            return
        key = self._credential(record)
        if key is None:
            self.collector.reject(f"a {record.kind} credential without a usable id", provenance=record.provenance)
            return
        if self.known.service(record.of) is None:
            self.collector.gaps[DirectoryGap.NO_APP].add(key)
        self.collector.fact()

    def _credential(self, record: Record) -> str | None:
        """A key, a password or a federated credential, with its holder; never its value."""
        if id(record) not in self.keys:
            self.keys[id(record)] = self._made_credential(record)
        return self.keys[id(record)]

    def _made_credential(self, record: Record) -> str | None:
        key_id = self._id(self._holder_id(record) + f":{record.kind}/{record.id('keyid', 'id')}")
        holder = self._workload(record) if record.kind == "federated" else self._service(record.of or record)
        if key_id is None or not record.id("keyid", "id") or holder is None:
            return None
        if key_id not in self.collector.entities:
            if record.text("secrettext"):
                self.collector.secret(f"secretText of {key_id!r}", provenance=record.provenance)
            declared = next((record.attributes[name] for name in _ENDS if record.attributes.get(name)), None)
            expires = day(declared)
            if declared and not expires:
                self.collector.gaps[DirectoryGap.NO_DATE].add(key_id)
            self.collector.keep(
                Credential(
                    id=key_id,
                    name=self._label(record, "displayname", "name"),
                    type=_TYPES[record.kind],
                    expires=expires,
                    controls=self._spent(record.of, expires, record.provenance),
                    provenance=record.provenance,
                )
            )
        self.collector.relate(Verb.HOLDS, holder, key_id, provenance=record.provenance)
        return key_id

    def _holder_id(self, record: Record) -> str:
        """What a credential's id begins with: the application's, or the service principal's it was added to."""
        app = record.of
        if app is None or app.kind == "owner":
            return self.known.service(app) or "entra"
        of_application = record.says_yes("isfromapplication") or (
            app.kind == "application" or (record.kind == "federated" and app.attributes.get("registered") is True)
        )
        return f"entra:app:{app.id('appid')}" if of_application else self.known.service(app) or "entra"

    def _workload(self, record: Record) -> str | None:
        """What runs elsewhere and may sign in as the app: an issuer's subject."""
        expression = record.attributes.get("claimsmatchingexpression")
        matching = lower(expression).get("value") if isinstance(expression, dict) else expression
        subject = record.text("subject") or (matching if isinstance(matching, str) else "")
        workload = self.collector.name(f"entra:workload:{bare_url(record.text('issuer'))} {subject}")
        if not subject or not record.text("issuer") or workload is None:
            return None
        return self.collector.keep(Service(id=workload, name=subject, provenance=record.provenance))

    def _spent(self, app: Record | None, expires: str | None, provenance: Provenances) -> tuple[Control, ...]:
        """What stands in the way of using a credential: its end, or that the app is disabled."""
        controls = list(expired(expires, self.as_of, provenance))
        why = self.known.described(app).off if app else ""
        if why:
            controls.append(Control(kind=ControlKind.REVOKED, why=why, provenance=provenance))
        return tuple(controls)

    def _consented(self, service: str, to: str, provenance: Provenances) -> str:
        """The access that was consented to, as the tokens that an app gets: its own, for every or for one user."""
        made = f"{service}:access/{to}"
        if made not in self.collector.entities:
            app = self.known.principals.get(service.removeprefix("entra:sp:"))
            name = self.collector.entities[service].name
            access = Credential(
                id=made,
                name=f"{name} ({_ACCESS.get(to, 'for one user')})" if name else name,
                type="oauth_token",
                controls=self._spent(app, None, app.provenance) if app else (),
                provenance=provenance,
            )
            self.collector.keep(access)
        self.collector.relate(Verb.HOLDS, service, made, provenance=provenance)
        return made

    # permissions and who was granted them

    def _scope(self, resource: str, word: str, value: str, record: Record, basis: Basis = Basis.DECLARED) -> str | None:
        scope = self._id(f"{resource}:{word}:{value}") if value else None
        if scope is None or scope in self.collector.entities:
            return scope
        risk = record.id("risk") if record.kind == "named" else ""
        tags = (f"risk: {risk}",) if risk and self.collector.name(risk) else ()
        made = Scope(id=scope, name=f"{value} ({word})", tags=tags, basis=basis, provenance=record.provenance)
        self.collector.keep(made)
        if resource == "microsoft-graph":
            gives(self.collector, scope, record.provenance, permission=value)
        return scope

    def _permission(self, record: Record) -> None:
        members = [member_type for _, member_type in listed(record.attributes.get("allowedmembertypes"), ())]
        if record.kind == "role" and members and not any(str(member).lower() == "application" for member in members):
            self.collector.ignore("app roles for users and groups only")
            return
        resource = self._bare(record) if record.of is None else self.known.resource(record)
        word = "application" if record.kind == "role" else "delegated"
        if not resource or self._scope(resource, word, record.text("value", "id"), record) is None:
            self.collector.reject("a permission without a usable name", provenance=record.provenance)
            return
        self.collector.fact()

    def _bare(self, record: Record) -> str:
        """Whose the permissions of a file are that has nothing but them."""
        if id(record.document) not in self.bare:
            beside = (export for export in self.own if export.records and export.records[0].document is record.document)
            self.bare[id(record.document)] = self.known.bare(next(beside))
        return self.bare[id(record.document)]

    def _named(self, record: Record) -> None:
        resource = self._resource(record)
        value = record.text("roledisplayname")
        if resource is None or self._scope(resource, word_of(record.text("roletype")), value, record) is None:
            self.collector.reject("a permission without a usable name or resource", provenance=record.provenance)
            return
        self.collector.fact()

    def _resource(self, record: Record) -> str | None:
        """The resource of an assignment, a grant or a permission; by what names it where nothing better is known."""
        known = self.known.resource(record)
        if known:
            if record.id("resourceid") and record.id("resourceid") not in self.known.principals:
                self.collector.gaps[DirectoryGap.BY_NAME].add(known)
            return known
        declared = record.id("resourceid")
        named = record.text("resourcedisplayname", "applicationdisplayname")
        key = self._id(f"entra:api-of:{declared or named}") if declared or named else None
        if key:
            self.collector.gaps[DirectoryGap.RESOURCE].add(key)
        return key

    def _grants(self, service: str, to: str, scope: str, record: Record) -> None:
        """A scope granted to an app; to its own access, also any of its keys opens it."""
        credential = self._consented(service, to, record.provenance)
        self.collector.relate(Verb.GRANTS, credential, scope, provenance=record.provenance)
        if to == "application" and self._takes_credentials(service):
            given(self.collector, ADD_CREDENTIALS, credential, record.provenance)
        for secret in self.known.secrets.get(service, ()) if to == "application" else ():
            key = self._credential(secret) if secret.id("usage") != "sign" else None
            if key:
                self.collector.relate(Verb.GRANTS, key, scope, provenance=record.provenance, basis=Basis.INFERRED)

    def _takes_credentials(self, service: str) -> bool:
        """Whether an app can be given a secret: a managed identity cannot, nor, it is taken, can Microsoft's own."""
        app = self.known.principals.get(service.removeprefix("entra:sp:"))
        return not app or (app.id("serviceprincipaltype") != "managedidentity" and app.owner not in _MICROSOFT)

    def _assignment(self, record: Record) -> None:
        if record.id("principaltype") in ("user", "group"):
            self.collector.ignore("app roles assigned to users and groups")
            return
        role = record.id("approleid") or (record.id("id") if record.id("objectid") else "")
        if role == _NO_ROLE:
            self.collector.ignore("assignments to an app without a role in it")
            return
        resource = self._resource(record)
        value = record.text("roledisplayname") or self.known.names.get((resource or "", "application", role), "")
        if not value:
            self.collector.gaps[DirectoryGap.ROLE].add(role)
        scope = self._scope(resource, "application", value or role, record, Basis.INFERRED) if resource else None
        if scope is None:
            self.collector.reject(
                "an app role assignment that names no role or no resource", provenance=record.provenance
            )
            return
        client = self._client(record, record.id("principalid"))
        given(self.collector, ASSIGN_APP_ROLES, scope, record.provenance)
        if client:
            self._grants(client, "application", scope, record)
        else:
            self.collector.gaps[DirectoryGap.NO_HOLDER].add(scope)
        self.collector.fact()

    def _grant(self, record: Record) -> None:
        user = self.collector.name(record.id("principalid"))
        to = {"allprincipals": "everyone", "principal": user and f"user/{user}"}.get(record.id("consenttype"))
        values = record.text("scope").split()
        if not values:
            self.collector.ignore("delegated grants without a scope")
            return
        resource = self._resource(record)
        usable = all(self._id(f"{resource}:delegated:{value}") for value in values)
        client = self._client(record, record.id("clientid")) if to and resource and usable else None
        if client is None:
            self.collector.reject(
                "a delegated grant without a usable client, resource, scope or user", provenance=record.provenance
            )
            return
        for value in values:
            scope = self._scope(resource or "", "delegated", value, record, Basis.INFERRED)
            if scope:
                self._grants(client, to or "", scope, record)
        self.collector.fact()

    def _consent(self, record: Record) -> None:
        if not record.says_yes("isadminconsented"):
            self.collector.ignore("permissions that apps ask for, not shown to be consented to")
            return
        resource = self._resource(record)
        word = word_of(record.text("roletype"))
        scope = self._scope(resource or "", word, record.text("roledisplayname"), record, Basis.INFERRED)
        service = self._service(record.of) if record.of else None
        if resource is None or scope is None or service is None:
            self.collector.reject(
                "a permission that names no resource, no role or no app", provenance=record.provenance
            )
            return
        if word == "application":
            given(self.collector, ASSIGN_APP_ROLES, scope, record.provenance)
        self._grants(service, word if word == "application" else "everyone", scope, record)
        self.collector.fact()

    def _privileged(self, record: Record) -> None:
        """A service principal that holds roles in the directory itself."""
        roles = [self.collector.name(role) for _, role in listed(record.attributes.get("roles"), ())]
        service = self._service(record)
        if service is None or not roles or None in roles:
            self.collector.reject("a privileged service principal without usable roles", provenance=record.provenance)
            return
        for role in filter(None, roles):
            self._holds_role(service, role, record)
        self.collector.fact()

    def _holds_role(self, service: str, role: str, record: Record) -> None:
        made = f"entra:directory-role:{role}"[:MAX_ID]
        scope = Scope(id=made, name=f"{role} (directory role)", provenance=record.provenance)
        self._grants(
            service, "application", scheduled(self.collector, self.collector.keep(scope), record, self.as_of), record
        )
        given(self.collector, ASSIGN_ROLES, scope.id, record.provenance)
        gives(self.collector, scope.id, record.provenance, role=role)

    def _directory_role(self, record: Record) -> None:
        """A role in the directory, of whoever has it; of one that is told to be an app only."""
        holder = record.id("principalid")
        declared = "serviceprincipal" in str(lower(record.attributes.get("principal")).get("@odata.type")).lower()
        if not declared and holder not in self.known.principals:
            self.collector.ignore("directory roles of users, groups and apps that are not here (option tables)")
            return
        made, where = record.id("roledefinitionid"), record.id("directoryscopeid")
        defined = self.collector.name(lower(record.attributes.get("roledefinition")).get("displayname"))
        role = defined or DIRECTORY_ROLES.get(made) or self.collector.name(made)
        service = self._client(record, holder)
        limit = self.collector.name(where) if where not in ("", "/") else ""
        if role is None or service is None or limit is None:
            self.collector.reject(
                "a directory role without a usable role, holder or extent", provenance=record.provenance
            )
            return
        self._holds_role(service, f"{role} in {limit}" if limit else role, record)
        self.collector.fact()

    # what is said

    def _id(self, text: str) -> str | None:
        """The text if it can be an id; what is one already need not be looked at again."""
        return text if text in self.collector.entities else self.collector.name(text)

    def _label(self, record: Record, *names: str) -> str | None:
        """A display name, unless it could do harm or looks like a secret."""
        label = record.text(*(names or ("displayname",)))
        return self.collector.label(label, "a display name", provenance=record.provenance)

    def _say(self) -> None:
        """What answers should repeat: what is missing, and what was assumed."""
        for gaps in (DirectoryGap, RightsGap):
            self.collector.note_gaps(gaps)
        others = sorted(self.third_parties)
        if others and not self.tenant:
            message = "the tenant that was exported is not named, so every publisher is taken as a third party"
            self.collector.note(NoteKind.ASSUMED, f"{message}; say which is yours with option tenant", *others)
        if self.bare and not self.options.resource:
            message = "the permissions do not say whose they are; taken as Microsoft Graph's by ids that only it has"
            self.collector.note(NoteKind.ASSUMED, message)
        if any(export.more for export in self.own):
            self.collector.note(NoteKind.INCOMPLETE, "there is a further page (@odata.nextLink); load it as well")
        failed = sorted({name for export in self.own for name in export.failed if self.collector.name(name)})
        if failed:
            message = f"{len(failed)} commands of the report failed, such as {failed[0]}; what they read is not known"
            self.collector.note(NoteKind.INCOMPLETE, message)
        tenants = sorted({tenant.id("tenantid", "id") for tenant in self.known.tenants} - {""})
        if len(tenants) > 1 and not self.options.tenant:
            message = f"{len(tenants)} tenants say that they were exported; {self.tenant} is taken as our own"
            self.collector.note(NoteKind.CONTRADICTED, f"{message}, say which is with option tenant")
        if not any(export.records for export in self.own):
            self.collector.note(NoteKind.INCOMPLETE, "the file has no records")
