"""dbt manifests: tables and views, what each is made of, and the decisions that rest on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from pydantic import Field

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Loader, Provenances
from blastradius.loaderkit.json_values import text
from blastradius.loaderkit.options import Name, Names, Options
from blastradius.loaderkit.validation import read_options
from blastradius.model import (
    Basis,
    Control,
    ControlKind,
    Feed,
    NoteKind,
    Operation,
    Party,
    Process,
    Scope,
    Service,
    Store,
    Verb,
)
from blastradius.secrets import looks_secret

from .manifest import Manifest, Node, is_artifact, owner_of, read_manifest, read_node

_TABLES = frozenset({"source", "model", "seed", "snapshot"})
_VIRTUAL = {
    "metric": "metric",
    "semantic_model": "semantic model",
    "saved_query": "saved query",
    "function": "function",
}
_BUILT = frozenset({"model", "seed", "snapshot"})
_NOT_READ = ("unit_tests", "disabled")
_READING = frozenset({"select", "read", "viewer", "roles/bigquery.dataviewer", "roles/bigquery.metadataviewer"})
_WRITING = frozenset({"insert", "update", "delete", "truncate", "modify", "write"})


class Chosen(Options):
    """What a user may say about a project that its manifest cannot say itself."""

    namespace: Name | None = Field(default=None, description="what other sources write before table names")
    run_by: Name | None = Field(default=None, description="the service that runs the project")
    origins: dict[Name, Name] = Field(
        default_factory=dict, description="which party's data a source holds, by its name"
    )
    parties: dict[Name, Name] = Field(
        default_factory=dict, description="which party owns tables, loaders and feeds, by pattern of the id"
    )
    zone: Name | None = Field(default=None, description="where the tables and what runs the project lie")
    owner: str | None = Field(default=None, description="who answers for what names no owner")
    classification: Names = Field(
        default=("classification", "data_classification", "sensitivity", "pii", "contains_pii"),
        description="keys of `meta` that classify data",
    )


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one manifest; a record is an entry of its sections, macros, docs and selectors apart.

    Raises:
        InputError: no manifest of a known version, or an option that does not fit.
    """
    chosen = read_options(Chosen, document, options)
    manifest = read_manifest(document)
    model = _ManifestMapper(FactCollector("dbt", document), chosen, manifest)
    model.build()
    return model.collector.loaded(title=model.project or None)


@dataclass
class _Table:
    """A store, gathered from all entries that stand for it; what is said first stands."""

    name: str
    provenance: Provenances
    basis: Basis = Basis.DECLARED
    owner: str | None = None
    description: str | None = None
    classification: str | None = None
    tags: set[str] = field(default_factory=set)


class _ManifestMapper:
    """A manifest in our terms."""

    def __init__(self, collector: FactCollector, chosen: Chosen, manifest: Manifest) -> None:
        self.collector = collector
        self.chosen = chosen
        self.manifest = manifest
        self.owners: dict[str, str] = {}
        self.nodes: dict[str, Node] = {}
        self.ids: dict[str, str] = {}
        self.processes: dict[str, bool] = {}
        self.tables: dict[str, _Table] = {}
        self.missing: set[str] = set()
        self.guessed: set[str] = set()
        self.provenance: Provenances = ()
        self.project = self._words(manifest.project) or ""

    def build(self) -> None:
        """Model all of it."""
        self._groups()
        self._read()
        for node in self.nodes.values():
            self._node(node)
        for node in self.nodes.values():
            self._parents(node)
        for made, table in self.tables.items():
            self._store(made, table)
        if self.chosen.run_by:
            self._run_by(self.chosen.run_by)
        self._party()
        self._say()

    # entries

    def _groups(self) -> None:
        for keys, name, owner in self.manifest.groups():
            if not name:
                self.collector.reject("a group has no name", provenance=self.collector.provenance(*keys))
                continue
            self.collector.fact()
            self.owners.setdefault(name, owner)

    def _read(self) -> None:
        for section in self.manifest.malformed():
            self.collector.reject(
                f"{section!r} is no mapping of entries", provenance=self.collector.provenance(section)
            )
        for keys, value in self.manifest.entries():
            node = read_node(keys, value)
            if node is None or self._refused(node):
                self.collector.reject(
                    f"an entry of {keys[0]!r} cannot be read", provenance=self.collector.provenance(*keys)
                )
            elif node.type == "exposure" or node.type in _TABLES or node.type in _VIRTUAL:
                self.collector.fact()
                self.nodes[node.id] = node
            else:
                self.collector.ignore(f"entries of type {self._words(node.type) or 'unknown'}")
        for section in _NOT_READ:
            if count := self.manifest.count(section):
                self.collector.ignore(f"entries of {section!r}", count)

    def _refused(self, node: Node) -> bool:
        """Whether its id cannot be one, or is that of something else."""
        made, is_process = self._id(node), node.type == "exposure"
        if self.collector.name(made) is not None and node.id not in self.nodes:
            self.ids[node.id] = made
            return self.processes.setdefault(made, is_process) != is_process
        if looks_secret(made):
            self.collector.secret(
                f"the name of an entry of {node.keys[0]!r}", provenance=self.collector.provenance(*node.keys)
            )
        return True

    def _id(self, node: Node) -> str:
        is_table = node.type in _TABLES and node.table and node.materialized != "ephemeral"
        return self._prefixed(".".join(node.table)) if is_table else node.id

    def _prefixed(self, name: str) -> str:
        return f"{self.chosen.namespace}/{name}" if self.chosen.namespace else name

    def _node(self, node: Node) -> None:
        provenance = self.provenance = self.collector.provenance(*node.keys)
        if node.type == "exposure":
            self._exposure(node, provenance)
            return
        made, name = self.ids[node.id], f"{node.source}.{node.name}" if node.source else node.label or node.name
        table = self.tables.setdefault(made, _Table(self._words(name) or made, provenance))
        table.owner = table.owner or self._owner(node)
        table.description = table.description or self._words(node.description)
        table.classification = table.classification or self._classification(node)
        kind = "ephemeral" if node.materialized == "ephemeral" else _VIRTUAL.get(node.type, node.type)
        of_columns = (tag for column in node.columns for tag in _listed(column.get("tags")))
        table.tags |= {tag for tag in map(self._words, (kind, *node.tags, *of_columns)) if tag}
        if node.type == "source":
            self._loader(node, made, provenance)
        for privilege, grantee in node.grants:
            self._grant(privilege, grantee, made, provenance)

    def _exposure(self, node: Node, provenance: Provenances) -> None:
        self.collector.entity(
            Process(
                id=node.id,
                name=self._words(node.label or node.name),
                owner=self._words(node.owner) or self.chosen.owner,
                description=self._words(node.description),
                tags=tuple(sorted(tag for tag in map(self._words, node.tags) if tag)),
                provenance=provenance,
            )
        )

    def _parents(self, node: Node) -> None:
        provenance, made = self.collector.provenance(*node.keys), self.ids[node.id]
        for parent in node.parents:
            origin = self._parent(parent, provenance)
            if origin is None or origin == made:
                continue
            if node.type == "exposure":
                self.collector.relate(Verb.INFORMS, origin, made, provenance=provenance)
            else:
                self.collector.relate(Verb.DERIVES_FROM, made, origin, provenance=provenance)
        for export in node.exports:
            written = self._prefixed(".".join(export))
            if self.collector.name(written) and written != made:
                self.tables.setdefault(written, _Table(export[-1], provenance))
                self.collector.relate(Verb.DERIVES_FROM, written, made, provenance=provenance)

    def _parent(self, unique: str, provenance: Provenances) -> str | None:
        """The id of what an entry is made of; told as missing where the manifest does not have it."""
        node = self.nodes.get(unique)
        if node is not None:
            return self.ids[unique] if node.type != "exposure" else None
        self.missing.add(unique)
        if unique.partition(".")[0] not in _TABLES | _VIRTUAL.keys() or self.collector.name(unique) is None:
            return None
        self.tables.setdefault(unique, _Table(unique.rpartition(".")[2], provenance, Basis.INFERRED))
        return unique

    # what surrounds a table

    def _loader(self, node: Node, made: str, provenance: Provenances) -> None:
        """The tool that lands a source, and whose data that is."""
        origin = self.chosen.origins.get(node.source)
        name = self._words(node.loader) or (node.source if origin else None)
        service = self.collector.name(f"loader:{name}") if name else None
        if service is None:
            return
        if service not in self.collector.entities:
            self.collector.entity(Service(id=service, name=name, provenance=provenance))
        self.collector.relate(Verb.WRITES, service, made, provenance=provenance)
        if origin:
            feed = f"feed:{node.source}"
            self._owner_party(origin, provenance)
            if feed not in self.collector.entities:
                self.collector.entity(Feed(id=feed, name=node.source, provenance=provenance))
            self.collector.relate(Verb.PUBLISHES, origin, feed, provenance=provenance)
            self.collector.relate(Verb.CONSUMES, service, feed, provenance=provenance)

    def _grant(self, privilege: str, grantee: str, made: str, provenance: Provenances) -> None:
        """A role of the warehouse, and what the project lets it do with the table."""
        role = self.collector.name(self._prefixed(f"role:{grantee}"))
        operation = self.collector.name(f"{privilege} {made}")
        if role is None or operation is None:
            self.collector.note(
                NoteKind.UNSUPPORTED, f"a grant on {made!r} has no usable name; left out", made, provenance=provenance
            )
            return
        if role not in self.collector.entities:
            self.collector.entity(Scope(id=role, name=grantee, provenance=provenance))
        self.collector.entity(Operation(id=operation, name=operation, method=privilege, provenance=provenance))
        self.collector.relate(Verb.PERMITS, role, operation, provenance=provenance)
        known = privilege in _READING | _WRITING
        self.guessed |= set() if known else {privilege}
        basis = Basis.DECLARED if known else Basis.INFERRED
        if privilege not in _WRITING:
            self.collector.relate(Verb.READS, operation, made, provenance=provenance, basis=basis)
        if privilege not in _READING:
            self.collector.relate(Verb.WRITES, operation, made, provenance=provenance, basis=basis)

    def _store(self, made: str, table: _Table) -> None:
        self.collector.entity(
            Store(
                id=made,
                name=table.name,
                zone=self.chosen.zone,
                owner=table.owner or self.chosen.owner,
                description=table.description,
                tags=tuple(sorted(table.tags)),
                classification=table.classification,
                basis=table.basis,
                provenance=table.provenance,
            )
        )

    def _run_by(self, service: str) -> None:
        """What runs the project reads its sources, writes what it builds, and installs packages.

        It does so by one operation whose answer is a log, so that wrong data in one source does not seem to pass
        through the service into every table; which tables a source feeds, the lineage tells.
        """
        provenance = self.collector.provenance()
        run = f"{service}: dbt build {self.project}".strip()
        self.collector.entity(Service(id=service, zone=self.chosen.zone, provenance=provenance))
        self.collector.entity(Operation(id=run, name="dbt build", provenance=provenance))
        log = Control(
            kind=ControlKind.INSENSITIVE,
            status="assumed",
            why="a build answers with its log, not with data",
            basis=Basis.INFERRED,
            provenance=provenance,
        )
        self.collector.relate(Verb.CALLS, service, run, provenance=provenance, dependency="none", controls=(log,))
        for node in self.nodes.values():
            verb = Verb.READS if node.type == "source" else Verb.WRITES
            if node.type in _BUILT | {"source"} and self.ids[node.id] != node.id:
                self.collector.relate(verb, run, self.ids[node.id], provenance=self.collector.provenance(*node.keys))
        for package in sorted(self.manifest.packages() - {self.manifest.project}):
            feed = self.collector.name(f"dbt package:{package}")
            if feed and self.project:
                self.collector.entity(Feed(id=feed, name=package, content="code", provenance=provenance))
                self.collector.relate(Verb.INSTALLS, service, feed, provenance=provenance)

    def _party(self) -> None:
        for made, entity in list(self.collector.entities.items()):
            if isinstance(entity, (Store, Service, Feed)):
                for glob, party in self.chosen.parties.items():
                    if fnmatchcase(made, glob):
                        self._owner_party(party, entity.provenance)
                        self.collector.relate(Verb.OWNS, party, made, provenance=entity.provenance)

    def _owner_party(self, party: str, provenance: Provenances) -> None:
        if party not in self.collector.entities:
            self.collector.entity(Party(id=party, provenance=provenance))

    # words

    def _owner(self, node: Node) -> str | None:
        declared = owner_of(node.meta.get("owner")) or node.owner or self.owners.get(node.group) or node.group
        return self._words(declared)

    def _classification(self, node: Node) -> str | None:
        """What the keys say of the table, or else of its columns."""
        found = list(self._classified([node.meta])) or sorted(set(self._classified(_column_metas(node))))
        return self._words(", ".join(found))

    def _classified(self, metas: Iterable[dict[str, Any]]) -> Iterable[str]:
        for meta in metas:
            for key in self.chosen.classification:
                value = meta.get(key)
                if value is True or text(value).lower() in ("true", "yes"):
                    yield key
                elif text(value).lower() not in ("", "false", "no", "none"):
                    yield text(value)

    def _words(self, value: str) -> str | None:
        return self.collector.words(value, "a description, owner, label or tag", provenance=self.provenance)

    def _say(self) -> None:
        if self.missing:
            some = ", ".join(f"{name[:80]!r}" for name in sorted(self.missing)[:5] if not looks_secret(name))
            message = f"{len(self.missing)} entries are built on and not in the manifest, such as {some}"
            self.collector.note(NoteKind.UNRESOLVED, message)
        if self.guessed:
            some = ", ".join(f"{name[:40]!r}" for name in sorted(self.guessed)[:5] if not looks_secret(name))
            self.collector.note(NoteKind.ASSUMED, f"grants of {some} are taken to allow reading and writing")
        sources = {node.source for node in self.nodes.values()}
        for name in sorted(self.chosen.origins.keys() - sources):
            self.collector.note(NoteKind.UNRESOLVED, f"option 'origins' names {name!r}, which is no source here")


def _column_metas(node: Node) -> Iterable[dict[str, Any]]:
    for column in node.columns:
        for holder in (column, column.get("config")):
            if isinstance(holder, dict) and isinstance(holder.get("meta"), dict):
                yield holder["meta"]


def _listed(value: Any) -> list[str]:
    return [text(item) for item in (value if isinstance(value, list) else [value])]


LOADER = Loader(
    name="dbt",
    title="dbt manifest.json (v1 to v12)",
    suffixes=(".json",),
    recognises=is_artifact,
    load=load,
    reads="tables, views and seeds, what each is made of, exposures as processes, grants, loaders, owners",
    maps=(
        ("source, model, seed, snapshot", "store, named as the table"),
        ("metric, semantic model, saved query, function", "store, under its unique id"),
        ("depends_on", "derives_from; an exposure is informed by what it is made of"),
        ("exposure", "process"),
        ("export of a saved query", "store that derives from it"),
        ("loader of a source", "service that writes the source"),
        ("grant", "scope of the role permits an operation that reads or writes the table"),
        ("owner of a node or its group", "owner"),
        (
            "option `run_by`",
            "service whose one operation reads the sources and writes what is built; it installs packages as "
            "feeds of code",
        ),
        ("option `origins`", "party that publishes a feed, which the source's loader consumes"),
    ),
    infers_not=(
        "what runs the project, and so which packages' code runs with its rights (option run_by)",
        "whose data a source holds (option origins), and whose the tables and loaders are (option parties)",
        "which names of other sources mean the same table (option namespace)",
        "who has the roles that it grants to",
        "which data is sensitive, where no meta says so (option classification names the keys)",
    ),
    options=Chosen,
)
