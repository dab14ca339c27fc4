"""GitHub: which apps, tokens and keys hold which permissions, and on which repositories.

A record is an installation of a GitHub App, an app, a fine-grained personal access token or a request for
one, a credential authorised for single sign-on, an OAuth authorisation, a deploy key, or a repository that an
event lists beside an installation.
"""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import Field

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector, Gap
from blastradius.loaderkit.contract import Document, Loaded, Loader, Provenances
from blastradius.loaderkit.json_values import text
from blastradius.loaderkit.options import Name, Names
from blastradius.loaderkit.options import Options as Shape
from blastradius.loaderkit.validation import read_options
from blastradius.model import (
    Basis,
    Control,
    ControlKind,
    Credential,
    NoteKind,
    Operation,
    Party,
    Scope,
    Service,
    Store,
    Verb,
)

from .reading import Row, missing, recognises, rows

_ORGANISATION = re.compile(r"/organizations/(\d+)/")
_KEY_OF = re.compile(r"/repos/([^/?#]+/[^/?#]+)/keys/")
_KEY_OF_PERSON = re.compile(r"/user/keys/\d+$")
_REPOSITORY = re.compile(r"[^/\s]+/[^/\s]+")
_OF_ACCOUNT = ("organization_", "enterprise_", "members", "team_discussions")
_OPENS: dict[str, tuple[tuple[str, Verb], ...]] = {
    "contents:read": (("read contents", Verb.READS),),
    "contents:write": (("read contents", Verb.READS), ("write contents", Verb.WRITES)),
    "administration:write": (("administration", Verb.CONTROLS),),
}


class _Gap(Gap):
    """What answers of the API do not say of the things they name."""

    SELF = (NoteKind.ASSUMED, "accounts where apps are installed, taken as our own (option own)")
    PEOPLE = (NoteKind.ASSUMED, "people who hold tokens or keys, taken as our own (option parties)")
    PARTY = (NoteKind.INCOMPLETE, "apps whose party is not known (option parties)")
    SELECTED = (NoteKind.INCOMPLETE, "what is limited to selected repositories that are not all listed")
    ACCOUNT = (NoteKind.UNRESOLVED, "tokens that do not name the organisation they are for (option account)")
    HOLDER = (NoteKind.INCOMPLETE, "deploy keys, which do not say who holds them")
    RIGHTS = (NoteKind.ASSUMED, "credentials that may do what their user may, within their scopes")
    DATE = (NoteKind.UNSUPPORTED, "credentials whose end is not a date")


class Options(Shape):
    """The options of one file."""

    own: Names = Field(default=(), description="accounts that are ours; else those where apps are installed")
    parties: dict[Name, Name] = Field(
        default_factory=dict, description="which party an app (by id, slug or client id), an account or a person is"
    )
    account: Name | None = Field(default=None, description="the organisation that a list of tokens is for")
    as_of: Name | None = Field(default=None, description="the day from which an end date is past, as 2026-12-31")


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one answer or event.

    Raises:
        InputError: no answer or event of a known shape, or an option that does not fit.
    """
    chosen = read_options(Options, document, options)
    if not recognises(document.data):
        expected = "expected installations, apps, fine-grained tokens, authorisations or deploy keys"
        raise InputError([f"{document.path}: no answer of GitHub's API that says who holds what; {expected}"])
    return _RecordMapper(document, chosen).loaded()


class _RecordMapper:
    def __init__(self, document: Document, options: Options) -> None:
        self.collector = FactCollector("github_apps", document)
        self.options = options
        self.owned: set[str] = set()

    def loaded(self) -> Loaded:
        """All of it: what describes a thing first, then what refers to it."""
        handlers: dict[str, Callable[[Row, Provenances], None]] = {
            "app": self._app,
            "installation": self._installation,
            "repository": self._listed,
            "removed": lambda _, __: self.collector.ignore("repositories that were taken away from an installation"),
            "token": self._token,
            "request": lambda _, __: self.collector.ignore("requests for access that were not granted yet"),
            "authorized": self._authorized,
            "authorization": self._authorization,
            "deploy_key": self._deploy_key,
            "odd": lambda _, provenance: self.collector.reject(
                "not a record that GitHub's API has", provenance=provenance
            ),
        }
        by_kind: dict[str, list[Row]] = defaultdict(list)
        for row in rows(self.collector.document.data):
            by_kind[row.kind].append(row)
        for kind, handle in handlers.items():
            for row in by_kind[kind]:
                handle(row, self.collector.provenance(*row.keys))
        self.collector.note_gaps(_Gap)
        lacking = missing(self.collector.document.data)
        if lacking > 0:
            message = f"{lacking} installations are counted and not listed; load the further pages as well"
            self.collector.note(NoteKind.INCOMPLETE, message)
        return self.collector.loaded()

    # who

    def _named(self, provenance: Provenances, *names: str) -> str | None:
        """The party that option ``parties`` names."""
        return self.collector.party(self.options.parties, names, provenance)

    def _account(self, login: str, provenance: Provenances, *, installed: bool) -> str | None:
        """The party behind an account: ours where apps are installed, a partner's where one is published."""
        account = self._id("account", login)
        if account is None:
            return None
        declared = self._named(provenance, login)
        if declared:
            return declared
        ours = login in self.options.own if self.options.own else installed
        if ours and not self.options.own:
            self.collector.gaps[_Gap.SELF].add(account)
        role = {"role": "self"} if ours else {}
        return self.collector.keep(
            Party.model_validate({"id": account, "name": login, "provenance": provenance, **role})
        )

    def _person(self, login: str, provenance: Provenances) -> str | None:
        """Who holds a token or a key that opens something of ours."""
        person = self._id("user", login)
        if person is None:
            return None
        declared = self._named(provenance, login)
        if declared:
            return declared
        self.collector.gaps[_Gap.PEOPLE].add(person)
        return self.collector.keep(
            Party(id=person, name=login, role="self", basis=Basis.INFERRED, provenance=provenance)
        )

    def _app(self, row: Row, provenance: Provenances) -> None:
        """An app, with its publisher."""
        service = self._service("app", row.text("id"), self._label(row.attributes, provenance, "slug"), provenance)
        owner = row.text("owner", "login") or row.text("owner", "slug")
        party = self._named(provenance, row.text("id"), row.text("slug")) or self._account(
            owner, provenance, installed=False
        )
        if service is None or party is None:
            self.collector.reject("an app without a usable id or owner", provenance=provenance)
            return
        self.collector.relate(Verb.OWNS, party, service, provenance=provenance)
        self.owned.add(service)
        self.collector.fact()

    def _service(self, kind: str, app_id: str, name: str | None, provenance: Provenances) -> str | None:
        service = self._id(kind, app_id)
        return self.collector.keep(Service(id=service, name=name, provenance=provenance)) if service else None

    # what they hold

    def _installation(self, row: Row, provenance: Provenances) -> None:
        """An app in an account: it holds the permissions that the account gave it."""
        login = row.text("account", "login") or row.text("account", "slug") or row.text("target_id")
        slug = self._label(row.attributes, provenance, "app_slug")
        installation = self._id("installation", row.text("id"))
        permissions = list(_permissions(row.attributes["permissions"]))
        app = self._service("app", row.text("app_id"), slug, provenance) if installation and login else None
        if installation is None or app is None or self._account(login, provenance, installed=True) is None:
            self.collector.reject("an installation without a usable id, app or account", provenance=provenance)
            return
        self._owner(app, row, provenance)
        name = f"{slug} in {login}" if slug and self.collector.name(login) else None
        kept = Credential(
            id=installation, name=name, type="oauth_token", controls=_stopped(row, provenance), provenance=provenance
        )
        self.collector.relate(Verb.HOLDS, app, self.collector.keep(kept), provenance=provenance)
        limit = None if row.text("repository_selection") == "all" else f"installation/{row.text('id')}"
        self._granted(installation, login, limit, permissions, provenance)
        if limit and not isinstance(row.event.get("repositories"), list):
            self._opened(
                f"{limit}/*",
                [f"limited/{limit}"],
                f"repositories selected for {name or installation}",
                login,
                provenance,
            )
            self.collector.gaps[_Gap.SELECTED].add(installation)
        if limit is None:
            self._opened(f"{login}/*", [f"scope/{login}"], f"all repositories of {login}", login, provenance)
        self.collector.fact()

    def _owner(self, app: str, row: Row, provenance: Provenances) -> None:
        """The party of an app, as an option or an app's own record says it."""
        party = self._named(provenance, row.text("app_id"), row.text("app_slug"))
        if party:
            self.collector.relate(Verb.OWNS, party, app, provenance=provenance)
        elif app not in self.owned:
            self.collector.gaps[_Gap.PARTY].add(app)

    def _listed(self, row: Row, provenance: Provenances) -> None:
        """A repository that an event lists: what an installation on selected ones, or on all, can open."""
        name = row.text("full_name")
        installation = row.event["installation"]
        if not _REPOSITORY.fullmatch(name) or self._id("repository", name) is None:
            self.collector.reject("a repository without a usable name", provenance=provenance)
            return
        login = name.partition("/")[0]
        limits = [f"scope/{login}"]
        if text(installation, "repository_selection") != "all" and text(installation, "id"):
            limits.append(f"limited/installation/{text(installation, 'id')}")
        self._opened(name, limits, name, login, provenance)
        self.collector.fact()

    def _token(self, row: Row, provenance: Provenances) -> None:
        """A fine-grained personal access token: what one person may do in an organisation."""
        found = _ORGANISATION.search(row.text("repositories_url"))
        account = self.options.account or (f"organization-{found[1]}" if found else "")
        token = self._id("token", row.text("id"))
        person = self._person(row.text("owner", "login"), provenance) if token and account else None
        if token is None or person is None:
            self.collector.reject("a token without a usable id, owner or organisation", provenance=provenance)
            return
        if not self.options.account:
            self.collector.gaps[_Gap.ACCOUNT].add(token)
        never = "token_last_used_at" in row.attributes and row.attributes["token_last_used_at"] is None
        name = self._label(row.attributes, provenance, "token_name")
        ends = self._ends(
            token, row.text("token_expires_at"), provenance, ended=row.attributes.get("token_expired") is True
        )
        kept = Credential(id=token, name=name, type="api_key", dormant=never, **ends, provenance=provenance)
        self.collector.relate(Verb.HOLDS, person, self.collector.keep(kept), provenance=provenance)
        groups = row.attributes["permissions"] if isinstance(row.attributes["permissions"], dict) else {}
        selection = row.text("repository_selection")
        limit = None if selection == "all" else f"token/{row.text('id')}"
        for group, permissions in groups.items():
            of_repositories = group == "repository"
            if of_repositories and selection == "none":
                continue
            self._granted(token, account, limit if of_repositories else None, _permissions(permissions), provenance)
        if limit and selection != "none":
            self._opened(
                f"{limit}/*", [f"limited/{limit}"], f"repositories selected for {name or token}", account, provenance
            )
            self.collector.gaps[_Gap.SELECTED].add(token)
        elif limit is None:
            self._opened(f"{account}/*", [f"scope/{account}"], f"all repositories of {account}", account, provenance)
        self.collector.fact()

    def _authorized(self, row: Row, provenance: Provenances) -> None:
        """A classic token or an SSH key that a person may use past single sign-on."""
        key = self._id("authorized", row.text("credential_id"))
        person = self._person(row.text("login"), provenance) if key else None
        if key is None or person is None:
            self.collector.reject("an authorised credential without a usable id or person", provenance=provenance)
            return
        label = self._label(row.attributes, provenance, "authorized_credential_note", "authorized_credential_title")
        ends = self._ends(key, row.text("authorized_credential_expires_at"), provenance)
        ssh = "ssh" in row.text("credential_type").lower()
        kept = Credential(id=key, name=label, type="signing_key" if ssh else "api_key", **ends, provenance=provenance)
        self.collector.relate(Verb.HOLDS, person, self.collector.keep(kept), provenance=provenance)
        self._consented(key, row.text("login"), row.attributes.get("scopes"), provenance)
        self.collector.fact()

    def _authorization(self, row: Row, provenance: Provenances) -> None:
        """An OAuth app that a person let act for them; one person's own token where no app is named."""
        login = row.text("user", "login")
        key = self._id("authorization", row.text("id"))
        app = self._service(
            "oauth-app",
            row.text("app", "client_id"),
            self._label(row.attributes["app"], provenance, "name"),
            provenance,
        )
        if key is None or app is None:
            self.collector.reject("an authorisation without a usable id or app", provenance=provenance)
            return
        if row.text("token"):
            self.collector.secret(f"the token of {key!r}", provenance=provenance)
        party = self._named(provenance, row.text("app", "client_id"), row.text("app", "name"))
        if party:
            self.collector.relate(Verb.OWNS, party, app, provenance=provenance)
        else:
            self.collector.gaps[_Gap.PARTY].add(app)
        ends = self._ends(key, row.text("expires_at"), provenance)
        self.collector.relate(
            Verb.HOLDS,
            app,
            self.collector.keep(Credential(id=key, type="oauth_token", **ends, provenance=provenance)),
            provenance=provenance,
        )
        self._consented(key, login or "user", row.attributes.get("scopes"), provenance)
        self.collector.fact()

    def _consented(self, credential: str, login: str, scopes: Any, provenance: Provenances) -> None:
        """OAuth scopes, within which a credential may do what its user may."""
        names = [scope for scope in scopes if isinstance(scope, str)] if isinstance(scopes, list) else []
        for name in names:
            scope = self._id("oauth", login, name)
            if scope:
                made = Scope(id=scope, name=f"{name} for {login}", unknown=("permits",), provenance=provenance)
                self.collector.keep(made)
                self.collector.relate(Verb.GRANTS, credential, scope, provenance=provenance)
            else:
                self.collector.note(
                    NoteKind.UNSUPPORTED,
                    f"a scope of {credential!r} has no usable name; left out",
                    provenance=provenance,
                )
        self.collector.gaps[_Gap.RIGHTS].add(credential)

    def _deploy_key(self, row: Row, provenance: Provenances) -> None:
        """A key to one repository, whoever has it."""
        if _KEY_OF_PERSON.search(row.text("url")):
            self.collector.ignore("keys of a person's own, which open what that person may")
            return
        url = _KEY_OF.search(row.text("url"))
        name = text(row.event.get("repository"), "full_name") or (url[1] if url else "")
        key = self._id("deploy-key", row.text("id"))
        if key is None or not _REPOSITORY.fullmatch(name) or self._id("repository", name) is None:
            self.collector.reject("a deploy key without a usable id or repository", provenance=provenance)
            return
        revoked = _stopped(row, provenance)
        title = self._label(row.attributes, provenance, "title")
        self.collector.keep(Credential(id=key, name=title, type="signing_key", controls=revoked, provenance=provenance))
        self.collector.gaps[_Gap.HOLDER].add(key)
        login = name.partition("/")[0]
        limit = f"deploy-key/{row.text('id')}"
        level = "read" if row.attributes["read_only"] is True else "write"
        self._granted(key, login, limit, [f"contents:{level}"], provenance)
        self._opened(name, [f"limited/{limit}", f"scope/{login}"], name, login, provenance)
        self.collector.fact()

    # what that opens

    def _granted(
        self,
        credential: str,
        login: str,
        limit: str | None,
        permissions: Iterator[str] | list[str],
        provenance: Provenances,
    ) -> None:
        """Permissions on an account; those on repositories may be limited to some of them."""
        for permission in permissions:
            limited = limit if limit and not permission.startswith(_OF_ACCOUNT) else None
            scope = self._id("limited", limited, permission) if limited else self._id("scope", login, permission)
            if scope is None:
                self.collector.note(
                    NoteKind.UNSUPPORTED,
                    f"a permission of {credential!r} has no usable name; left out",
                    provenance=provenance,
                )
                continue
            where = f"{login}, some repositories" if limited else login
            self.collector.keep(Scope(id=scope, name=f"{permission} in {where}", provenance=provenance))
            self.collector.relate(Verb.GRANTS, credential, scope, provenance=provenance)

    def _opened(self, place: str, holders: list[str], name: str, login: str, provenance: Provenances) -> None:
        """What permissions on contents and administration open in a repository, or in several as one."""
        shown = name if self.collector.name(name) else place
        store = self._id("repository", place)
        for permission, effects in _OPENS.items() if store else ():
            scopes = [scope for holder in holders if (scope := self._told(holder, permission, provenance))]
            for words, verb in effects if scopes else ():
                operation = self._id("operation", place, words)
                if operation is None or store is None:
                    continue
                self.collector.keep(Store(id=store, name=shown, provenance=provenance))
                made = Operation(id=operation, name=f"{words} of {shown}", api=f"github/{login}", provenance=provenance)
                self.collector.relate(verb, self.collector.keep(made), store, provenance=provenance)
                for scope in scopes:
                    self.collector.relate(Verb.PERMITS, scope, operation, provenance=provenance)

    def _told(self, holder: str, permission: str, provenance: Provenances) -> str | None:
        """A scope that can open a place; one on a whole account is told anyway, as another file may grant it."""
        kind, _, where = holder.partition("/")
        scope = self._id(holder, permission)
        if scope and kind == "scope":
            self.collector.keep(
                Scope(id=scope, name=f"{permission} in {where}", basis=Basis.INFERRED, provenance=provenance)
            )
        return scope if scope in self.collector.entities else None

    # words

    def _ends(self, credential: str, declared: str, provenance: Provenances, *, ended: bool = False) -> dict[str, Any]:
        """The day a credential ends, and that it has, where the file or the day asked about says so."""
        try:
            day = datetime.date.fromisoformat(declared[:10]).isoformat() if declared else None
        except ValueError:
            self.collector.gaps[_Gap.DATE].add(credential)
            day = None
        past = day is not None and self.options.as_of is not None and day < self.options.as_of
        why = f"ended on {day}" if day else "said to have ended"
        controls = (Control(kind=ControlKind.EXPIRED, why=why, provenance=provenance),) if ended or past else ()
        return {"expires": day, "controls": controls} if day else {"controls": controls}

    def _id(self, *parts: str) -> str | None:
        """An id that begins with the kind of thing, so that no two kinds can have the same."""
        return self.collector.name(f"github:{'/'.join(parts)}") if all(parts) else None

    def _label(self, attributes: Any, provenance: Provenances, *names: str) -> str | None:
        """A display name, unless it could do harm or looks like a secret."""
        label = next(filter(None, (text(attributes, name) for name in names)), "")
        return self.collector.label(label, f"a {names[0]}", provenance=provenance)


def _permissions(value: Any) -> Iterator[str]:
    """``contents:write`` for each permission and its level."""
    for name, level in value.items() if isinstance(value, dict) else ():
        if isinstance(level, str) and level.strip():
            yield f"{name}:{level.strip()}"


def _stopped(row: Row, provenance: Provenances) -> tuple[Control, ...]:
    """Why an installation or a key opens nothing any more."""
    action = row.event.get("action")
    if action == "deleted":
        why = "deleted"
    elif row.attributes.get("suspended_at"):
        why = "suspended"
    elif row.attributes.get("enabled") is False:
        why = "not enabled"
    else:
        return ()
    return (Control(kind=ControlKind.REVOKED, why=why, provenance=provenance),)


LOADER = Loader(
    name="github_apps",
    title="GitHub installations, tokens and keys (JSON)",
    suffixes=(".json",),
    recognises=recognises,
    load=load,
    reads="GitHub App installations and their permissions, apps, fine-grained tokens, authorisations, deploy keys",
    maps=(
        ("GitHub App, OAuth app", "service, owned by its publisher"),
        ("installation", "credential that the app holds"),
        ("account with an installation", "party, taken as ourselves"),
        ("permission with its level", "scope that the credential grants, for all or for the selected repositories"),
        ("contents, administration", "scope permits operations that read, write or control the repository"),
        ("repository", "store; all of an account, or those selected, as one where they are not listed"),
        ("fine-grained token, authorised token or SSH key", "credential that the person holds"),
        (
            "OAuth authorisation",
            "credential that the app holds; its scopes are granted, of which is unknown what they permit",
        ),
        ("deploy key", "credential that grants contents of its repository"),
        ("suspended, deleted, not enabled", "control revoked"),
        ("end in the past", "control expired"),
    ),
    infers_not=(
        "who publishes an app that is installed (option parties, or the app's own record)",
        "which accounts are ours (option own)",
        "which organisation a list of tokens is for (option account)",
        "which repositories are selected, where the answer does not list them",
        "what permissions other than contents and administration open",
        "what a user may do, within which OAuth scopes are limited",
        "who holds a deploy key",
    ),
    options=Options,
)
