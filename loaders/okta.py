"""Okta: apps, API service integrations, scope grants, tokens and scopes, as the Management API returns them.

A record is an app, a client that registered itself, an integration, a grant, a refresh or access token, an API token,
a scope, or a client secret.
"""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from pydantic import Field

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector, Gap
from blastradius.loaderkit.contract import Document, Loaded, Loader, Provenances
from blastradius.loaderkit.json_values import Keys, kind_by_keys, mapping, text, texts
from blastradius.loaderkit.options import Name
from blastradius.loaderkit.options import Options as Shape
from blastradius.loaderkit.validation import read_options
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

_LOOKED_AT = 20
_APP_ID = re.compile(r"0oa[0-9A-Za-z]{17}")
_SERVER = re.compile(r"/(?:oauth2|authorizationServers)/([^/]+)(?:/scopes/[^/]*)?/?$")
_APP_OF = re.compile(r"/apps/([^/]+)")
_GIVES = frozenset(f"okta.{what}.manage" for what in ("apps", "appGrants", "clients", "roles", "users", "groups"))
"""Scopes that let one give keys or rights, as far as the admin roles of the app or of its user go."""
_MARKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("app", ("id", "label", "signOnMode")),
    ("integration", ("id", "type", "grantedScopes")),
    ("grant", ("id", "scopeId", "issuer")),
    ("registered", ("client_id", "client_name", "grant_types")),
    ("token", ("id", "scopes", "clientId", "issuer")),
    ("api_token", ("id", "userId", "clientName")),
    ("api_token", ("id", "userId", "tokenWindow")),
    ("scope", ("id", "name", "consent", "metadataPublish")),
    ("secret", ("id", "status", "secret_hash")),
)


class _Gap(Gap):
    """What answers of the API do not say of the things they name."""

    PARTY = (NoteKind.INCOMPLETE, "apps whose party is not known (option parties)")
    VENDOR = (NoteKind.ASSUMED, "parties known only by the type of their integration (option parties)")
    APP = (NoteKind.UNRESOLVED, "clients that do not say which app they are of")
    RIGHTS = (NoteKind.ASSUMED, "API tokens that may do all that their user may, which is not in the file")
    DATE = (NoteKind.UNSUPPORTED, "credentials whose end is not a date")


Row = tuple[Keys, dict[str, Any]]


class Options(Shape):
    """The options of one file."""

    org: Name = Field(default="okta", description="name of the organisation, before every id")
    own: Name | None = Field(default=None, description="the party that the organisation is, which holds its API tokens")
    parties: dict[Name, Name] = Field(
        default_factory=dict, description="which party an app is of: by id, name or label, or an integration's type"
    )
    as_of: Name | None = Field(default=None, description="the day from which an end date is past, as 2026-12-31")


def recognises(data: Any) -> bool:
    """Whether a document is an answer of Okta's Management API."""
    return any(kind_by_keys(record, _MARKS) for _, record in _rows(data, ())[:_LOOKED_AT]) or _only_ids(data)


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one answer of the API.

    Raises:
        InputError: no answer of a known shape, or an option that does not fit.
    """
    chosen = read_options(Options, document, options)
    if _only_ids(document.data):
        why = "a list of application ids that does not say what they are allowed, or by which app"
        raise InputError([f"{document.path}: {why}; load the apps and their grants"])
    if not recognises(document.data):
        expected = "expected apps, grants, tokens, scopes or API service integrations of the Management API"
        raise InputError([f"{document.path}: no answer of Okta's API is recognised; {expected}"])
    return _RecordMapper(document, chosen).loaded()


def _rows(data: Any, keys: Keys) -> list[tuple[Keys, Any]]:
    """The items of a list, of a list of pages, or one object alone."""
    if isinstance(data, list) and data and all(isinstance(page, list) for page in data):
        return [((number, inner), item) for number, page in enumerate(data) for inner, item in enumerate(page)]
    return [((number,), item) for number, item in enumerate(data)] if isinstance(data, list) else [(keys, data)]


def _only_ids(data: Any) -> bool:
    some = data[:_LOOKED_AT] if isinstance(data, list) else []
    return bool(some) and all(isinstance(item, str) and _APP_ID.fullmatch(item) for item in some)


class _RecordMapper:
    def __init__(self, document: Document, options: Options) -> None:
        self.collector = FactCollector("okta", document)
        self.options = options
        self.org = options.org

    def loaded(self) -> Loaded:
        """All of it: what describes a thing first, then what refers to it."""
        handlers: dict[str, Callable[[Keys, dict[str, Any]], None]] = {
            "app": self._app,
            "registered": self._registered,
            "integration": self._integration,
            "scope": self._offered,
            "grant": self._grant,
            "token": self._token,
            "api_token": self._api_token,
            "secret": self._secret,
        }
        rows: dict[str, list[Row]] = defaultdict(list)
        for keys, datum in _rows(self.collector.document.data, ()):
            kind = kind_by_keys(datum, _MARKS)
            if kind:
                rows[kind].append((keys, datum))
            else:
                self.collector.reject(
                    "not a record that the Management API returns", provenance=self.collector.provenance(*keys)
                )
        for kind, handle in handlers.items():
            for keys, row in rows[kind]:
                handle(keys, row)
        self.collector.note_gaps(_Gap)
        return self.collector.loaded()

    # who

    def _party(self, provenance: Provenances, *names: str) -> str | None:
        """The party that option ``parties`` names."""
        return self.collector.party(self.options.parties, names, provenance)

    def _owned(self, service: str, provenance: Provenances, *names: str) -> None:
        """Whose an app is, by its names, or that nobody says."""
        party = self._party(provenance, *names)
        if party:
            self.collector.relate(Verb.OWNS, party, service, provenance=provenance)
        else:
            self.collector.gaps[_Gap.PARTY].add(service)

    def _self(self, provenance: Provenances) -> str:
        return self.collector.keep(
            Party(id=self.options.own or f"{self.org}:organisation", role="self", provenance=provenance)
        )

    def _service(self, app_id: str, name: str | None, provenance: Provenances, **attributes: Any) -> str | None:
        service = self._id("app", app_id)
        return (
            self.collector.keep(Service(id=service, name=name, provenance=provenance, **attributes))
            if service
            else None
        )

    def _app(self, keys: Keys, attributes: dict[str, Any]) -> None:
        """An app; one that signs in with OpenID Connect is also a client of the API."""
        provenance = self.collector.provenance(*keys)
        active = text(attributes, "status").upper() in ("ACTIVE", "")
        tags = (text(attributes, "signOnMode").lower(), *(() if active else ("inactive",)))
        kept = tuple(tag for tag in tags if self.collector.name(tag))
        service = self._service(
            text(attributes, "id"), self._label(attributes, "label", provenance), provenance, tags=kept
        )
        if service is None:
            self.collector.reject("an app without a usable id", provenance=provenance)
            return
        self._owned(service, provenance, text(attributes, "id"), text(attributes, "name"), text(attributes, "label"))
        client = mapping(attributes, "credentials", "oauthClient")
        if client:
            self._client(service, client, mapping(attributes, "settings", "oauthClient"), provenance, active=active)
        self.collector.fact()

    def _client(
        self,
        service: str,
        client: dict[str, Any],
        settings: dict[str, Any],
        provenance: Provenances,
        *,
        active: bool,
    ) -> None:
        """What an app signs in with; never its value."""
        client_id = self._id("client", text(client, "client_id") or service.removeprefix(f"{self.org}:app/"))
        if client_id is None:
            return
        if text(client, "client_secret"):
            self.collector.secret(f"client_secret of {client_id!r}", provenance=provenance)
        controls = list(_networked(settings.get("network"), provenance))
        if not active:
            controls.append(Control(kind=ControlKind.REVOKED, why="the app is not active", provenance=provenance))
        method = text(client, "token_endpoint_auth_method").lower()
        made = Credential(id=client_id, type=_type_of(method), controls=tuple(controls), provenance=provenance)
        self.collector.relate(Verb.HOLDS, service, self.collector.keep(made), provenance=provenance)

    def _registered(self, keys: Keys, attributes: dict[str, Any]) -> None:
        """A client as the registration of clients knows it: an app by the id that it signs in with."""
        provenance = self.collector.provenance(*keys)
        service = self._service(
            text(attributes, "client_id"), self._label(attributes, "client_name", provenance), provenance
        )
        if service is None:
            self.collector.reject("a client without a usable id", provenance=provenance)
            return
        self._owned(service, provenance, text(attributes, "client_id"), text(attributes, "client_name"))
        self._client(service, attributes, {}, provenance, active=True)
        self.collector.fact()

    def _integration(self, keys: Keys, attributes: dict[str, Any]) -> None:
        """A vendor's service app: by what it is a third party's, though only its type says whose."""
        provenance = self.collector.provenance(*keys)
        app_id, kind = text(attributes, "id"), text(attributes, "type")
        client = self._id("client", app_id)
        vendor = self._id("integration", kind)
        scopes = (
            [self._scope(scope.strip(), "", provenance) for scope in texts(attributes["grantedScopes"])]
            if client and vendor
            else [None]
        )
        service = (
            self._service(app_id, self._label(attributes, "name", provenance), provenance)
            if None not in scopes
            else None
        )
        if service is None or client is None or vendor is None:
            self.collector.reject("an integration without a usable id, type or scopes", provenance=provenance)
            return
        party = self._party(provenance, app_id, kind, text(attributes, "name"))
        if party is None:
            party = self.collector.keep(Party(id=vendor, name=kind, basis=Basis.INFERRED, provenance=provenance))
            self.collector.gaps[_Gap.VENDOR].add(party)
        self.collector.relate(Verb.OWNS, party, service, provenance=provenance)
        self._grants(service, Credential(id=client, type="client_secret", provenance=provenance), scopes, provenance)
        self.collector.fact()

    # what they hold

    def _grant(self, keys: Keys, attributes: dict[str, Any]) -> None:
        """A scope that an administrator granted to an app, or that one user consented to."""
        if text(attributes, "status").upper() not in ("ACTIVE", ""):
            self.collector.ignore("grants and tokens that are revoked")
            return
        provenance = self.collector.provenance(*keys)
        user = text(attributes, "userId")
        link = _APP_OF.search(text(attributes, "_links", "app", "href"))
        client_id = text(attributes, "clientId") or (link[1] if link else "")
        client = self._id("client", client_id + (f"/user/{user}" if user else "")) if client_id else None
        scope = self._scope(text(attributes, "scopeId"), text(attributes, "issuer"), provenance)
        if client is None or scope is None:
            self.collector.reject("a grant without a usable client or scope", provenance=provenance)
            return
        kind: dict[str, Any] = {"type": "oauth_token"} if user else {}
        made = Credential(id=client, basis=Basis.INFERRED, provenance=provenance, **kind)
        self._grants(self._app_of(attributes, provenance), made, [scope], provenance)
        self.collector.fact()

    def _token(self, keys: Keys, attributes: dict[str, Any]) -> None:
        if text(attributes, "status").upper() not in ("ACTIVE", ""):
            self.collector.ignore("grants and tokens that are revoked")
            return
        provenance = self.collector.provenance(*keys)
        token = self._id("token", text(attributes, "id"))
        scopes = [
            self._scope(scope.strip(), text(attributes, "issuer"), provenance) for scope in texts(attributes["scopes"])
        ]
        if token is None or not scopes or None in scopes:
            self.collector.reject("a token without a usable id or scopes", provenance=provenance)
            return
        made = Credential(
            id=token, type="oauth_token", **self._ends(token, attributes, provenance), provenance=provenance
        )
        self._grants(self._app_of(attributes, provenance), made, scopes, provenance)
        self.collector.fact()

    def _api_token(self, keys: Keys, attributes: dict[str, Any]) -> None:
        """A token of one of our own administrators: it may do what that user may."""
        provenance = self.collector.provenance(*keys)
        token = self._id("api-token", text(attributes, "id"))
        rights = self._id("rights", text(attributes, "userId"))
        if token is None or rights is None:
            self.collector.reject("an API token without a usable id or user", provenance=provenance)
            return
        ends = self._ends(token, attributes, provenance)
        controls = (*ends.pop("controls", ()), *_networked(attributes.get("network"), provenance))
        name = self._label(attributes, "name", provenance)
        made = Credential(id=token, name=name, type="api_key", controls=controls, **ends, provenance=provenance)
        named = f"all that user {text(attributes, 'userId')} may do"
        more = {"unknown": ("permits",), "basis": Basis.INFERRED, "provenance": provenance}
        scope = self.collector.keep(Scope.model_validate({"id": rights, "name": named, **more}))
        self._grants(self._self(provenance), made, [scope], provenance, Basis.INFERRED)
        self.collector.gaps[_Gap.RIGHTS].add(token)
        self.collector.fact()

    def _secret(self, keys: Keys, attributes: dict[str, Any]) -> None:
        if text(attributes, "client_secret"):
            self.collector.secret("client_secret of a client", provenance=self.collector.provenance(*keys))
        self.collector.ignore("client secrets, which stand for the client that they belong to")

    def _offered(self, keys: Keys, attributes: dict[str, Any]) -> None:
        """A scope that an authorization server offers."""
        provenance = self.collector.provenance(*keys)
        if (
            self._scope(
                text(attributes, "name"), text(attributes, "_links", "self", "href"), provenance, Basis.DECLARED
            )
            is None
        ):
            self.collector.reject("a scope without a usable name", provenance=provenance)
            return
        self.collector.fact()

    def _scope(self, name: str, issuer: str, provenance: Provenances, basis: Basis = Basis.INFERRED) -> str | None:
        """A scope of the organisation's own server, or of the authorization server that the issuer names."""
        server = _SERVER.search(issuer)
        scope = self._id(*(("server", server[1], name) if server else ("scope", name)))
        unknown = () if server or name not in _GIVES else ("permits",)
        made = {"id": scope, "name": name, "unknown": unknown, "basis": basis, "provenance": provenance}
        return self.collector.keep(Scope.model_validate(made)) if scope else None

    def _app_of(self, attributes: dict[str, Any], provenance: Provenances) -> str | None:
        """The app that a grant or a token is of, by its link."""
        found = _APP_OF.search(text(attributes, "_links", "app", "href"))
        name = self._label(mapping(attributes, "_links", "app"), "title", provenance)
        return self._service(found[1], name, provenance, basis=Basis.INFERRED) if found else None

    def _grants(
        self,
        holder: str | None,
        made: Credential,
        scopes: Sequence[str | None],
        provenance: Provenances,
        basis: Basis = Basis.DECLARED,
    ) -> None:
        credential = self.collector.keep(made)
        if holder:
            self.collector.relate(Verb.HOLDS, holder, credential, provenance=provenance)
        else:
            self.collector.gaps[_Gap.APP].add(credential)
        for scope in filter(None, scopes):
            self.collector.relate(Verb.GRANTS, credential, scope, provenance=provenance, basis=basis)

    # words

    def _ends(self, credential: str, attributes: dict[str, Any], provenance: Provenances) -> dict[str, Any]:
        """The day a credential ends, and what that means on the day asked about."""
        declared = text(attributes, "expiresAt")
        try:
            day = datetime.date.fromisoformat(declared[:10]).isoformat() if declared else None
        except ValueError:
            self.collector.gaps[_Gap.DATE].add(credential)
            return {}
        if day is None or not self.options.as_of or day >= self.options.as_of:
            return {"expires": day}
        ended = Control(kind=ControlKind.EXPIRED, why=f"ended on {day}", provenance=provenance)
        return {"expires": day, "controls": (ended,)}

    def _id(self, *parts: str) -> str | None:
        """An id that begins with the kind of thing, so that no two kinds can have the same."""
        return self.collector.name(f"{self.org}:{'/'.join(parts)}") if parts[-1] else None

    def _label(self, attributes: dict[str, Any], name: str, provenance: Provenances) -> str | None:
        """A display name, unless it could do harm or looks like a secret."""
        return self.collector.label(text(attributes, name), f"a {name}", provenance=provenance)


def _networked(network: Any, provenance: Provenances) -> Iterator[Control]:
    """A network condition that names where from, not only where not from."""
    if isinstance(network, dict) and network.get("connection") == "ZONE" and network.get("include"):
        yield Control(kind=ControlKind.IP_ALLOWLIST, why="bound to network zones", provenance=provenance)


def _type_of(method: str) -> Literal["client_secret", "signing_key", "oauth_token"]:
    if method == "none":
        return "oauth_token"
    return "signing_key" if method == "private_key_jwt" else "client_secret"


LOADER = Loader(
    name="okta",
    title="Okta Management API answers (JSON)",
    suffixes=(".json",),
    recognises=recognises,
    load=load,
    reads="apps, their client credentials, scope grants, API service integrations, tokens, scopes",
    maps=(
        ("app", "service; option `parties` says whose"),
        ("OAuth client of an app", "credential that the app holds"),
        ("API service integration", "service that the vendor owns, with its credential and scopes"),
        ("scope grant", "credential of the client grants the scope; consented to by a user, a token of its own"),
        ("refresh or access token", "credential that grants its scopes"),
        ("API token", "credential that we hold; it grants all that its user may do"),
        ("scope of an authorization server", "scope"),
        (
            "okta.apps.manage and other scopes that give keys or rights, and what the user of an API token may do",
            "scope of which is unknown what it permits: admin roles decide, which are in no answer",
        ),
        ("network zone of a client or token", "control ip_allowlist"),
        ("app that is not active", "control revoked on its client"),
        ("expiresAt in the past", "control expired"),
        ("client secret", "ignored, counted; its value is dropped"),
    ),
    infers_not=(
        "which party is behind an app (option parties)",
        "which organisation an answer is from, where there are several (option org)",
        "what the user of an API token may do",
        "what a scope permits",
        "the day from which an end date is past (option as_of)",
    ),
    options=Options,
)
