"""A dbt manifest in its own terms: nodes with what they are built from, exposures, groups.

Rests on dbt's JSON schemas ``manifest/v1`` to ``manifest/v12``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import md5
from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Document
from blastradius.loaderkit.json_values import mapping, scalars, text, under

SECTIONS = ("sources", "nodes", "exposures", "metrics", "semantic_models", "saved_queries", "functions")
VERSIONS = range(1, 13)
_SCHEMA = re.compile(r"schemas\.getdbt\.com/dbt/([\w-]+)/v(\d+)")
_OWN_PACKAGES = re.compile(r"dbt(_(postgres|snowflake|bigquery|redshift|spark|databricks|duckdb|athena|trino|fabric))?")


@dataclass(frozen=True)
class Node:
    """One entry of a manifest: a source, model, seed, snapshot, exposure, metric and so on.

    ``table`` is the database, schema and identifier, without those it does not have; empty where it is no
    table. ``meta`` is what the project says of it, ``columns`` what it says of its columns.
    """

    keys: tuple[str, str]
    id: str
    type: str
    name: str
    table: tuple[str, ...]
    label: str
    description: str
    package: str
    group: str
    loader: str
    source: str
    owner: str
    materialized: str
    tags: tuple[str, ...]
    meta: dict[str, Any]
    columns: tuple[dict[str, Any], ...]
    parents: tuple[str, ...]
    grants: tuple[tuple[str, str], ...]
    exports: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Manifest:
    """A manifest, its entries one by one."""

    data: dict[str, Any]

    @property
    def project(self) -> str:
        """The name of the project itself; older versions give only its hash."""
        metadata = mapping(self.data, "metadata")
        declared = text(metadata.get("project_name"))
        hashed = text(metadata.get("project_id"))
        return declared or next((package for package in sorted(self.packages()) if _hash(package) == hashed), "")

    def packages(self) -> set[str]:
        """The packages whose nodes and macros the project has, dbt's own apart."""
        entries = (
            entry for section in ("nodes", "sources", "macros") for entry in mapping(self.data, section).values()
        )
        names = {text(entry.get("package_name")) for entry in entries if isinstance(entry, dict)}
        return {name for name in names if name and not _OWN_PACKAGES.fullmatch(name)}

    def entries(self) -> Iterator[tuple[tuple[str, str], Any]]:
        """What the sections hold, each with where it stands."""
        for section in SECTIONS:
            for key, value in mapping(self.data, section).items():
                yield (section, key), value

    def groups(self) -> Iterator[tuple[tuple[str, str], str, str]]:
        """Where each group stands, its name (empty: it has none), and who owns it."""
        for key, value in mapping(self.data, "groups").items():
            group = value if isinstance(value, dict) else {}
            yield ("groups", key), text(group.get("name")), owner_of(group.get("owner")) or text(group.get("name"))

    def malformed(self) -> Iterator[str]:
        """The sections that are something else than a mapping."""
        for section in (*SECTIONS, "groups"):
            if self.data.get(section) and not isinstance(self.data[section], dict):
                yield section

    def count(self, section: str) -> int:
        """How many entries a section has that is not read further."""
        found = self.data.get(section)
        rows = list(found.values()) if isinstance(found, dict) else found if isinstance(found, list) else []
        return sum(len(row) if isinstance(row, list) else 1 for row in rows)


def is_artifact(data: Any) -> bool:
    """Whether a document is something that dbt writes."""
    return _SCHEMA.search(text(mapping(data, "metadata").get("dbt_schema_version"))) is not None


def read_manifest(document: Document) -> Manifest:
    """A manifest of a version that is known.

    Raises:
        InputError: another artifact of dbt, another version, or nothing of dbt's.
    """
    declared = text(mapping(document.data, "metadata").get("dbt_schema_version"))
    found = _SCHEMA.search(declared)
    if found is None:
        raise InputError([f"{document.path}: no 'dbt_schema_version' in 'metadata'; expected a dbt manifest.json"])
    artifact, version = found.groups()
    if artifact != "manifest":
        raise InputError([f"{document.path}: a {artifact} of dbt; what is read is its manifest.json"])
    if version not in map(str, VERSIONS):
        known = f"v{VERSIONS[0]} to v{VERSIONS[-1]}"
        raise InputError([f"{document.path}: dbt manifest of version v{version[:20]}; read are {known}"])
    if not any(mapping(document.data, key) for key in ("nodes", "sources")):
        raise InputError([f"{document.path}: a dbt manifest without nodes and sources; it may be cut short"])
    return Manifest(document.data)


def read_node(keys: tuple[str, str], value: Any) -> Node | None:
    """One entry; nothing where it is no mapping or has no name."""
    if not isinstance(value, dict):
        return None
    config, name = mapping(value, "config"), text(value.get("name"))
    if not name:
        return None
    return Node(
        keys=keys,
        id=keys[1],
        type=text(value.get("resource_type")) or keys[1].partition(".")[0],
        name=name,
        table=_table(value, name),
        label=text(value.get("label")),
        description=text(value.get("description")),
        package=text(value.get("package_name")),
        group=text(value.get("group")) or text(config.get("group")),
        loader=text(value.get("loader")),
        source=text(value.get("source_name")),
        owner=owner_of(value.get("owner")),
        materialized=text(config.get("materialized")),
        tags=tuple(dict.fromkeys(tag.strip() for tags in (value, config) for tag in scalars(tags.get("tags")))),
        meta={**mapping(value, "source_meta"), **mapping(config, "meta"), **mapping(value, "meta")},
        columns=tuple(column for column in mapping(value, "columns").values() if isinstance(column, dict)),
        parents=tuple(dict.fromkeys(name.strip() for name in scalars(under(value, "depends_on", "nodes")))),
        grants=tuple(_grants(mapping(config, "grants"))),
        exports=tuple(_exports(value.get("exports"))),
    )


def owner_of(value: Any) -> str:
    """An owner's name, whether told as text, as a list, or with a name and an address."""
    if isinstance(value, list):
        return ", ".join(filter(None, map(owner_of, value)))
    if isinstance(value, dict):
        return text(value.get("name")) or text(value.get("email"))
    return text(value)


def _table(value: dict[str, Any], name: str) -> tuple[str, ...]:
    """Where it stands in the warehouse; a schema is the least that tells it apart."""
    schema = text(value.get("schema"))
    identifier = text(value.get("identifier")) or text(value.get("alias")) or name
    return tuple(filter(None, (text(value.get("database")), schema, identifier))) if schema else ()


def _grants(grants: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for privilege, grantees in grants.items():
        for grantee in map(str.strip, scalars(grantees)):
            yield privilege.strip().lower().removeprefix("+"), grantee


def _exports(value: Any) -> Iterator[tuple[str, ...]]:
    """The tables and views that a saved query is written to."""
    for item in value if isinstance(value, list) else []:
        config = mapping(item, "config")
        name = text(item.get("name")) if isinstance(item, dict) else ""
        schema, alias = text(config.get("schema_name")), text(config.get("alias")) or name
        if schema and alias:
            yield tuple(filter(None, (text(config.get("database")), schema, alias)))


def _hash(name: str) -> str:
    return md5(name.encode(), usedforsecurity=False).hexdigest()
