"""A Kong declarative configuration in its own terms: a flat list of entities, each knowing what it stands in.

Rests on decK's declarative configuration, ``_format_version`` 1.x to 3.x, and on the entities of Kong's Admin API.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Provenances
from blastradius.loaderkit.json_values import Keys
from blastradius.model import NoteKind, placed

CREDENTIALS = {
    "keyauth_credentials": "key-auth",
    "keyauth_enc_credentials": "key-auth-enc",
    "basicauth_credentials": "basic-auth",
    "hmacauth_credentials": "hmac-auth",
    "jwt_secrets": "jwt",
    "oauth2_credentials": "oauth2",
    "mtls_auth_credentials": "mtls-auth",
}
"""Where credentials stand, with the plug-in that checks them."""

_NESTED = {
    "services": ("routes", "plugins", "filter_chains"),
    "routes": ("plugins", "filter_chains"),
    "consumers": ("acls", "groups", "plugins", *CREDENTIALS),
    "consumer_groups": ("consumers", "plugins"),
    "upstreams": ("targets",),
    "certificates": ("snis",),
}
_TELLING = {
    "services": {"host", "url", "routes"},
    "routes": {"hosts", "paths", "methods", "expression"},
    "consumers": {"username", "custom_id"},
    "upstreams": {"targets"},
}
"""What entities of a collection say that tells them as Kong's."""
_COLLECTIONS = {
    *(*_NESTED, *(inner for nested in _NESTED.values() for inner in nested)),
    *("ca_certificates", "vaults", "keys", "key_sets", "partials", "licenses", "rbac_roles", "custom_entities"),
}
_SINGULAR = {
    "services": "service",
    "routes": "route",
    "consumers": "consumer",
    "consumer_groups": "consumer_group",
    "upstreams": "upstream",
    "certificates": "certificate",
}
_NAMES = ("name", "username", "custom_id", "id")
_VERSION = re.compile(r"[123](\.\d)?")


@dataclass(frozen=True)
class Record:
    """One entity of the configuration: which collection it is of, what it says, and what it is nested in."""

    kind: str
    keys: Keys
    attributes: dict[str, Any]
    provenance: Provenances
    parent: Record | None = None

    @property
    def enabled(self) -> bool:
        """Whether it is not switched off."""
        return self.attributes.get("enabled") not in (False, "false", "False")

    @property
    def names(self) -> tuple[str, ...]:
        """All it can be referred to by, the most telling first."""
        declared = (self.attributes.get(name) for name in _NAMES)
        return tuple(str(item) for item in declared if isinstance(item, (str, int)) and str(item).strip())

    def reference(self, kind: str) -> Any:
        """What it says it belongs to, of the collection ``kind``: nested in it or by reference."""
        if self.parent is not None and self.parent.kind == kind:
            return self.parent
        return self.attributes.get(_SINGULAR[kind])


@dataclass
class Configuration:
    """All that was read."""

    records: list[Record] = field(default_factory=list)
    shared: dict[str, dict[str, Any]] = field(default_factory=dict)

    def of(self, kind: str) -> Iterator[Record]:
        """The records of one collection."""
        return (record for record in self.records if record.kind == kind)

    def add(self, other: Configuration) -> None:
        """What another file of the same gateway has as well."""
        self.records += other.records
        self.shared = {**other.shared, **self.shared}


def recognises(data: Any) -> bool:
    """Whether a document says it is a declarative configuration of Kong, or has nothing but Kong's entities."""
    return isinstance(data, dict) and ("_format_version" in data or _is_unmarked(data))


def _is_unmarked(data: dict[str, Any]) -> bool:
    """Whether it is a configuration without its version, as decK takes them as well."""
    if not all(key.startswith("_") or key in _COLLECTIONS for key in data):
        return False
    listed = {kind: data[kind] for kind in _TELLING if isinstance(data.get(kind), list)}
    return any(
        isinstance(item, dict) and _TELLING[kind] & item.keys() for kind, some in listed.items() for item in some
    )


def read(document: Document, collector: FactCollector) -> Configuration:
    """Read a configuration; what is no entity where one is expected is rejected.

    Raises:
        InputError: no declarative configuration, or of a version that is not known.
    """
    data = document.data
    if not recognises(data):
        raise InputError([f"{document.path}: no '_format_version'; expected a declarative configuration of Kong"])
    if "_format_version" not in data:
        collector.note(NoteKind.ASSUMED, "no '_format_version'; taken as a configuration of Kong by what it has")
    elif not _VERSION.fullmatch(version := str(data["_format_version"])):
        line, column = document.position("_format_version")
        raise InputError(
            [f"{document.path}:{line}:{column}: format version {version[:20]!r}; read are 1.1, 2.1 and 3.0"]
        )
    found = Configuration()
    shared = data.get("_plugin_configs")
    if isinstance(shared, dict):
        found.shared = {name: config for name, config in shared.items() if isinstance(config, dict)}
    for kind, value in data.items():
        if not kind.startswith("_"):
            found.records += _Lists(document, collector).listed(kind, (kind,), value, None)
    return found


@dataclass(frozen=True)
class _Lists:
    """The entities in the lists of a document."""

    document: Document
    collector: FactCollector

    def listed(self, kind: str, keys: Keys, value: Any, parent: Record | None) -> Iterator[Record]:
        """The records of one list and of the lists nested in them; one that stands alone counts as a list of one."""
        if isinstance(value, list):
            for number, item in enumerate(value):
                yield from self._one(kind, (*keys, number), item, parent)
        elif value is not None:
            yield from self._one(kind, keys, value, parent)

    def _one(self, kind: str, keys: Keys, value: Any, parent: Record | None) -> Iterator[Record]:
        line, column = self.document.position(*keys)
        place = placed(self.collector.source, self.document.path, line, column)
        if isinstance(value, str) and kind == "consumers" and parent is not None:
            value = {"username": value}
        if not isinstance(value, dict):
            self.collector.reject("an entity is not a mapping", provenance=(place,))
            return
        made = Record(kind, keys, value, (place,), parent)
        yield made
        inner = () if kind == "consumers" and parent is not None else _NESTED.get(kind, ())
        for name in inner:
            yield from self.listed(name, (*keys, name), value.get(name), made)


@dataclass
class Index:
    """Finds an entity by any of its names; of two with one name the first."""

    by_name: dict[tuple[str, str], Record] = field(default_factory=dict)

    @classmethod
    def of(cls, configuration: Configuration) -> Index:
        """All entities that can be referred to."""
        index = cls()
        for position in range(len(_NAMES)):
            for record in configuration.records:
                if record.kind in _SINGULAR and not is_membership(record) and position < len(record.names):
                    index.by_name.setdefault((record.kind, record.names[position]), record)
        return index

    def find(self, kind: str, reference: Any) -> Record | None:
        """What a reference leads to: a name, or a mapping with one."""
        if isinstance(reference, Record):
            return reference
        for name in names_of(reference):
            if (found := self.by_name.get((kind, name))) is not None:
                return found
        return None


def is_membership(record: Record) -> bool:
    """Whether a record only says that a consumer is in a consumer group."""
    return record.parent is not None and record.kind in ("groups", "consumers")


def names_of(reference: Any) -> tuple[str, ...]:
    """The names that a reference gives."""
    declared = [reference.get(name) for name in _NAMES] if isinstance(reference, dict) else [reference]
    return tuple(str(item) for item in declared if isinstance(item, (str, int)) and str(item).strip())
