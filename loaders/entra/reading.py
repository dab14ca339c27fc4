"""Exports of Microsoft Entra in their own words: which record each thing is, and where it stands.

Rests on Microsoft Graph v1.0: the resources servicePrincipal, application, appRoleAssignment, oAuth2PermissionGrant and
unifiedRoleAssignment.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Document, Provenances
from blastradius.loaderkit.json_values import Keys
from blastradius.model import placed
from blastradius.reading import parse_document

Raw = dict[str, Any]
_LOOKED_AT = 20
_GUID = re.compile(r"\s*[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\s*", re.IGNORECASE)
_MILLISECONDS = re.compile(r"\\?/Date\((-?\d{1,15})(?:[+-]\d{4})?\)\\?/")
_OWN_APPS = frozenset({"risky_applications", "dedicated_exchange_hybrid_applications"})
_REPORTED_APPS = _OWN_APPS | {"risky_third_party_service_principals", "legacy_exchange_service_principal"}
_OFF = {
    "deleteddatetime": "it is deleted",
    "deletiontimestamp": "it is deleted",
    "disabledbymicrosoftstatus": "Microsoft disabled it",
}
_HOUND = {
    "azserviceprincipal": "principal",
    "azapp": "application",
    "azapproleassignment": "assignment",
    "aztenant": "tenant",
}
_OFFERS = frozenset({"approles", "oauth2permissionscopes"})
_REPORT = _REPORTED_APPS | {"privileged_service_principals", "tenant_details"}
_COLLECTIONS = {
    "serviceprincipals": "principal",
    "applications": "application",
    "oauth2permissiongrants": "grant",
    "approleassignments": "assignment",
    "approleassignedto": "assignment",
    "federatedidentitycredentials": "federated",
    "approles": "role",
    "oauth2permissionscopes": "delegated",
    "organization": "tenant",
    "roleassignments": "directory",
}
_INSIDE = {
    "passwordcredentials": "password",
    "keycredentials": "key",
    "federatedidentitycredentials": "federated",
    "federatedcredentials": "federated",
    "approles": "role",
    "oauth2permissionscopes": "delegated",
    "publishedpermissionscopes": "delegated",
    "approleassignments": "assignment",
    "approleassignedto": "assignment",
    "oauth2permissions": "delegated",
    "oauth2permissiongrants": "grant",
    "permissions": "consent",
    "riskypermissions": "consent",
}
_MARKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("grant", ("clientid", "scope", "consenttype resourceid")),
    ("assignment", ("approleid", "resourceid resourcedisplayname principalid")),
    ("assignment", ("resourceid", "principalid", "principaltype", "objectid", "id")),
    ("directory", ("roledefinitionid", "principalid", "directoryscopeid appscopeid")),
    ("federated", ("issuer", "subject claimsmatchingexpression", "audiences")),
    ("role", ("allowedmembertypes", "value", "id")),
    ("delegated", ("adminconsentdisplayname adminconsentdescription", "value", "id")),
    ("named", ("roleid", "roledisplayname")),
    ("reported", ("appid", "permissions riskypermissions")),
    ("principal", ("appid", "serviceprincipaltype appownerorganizationid serviceprincipalnames")),
    ("application", ("appid", "requiredresourceaccess identifieruris publisherdomain isfallbackpublicclient")),
    ("principal", ("appid", "id objectid", "displayname")),
    ("tenant", ("verifieddomains", "displayname", "id")),
)


@dataclass(frozen=True)
class Record:
    """One record: its kind, what it says (keys in lower case), its place, and what it stands inside of."""

    kind: str
    attributes: Raw
    keys: Keys
    document: Document
    of: Record | None = None

    def text(self, *names: str) -> str:
        """The first of these that is said as text or as a number; empty where none is."""
        for name in names:
            value = self.attributes.get(name)
            if isinstance(value, str) and value.strip():
                return value.strip()
            if isinstance(value, int) and not isinstance(value, bool):
                return str(value)
        return ""

    def id(self, *names: str) -> str:
        """The same for an id, which has no case."""
        return self.text(*names).lower()

    def says_no(self, name: str) -> bool:
        """Whether it says false, also where that is written as text."""
        return str(self.attributes.get(name)).lower() == "false"

    def says_yes(self, name: str) -> bool:
        """Whether it says true, also where that is written as text."""
        return str(self.attributes.get(name)).lower() == "true"

    @property
    def owner(self) -> str:
        """The tenant that publishes an app; older services call it so too."""
        return self.id("appownerorganizationid", "appownertenantid")

    @property
    def off(self) -> str:
        """Why an app cannot be used; empty where it can."""
        if self.says_no("accountenabled"):
            return "the service principal is disabled"
        declared = {name: self.text(name) for name in _OFF}
        return next((_OFF[name] for name, value in declared.items() if value not in ("", "NotDisabled")), "")

    @cached_property
    def provenance(self) -> Provenances:
        """The place of the record."""
        line, column = self.document.position(*self.keys)
        return (placed("entra", self.document.path, line, column),)


@dataclass(frozen=True)
class Export:
    """One file: its records, whether it says that there is a further page, its own date, and what it failed to read."""

    records: tuple[Record, ...]
    more: bool = False
    as_of: str | None = None
    failed: tuple[str, ...] = ()


def lower(value: Any) -> Raw:
    """A mapping with its keys in lower case: the service writes ``appId``, PowerShell ``AppId``."""
    return {str(key).lower(): item for key, item in value.items()} if isinstance(value, dict) else {}


def day(value: Any) -> str | None:
    """The day of a date as text: from ISO 8601, or from ``/Date(milliseconds)/``."""
    if not isinstance(value, str):
        return None
    found = _MILLISECONDS.fullmatch(value.strip())
    try:
        if found:
            epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
            return (epoch + datetime.timedelta(milliseconds=int(found[1]))).date().isoformat()
        return datetime.date.fromisoformat(value.strip()[:10]).isoformat()
    except (ValueError, OverflowError):
        return None


# which file it is


def recognises(data: Any) -> bool:
    """Whether a document is an export of Microsoft Entra, Microsoft Graph or ScubaGear."""
    return _shape(data) is not None


def read(document: Document) -> Export:
    """The records of a file.

    Raises:
        InputError: the file is none of the known exports.
    """
    shape = _shape(document.data)
    if shape is None:
        expected = (
            "expected pages or lists of the Graph API (servicePrincipals, applications, oauth2PermissionGrants, "
            "appRoleAssignments), a table of permissions, or ScubaGear's ProviderSettingsExport"
        )
        raise InputError([f"{document.path}: no export of Microsoft Entra is recognised; {expected}"])
    records = tuple(_READERS[shape](document))
    report = lower(document.data) if shape == "report" else {}
    failed = tuple(name for _, name in listed(report.get("aad_unsuccessful_commands"), ()) if isinstance(name, str))
    return Export(records, _has_more(document.data), day(report.get("timestamp_zulu")), failed)


def kind_of(low: Raw) -> str | None:
    """Which record a mapping is, by the fields that tell."""
    for kind, needs in _MARKS:
        if all(any(name in low for name in need.split()) for need in needs):
            return kind if "appid" not in needs or _GUID.fullmatch(str(low["appid"])) else None
    return None


def _shape(data: Any) -> str | None:
    if isinstance(data, list):
        return "items" if any(_any_known(item) or _is_page(lower(item)) for item in data[:_LOOKED_AT]) else None
    low = lower(data)
    tests = (
        ("report", low.keys() & _REPORT),
        ("risks", isinstance(low.get("permissions"), dict) and _by_guid(low.get("resources"))),
        ("offers", _by_guid(low) and any(_OFFERS & lower(item).keys() for item in low.values())),
        ("hound", any(_is_hounds(datum) for datum in _some(low.get("data")))),
        ("batch", any(_is_page(lower(lower(response).get("body"))) for response in _some(low.get("responses")))),
        ("items", kind_of(low)),
        ("page", _is_page(low)),
        ("collections", any(map(_is_collection, (low[name] for name in low.keys() & _COLLECTIONS.keys())))),
    )
    return next((shape for shape, holds in tests if holds), None)


def _some(value: Any) -> list[Any]:
    return value[:_LOOKED_AT] if isinstance(value, list) else []


def _is_hounds(item: Any) -> bool:
    """Whether an item is one that AzureHound collects: a record with its kind beside it."""
    low = lower(item)
    return str(low.get("kind")).lower() in _HOUND and isinstance(low.get("data"), dict)


def _by_guid(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(_GUID.fullmatch(str(key)) for key in value)


def _is_page(low: Raw) -> bool:
    return "value" in low and not kind_of(low) and (_context(low) is not None or _any_known(low["value"]))


def _is_collection(value: Any) -> bool:
    return _is_page(lower(value)) or _any_known(value)


def _any_known(value: Any) -> bool:
    return any(kind_of(lower(item)) for _, item in listed(value, ())[:_LOOKED_AT])


def _context(low: Raw) -> tuple[str, str] | None:
    """What a page says it is a page of: the kind of its items, and the object they belong to, if one."""
    declared = low.get("@odata.context")
    path = declared.partition("#")[2] if isinstance(declared, str) else ""
    parts = [word for word in re.sub(r"\([^)]*\)", "", path).split("/") if word and word != "$entity"]
    kind = _COLLECTIONS.get(parts[-1].lower()) if parts else None
    owner = re.search(r"\('([^']*)'\)/", path)
    return (kind, owner[1] if owner else "") if kind else None


def _has_more(data: Any) -> bool:
    """Whether the last of several pages, or one of several collections, names a page after it."""
    pages = data[-1:] if isinstance(data, list) else [data, *lower(data).values()]
    links = ("@odata.nextlink", "odata.nextlink", "nextlink")
    return any(isinstance(lower(page).get(link), str) for page in pages for link in links)


# its records


def listed(value: Any, keys: Keys) -> list[tuple[Keys, Any]]:
    """The items of a collection: a list, a page, one item alone, JSON inside a string, or nothing."""
    value = _unpacked(value)
    low = lower(value)
    if "value" in low and (low.keys() <= {"value", "count"} or _context(low)):
        value, keys = _unpacked(low["value"]), (*keys, _spelled(value, "value"))
    if isinstance(value, list):
        return [((*keys, number), _unpacked(item)) for number, item in enumerate(value) if item is not None]
    return [] if value is None or value in ("", {}) else [(keys, value)]


def _unpacked(value: Any) -> Any:
    """The value, or the JSON inside a string, read with the limits that hold for a file."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return parse_document(value, "text", ".json").data
        except InputError:
            return value
    return value


def _spelled(raw: Any, name: str) -> str:
    """A key as the file spells it, for its position."""
    return next((key for key in raw if str(key).lower() == name), name)


def _record(kind: str, value: Any, keys: Keys, document: Document, of: Record | None = None) -> Record:
    return Record(kind if isinstance(value, dict) else "odd", lower(value), keys, document, of)


def _page(document: Document, page: Any = None, place: Keys = ()) -> Iterator[Record]:
    page = document.data if page is None else page
    context = _context(lower(page))
    owner = Record("owner", {"id": context[1]}, place, document) if context and context[1] else None
    for keys, item in listed(lower(page).get("value"), (*place, _spelled(page, "value"))):
        yield from _item(item, keys, document, context[0] if context else None, owner)


def _collections(document: Document) -> Iterator[Record]:
    for name, value in document.data.items():
        kind = _COLLECTIONS.get(str(name).lower())
        for keys, item in listed(value, (name,)) if kind else ():
            yield from _item(item, keys, document, kind)
        if not kind and value and isinstance(value, (list, dict)):
            yield Record("section", {}, (name,), document)


def _items(document: Document) -> Iterator[Record]:
    """One record, a list of records, or a list of pages or lists, as pages are joined on the command line."""
    for keys, datum in listed(document.data, ()):
        if _is_page(lower(datum)):
            yield from _page(document, datum, keys)
        else:
            for place, inner in listed(datum, keys) if isinstance(datum, list) else [(keys, datum)]:
                yield from _item(inner, place, document)


def _batch(document: Document) -> Iterator[Record]:
    """The answers to a batch of requests; one that is no page was refused."""
    name = _spelled(document.data, "responses")
    for keys, datum in listed(document.data[name], (name,)):
        body = _spelled(datum, "body") if isinstance(datum, dict) else ""
        inner = datum.get(body) if body else None
        if _is_page(lower(inner)):
            yield from _page(document, inner, (*keys, body))
        else:
            yield from _item(inner, (*keys, body), document)


def _hound(document: Document) -> Iterator[Record]:
    """What AzureHound collects: records as the Graph API has them, of which the tenant's own and apps are read."""
    name = _spelled(document.data, "data")
    for keys, datum in listed(document.data[name], (name,)):
        low = lower(datum)
        kind, inner = _HOUND.get(str(low.get("kind")).lower()), lower(low.get("data"))
        if kind is None or (kind == "tenant" and str(inner.get("collected")).lower() != "true"):
            yield Record("other" if isinstance(low.get("kind"), str) else "odd", {}, keys, document)
        else:
            place = _spelled(datum, "data")
            yield from _item(datum.get(place), (*keys, place), document, kind)


def _item(
    value: Any, keys: Keys, document: Document, expected: str | None = None, of: Record | None = None
) -> Iterator[Record]:
    """A record of a list, and the records inside it."""
    low = lower(value)
    kind = "removed" if "@removed" in low else kind_of(low) or (expected if low else None) or "odd"
    if kind == "reported":
        yield from _reported(value, keys, document, own="ismultitenantenabled" in low)
    else:
        record = _record(kind, value, keys, document, of)
        yield record
        yield from _inside(record, value)


def _inside(record: Record, raw: Any) -> Iterator[Record]:
    if record.kind not in ("principal", "application"):
        return
    exposed = next((key for key in raw if str(key).lower() == "api" and isinstance(raw[key], dict)), None)
    for outer, fields in (((), raw), ((exposed,), raw[exposed])) if exposed else (((), raw),):
        for name, value in fields.items():
            kind = _INSIDE.get(str(name).lower())
            for keys, item in listed(value, (*record.keys, *outer, name)) if kind else ():
                yield _record(kind or "", item, keys, record.document, record)
    name = _spelled(raw, "requiredresourceaccess")
    for keys, item in listed(raw.get(name), (*record.keys, name)):
        inner = _spelled(item, "resourceaccess") if isinstance(item, dict) else ""
        for place, request in listed(item.get(inner), (*keys, inner)) if inner else ():
            yield _record("request", request, place, record.document, record)


# ScubaGear's report and the tables


def _report(document: Document) -> Iterator[Record]:
    for name, value in document.data.items():
        section = str(name).lower()
        if section in _REPORTED_APPS:
            for keys, item in listed(value, (name,)):
                wrapped = _spelled(item, "apps") if "apps" in lower(item) else None
                for place, app in listed(item[wrapped], (*keys, wrapped)) if wrapped else [(keys, item)]:
                    yield from _reported(app, place, document, own=section in _OWN_APPS)
        elif section == "privileged_service_principals":
            for key in value if isinstance(value, dict) else ():
                record = _record("privileged", value[key], (name, key), document)
                record.attributes["id"] = record.attributes.get("serviceprincipalid")
                yield record
        elif section == "tenant_details":
            yield from (_record("tenant", item, keys, document) for keys, item in listed(value, (name,)))
        else:
            yield Record("section", {}, (name,), document)


def _reported(value: Any, keys: Keys, document: Document, *, own: bool) -> Iterator[Record]:
    """An app as ScubaGear reports it: application and service principal in one."""
    low = lower(value)
    ids = _unpacked(low.get("objectid"))
    object_id = lower(ids).get("serviceprincipal") if isinstance(ids, dict) else None if own else ids
    record = _record("principal" if object_id else "application", value, keys, document)
    record.attributes.update(id=object_id, registered=own)
    yield record
    yield from _inside(record, value)


def _risks(document: Document) -> Iterator[Record]:
    """CISA's table of risky permissions: by the resource's name, by type, by the permission's id."""
    low = lower(document.data)
    app_ids = {str(name): app_id for app_id, name in low["resources"].items()}
    root = _spelled(document.data, "permissions")
    for resource, types in low["permissions"].items():
        for word, table in types.items() if isinstance(types, dict) else ():
            typed = isinstance(table, dict) and "name" not in lower(table)
            for guid, item in table.items() if typed else ((word, table),):
                attributes = lower(item) if isinstance(item, dict) else {"name": item}
                about = {"roleid": guid, "roletype": word if typed else "Application"}
                about |= {"resourcedisplayname": resource, "resourceappid": app_ids.get(resource)}
                about |= {"roledisplayname": attributes.get("name"), "risk": attributes.get("risklevel")}
                yield Record("named", about, (root, resource, *((word,) if typed else ()), guid), document)


def _offers(document: Document) -> Iterator[Record]:
    """What each resource offers, by the resource's application id."""
    for app_id, value in document.data.items():
        if not isinstance(value, dict):
            yield Record("odd", {}, (app_id,), document)
            continue
        resource = Record("resource", {"appid": app_id}, (app_id,), document)
        for name, collection in value.items():
            kind = _INSIDE.get(str(name).lower()) if str(name).lower() in _OFFERS else None
            for keys, item in listed(collection, (app_id, name)) if kind else ():
                yield _record(kind or "", item, keys, document, resource)


_READERS: dict[str, Callable[[Document], Iterator[Record]]] = {
    "report": _report,
    "page": _page,
    "collections": _collections,
    "items": _items,
    "hound": _hound,
    "batch": _batch,
    "risks": _risks,
    "offers": _offers,
}
