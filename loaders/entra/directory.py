"""What ids stand for in an Entra tenant: apps, resources, the names of permissions, the tenant itself."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar

from blastradius.errors import InputError

from .reading import Export, Record, lower

Thing = TypeVar("Thing")

_RESOURCES = {
    "00000003-0000-0000-c000-000000000000": ("microsoft-graph", "Microsoft Graph"),
    "00000002-0000-0000-c000-000000000000": ("azure-ad-graph", "Windows Azure Active Directory"),
    "00000002-0000-0ff1-ce00-000000000000": ("exchange-online", "Office 365 Exchange Online"),
    "00000003-0000-0ff1-ce00-000000000000": ("sharepoint-online", "Office 365 SharePoint Online"),
    "c5393580-f805-4401-95e8-94b7a6ef2fc2": ("office-365-management", "Office 365 Management APIs"),
    "797f4846-ba00-4fd7-ba43-dac1f8f63013": ("azure-management", "Windows Azure Service Management API"),
    "00000009-0000-0000-c000-000000000000": ("power-bi", "Power BI Service"),
    "00000007-0000-0000-c000-000000000000": ("dataverse", "Dataverse"),
    "475226c6-020e-4fb2-8a90-7a972cbfc1d4": ("powerapps", "PowerApps Service"),
    "7df0a125-d3be-4c96-aa54-591f83ff541c": ("power-automate", "Microsoft Flow Service"),
}
_BY_NAME = {name: key for key, name in _RESOURCES.values()}
_OF_GRAPH = frozenset(
    {
        "e1fe6dd8-ba31-4d61-89e7-88639da4683d",  # User.Read, delegated
        "df021288-bdef-4463-88db-98f22de89214",  # User.Read.All, application
        "7ab1d382-f21e-4acd-a863-ba3e13f7da61",  # Directory.Read.All, application
    }
)
DIRECTORY_ROLES = {
    "62e90394-69f5-4237-9190-012177145e10": "Global Administrator",
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451": "Global Reader",
    "e8611ab8-c189-46e8-94e1-60213ab1f814": "Privileged Role Administrator",
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13": "Privileged Authentication Administrator",
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": "Application Administrator",
    "158c047a-c907-4556-b7ef-446551a6b5f7": "Cloud Application Administrator",
    "fe930be7-5e62-47db-91af-98c3a49a38b1": "User Administrator",
    "29232cdf-9323-42fd-ade2-1d097af3e4de": "Exchange Administrator",
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c": "SharePoint Administrator",
    "194ae4cb-b126-40b2-bd5b-6091b380977d": "Security Administrator",
    "88d8e3e3-8f55-4a1e-953a-9b9898b8876b": "Directory Readers",
    "9360feb5-f418-4baa-8175-e2a00bac4301": "Directory Writers",
}
_PLAIN = re.compile(r"[\w.-]{1,100}", re.ASCII)
SECRETS = ("password", "key", "federated")


def resource_of(app_id: str) -> str:
    """The name that scopes of a resource begin with; Microsoft's own resources have words for it."""
    return _RESOURCES.get(app_id, (f"entra:api:{app_id}",))[0]


def service_of(object_id: str) -> str | None:
    """The id of an app by its service principal's, if that is one: no other id of ours can then be the same."""
    return f"entra:sp:{object_id}" if _PLAIN.fullmatch(object_id) else None


def word_of(kind: str) -> str:
    """The one word for a permission's type: ``application``, or ``delegated`` by a user."""
    return "delegated" if kind.strip().lower() in ("delegated", "scope", "_excludeddelegated") else "application"


class Directory:
    """All records at hand, by the ids that other records name; the loaded file's own come first."""

    def __init__(self, exports: Iterable[Export], resource: str | None) -> None:
        self.stated_resource = resource
        self.principals: dict[str, Record] = {}
        self.by_app: dict[str, Record] = {}
        self.registrations: dict[str, Record] = {}
        self.tenants: list[Record] = []
        self.publishers: dict[str, set[str]] = defaultdict(set)
        self.secrets: dict[str, list[Record]] = defaultdict(list)
        self.names: dict[tuple[str, str, str], str] = {}
        self._registered: dict[str, Record] = {}
        self._shown: dict[str, str] = {}
        all_of = list(exports)
        for export in all_of:
            for record in export.records:
                self._index(record)
        for export in all_of:
            self._name(export)

    def service(self, record: Record | None) -> str | None:
        """The id of the app that a record describes: by its service principal, else by its application id."""
        if record is None:
            return None
        best = self.described(record)
        object_id = best.id("id", "objectid") if best.kind in ("principal", "privileged") else ""
        return service_of(object_id) or (
            f"entra:app:{best.id('appid')}" if _PLAIN.fullmatch(best.id("appid")) else None
        )

    def described(self, record: Record) -> Record:
        """The record that describes an app best: its service principal, else what names it."""
        object_id = record.id("id", "objectid")
        if record.kind == "owner":
            record = self._registered.get(object_id, record)
        if record.kind in ("owner", "privileged"):
            return self.principals.get(object_id, record)
        return record if record.kind == "principal" and object_id else self.by_app.get(record.id("appid"), record)

    def registered(self, record: Record) -> bool:
        """Whether an app is registered in the tenant itself."""
        declared = record.kind == "application" or record.attributes.get("registered") is True
        return declared or record.id("appid") in self.registrations

    def resource(self, record: Record) -> str | None:
        """Which resource an assignment, a grant or a permission is of; ``None`` where nothing at hand says so."""
        if record.of is not None and record.kind in ("role", "delegated"):
            app_id = self.described(record.of).id("appid")
            return resource_of(app_id) if app_id else None
        object_id = record.id("resourceid")
        known = self.principals.get(object_id)
        app_id = record.id("resourceappid") or (known.id("appid") if known else "")
        return resource_of(app_id) if app_id else self._shown.get(object_id) or self.named(record)

    def named(self, record: Record) -> str | None:
        """The resource by the display name that a record gives, for Microsoft's own."""
        return _BY_NAME.get(record.text("resourcedisplayname", "applicationdisplayname"))

    def bare(self, export: Export) -> str:
        """Whose permissions a bare list of them is: as stated, or Microsoft Graph's by ids that only it has."""
        if self.stated_resource:
            declared = self.stated_resource
            return _BY_NAME.get(declared) or (
                declared if declared in _BY_NAME.values() else resource_of(declared.lower())
            )
        bare = [record for record in export.records if record.kind in ("role", "delegated") and record.of is None]
        if any(item.id("id") in _OF_GRAPH for item in bare):
            return "microsoft-graph"
        raise InputError(
            [
                f"{bare[0].document.path}: permissions of a resource that is not named; "
                "say which with option resource (an application id, or a name such as 'Microsoft Graph')"
            ]
        )

    def _index(self, record: Record) -> None:
        object_id, app_id = record.id("id", "objectid"), record.id("appid")
        if record.kind == "principal":
            _first(self.principals, object_id, record)
            _first(self.by_app, app_id, record)
            name = lower(record.attributes.get("verifiedpublisher")).get("displayname")
            if isinstance(name, str) and name.strip():
                self.publishers[record.owner].add(name.strip())
        elif record.kind == "application":
            _first(self.registrations, app_id, record)
            _first(self._registered, object_id, record)
        elif record.kind == "tenant":
            self.tenants.append(record)
        elif record.kind == "assignment":
            _first(self._shown, record.id("resourceid"), self.named(record))

    def _name(self, export: Export) -> None:
        bare = None
        for record in export.records:
            if record.kind in ("role", "delegated"):
                if record.of is None:
                    bare = bare or self.bare(export)
                resource = bare if record.of is None else self.resource(record)
                word = "application" if record.kind == "role" else "delegated"
                self.names.setdefault((resource or "", word, record.id("id")), record.text("value"))
            elif record.kind == "named" and self.resource(record):
                key = (self.resource(record) or "", word_of(record.text("roletype")), record.id("roleid"))
                self.names.setdefault(key, record.text("roledisplayname"))
            elif record.kind in SECRETS:
                service = self.service(record.of)
                if service:
                    self.secrets[service].append(record)


def _first(known: dict[str, Thing], key: str, value: Thing | None) -> None:
    """Keep the first that is said of an id, where there is one."""
    if key and value is not None:
        known.setdefault(key, value)
