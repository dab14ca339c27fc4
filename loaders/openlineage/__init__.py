"""OpenLineage events: which jobs read and write which datasets, and what is made of what."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from pydantic import Field

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Loader, Provenances
from blastradius.loaderkit.json_values import Keys
from blastradius.loaderkit.names import MAX_ID
from blastradius.loaderkit.options import Name, Names, Options
from blastradius.loaderkit.validation import read_options
from blastradius.model import Basis, NoteKind, Party, Service, Store, Verb
from blastradius.secrets import looks_secret

from .events import Described, Event, Ref, UnreadableError, is_event, read_event

_LOOKED_AT = 50
_RANK = {basis: rank for rank, basis in enumerate(Basis)}


class Chosen(Options):
    """What a user may say about events that they cannot say themselves."""

    namespaces: dict[str, str] = Field(
        default_factory=dict, description="what stands for a namespace in the ids of datasets, to meet other sources"
    )
    parties: dict[Name, Name] = Field(
        default_factory=dict, description="which party owns datasets and jobs, by pattern of the id"
    )
    zone: Name | None = Field(default=None, description="where jobs and datasets lie")
    owner: str | None = Field(default=None, description="who answers for what names no owner")
    classification: Names = Field(
        default=("classification", "data_classification", "sensitivity"),
        description="tags whose value is a classification",
    )


def recognises(data: Any) -> bool:
    """Whether a document is an OpenLineage event, or a list of them."""
    return any(is_event(event) or _may_hold_event(event) for event in _listed(data)[:_LOOKED_AT])


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read events; a record is one event, and all events of one run are one fact.

    Raises:
        InputError: not events, or an option that does not fit.
    """
    chosen = read_options(Chosen, document, options)
    if not recognises(document.data):
        what = "no OpenLineage event with a time or type and a job or dataset; expected one, or a list of them"
        raise InputError([f"{document.path}: {what}"])
    model = _LineageMapper(FactCollector("openlineage", document), chosen)
    for keys, value in _records(document.data):
        model.record(keys, value)
    return model.loaded()


def _records(data: Any) -> list[tuple[Keys, Any]]:
    if isinstance(data, dict) and is_event(data):
        return [((), data)]
    before: Keys = ("events",) if isinstance(data, dict) else ()
    return [((*before, number), item) for number, item in enumerate(_listed(data)) if item != ""]


def _listed(data: Any) -> list[Any]:
    """Events as a list; also the answer of a lineage server, which wraps it."""
    if isinstance(data, dict) and not is_event(data) and isinstance(data.get("events"), list):
        return list(data["events"])
    return data if isinstance(data, list) else [data]


def _may_hold_event(value: Any) -> bool:
    return isinstance(value, str) and value.lstrip().startswith("{") and '"eventTime"' in value


@dataclass
class _Thing:
    """A job or dataset, gathered from all events that name it; what is said first stands."""

    ref: Ref
    provenance: Provenances
    basis: Basis
    owner: str | None = None
    description: str | None = None
    classification: str | None = None
    tags: set[str] = field(default_factory=set)


class _LineageMapper:
    """Events in our terms: jobs as services, datasets as stores."""

    def __init__(self, collector: FactCollector, chosen: Chosen) -> None:
        self.collector = collector
        self.chosen = chosen
        self.things: dict[str, _Thing] = {}
        self.links: dict[tuple[Verb, str, str], tuple[Basis, Provenances]] = {}
        self.runs: dict[tuple[str, str], str] = {}
        self.refused: set[str] = set()
        self.provenance: Provenances = ()
        self.basis = Basis.OBSERVED

    # one event

    def record(self, keys: Keys, value: Any) -> None:
        """Model one event."""
        self.provenance = self.collector.provenance(*keys)
        try:
            event = read_event(self._opened(keys, value))
        except UnreadableError as error:
            self.collector.reject(f"an event cannot be read: {error}", provenance=self.provenance)
            return
        self.basis = Basis.DECLARED if event.run is None else Basis.OBSERVED
        job = self._described(event.job)
        alone = [self._described(job) for job in event.alone]
        if job is None and None in (alone or [None]):
            self.collector.reject("an event names nothing that can be an id", provenance=self.provenance)
            return
        self._count(event, job)
        if job is not None:
            self._job(event, job)
        for made, origin in event.lineage:
            self._link(Verb.DERIVES_FROM, self._thing(made), self._thing(origin))
        for problem in event.problems:
            self.collector.note(NoteKind.UNSUPPORTED, f"{problem}; left out", provenance=self.provenance)

    def _opened(self, keys: Keys, value: Any) -> Any:
        """An event, taken out of the text it may come in."""
        if not _may_hold_event(value):
            return value
        try:
            return self.collector.document.part(*keys).data
        except InputError as error:
            raise UnreadableError(str(error)) from None

    def _count(self, event: Event, job: str | None) -> None:
        """One fact a run: its further events are counted apart."""
        if not event.run or job is None:
            self.collector.fact()
            return
        if (job, event.run) in self.runs:
            self.collector.ignore("further events of runs told already")
        else:
            self.collector.fact()
        known = self.runs.setdefault((job, event.run), event.state)
        self.runs[job, event.run] = event.state if event.state in ("FAIL", "ABORT") else known

    def _job(self, event: Event, job: str) -> None:
        read = [self._access(Verb.READS, job, dataset) for dataset in event.inputs]
        for output in event.outputs:
            written = self._access(Verb.WRITES, job, output)
            for origin in read if written and not (output.origins or event.lineage) else ():
                self._link(Verb.DERIVES_FROM, written, origin, Basis.INFERRED)
        for ref in event.parents:
            parent = self._thing(ref)
            self._link(Verb.DEPENDS_ON, job, parent, Basis.INFERRED)
            self._link(Verb.CONNECTS, parent, job, Basis.INFERRED)
        for ref in event.upstream:
            self._link(Verb.DEPENDS_ON, job, self._thing(ref))
        for ref in event.downstream:
            self._link(Verb.DEPENDS_ON, self._thing(ref), job)

    def _access(self, verb: Verb, job: str, dataset: Described) -> str | None:
        """A job's reading or writing of a dataset, under all its names."""
        found = self._described(dataset)
        for item in (found, *(self._thing(alias) for alias in dataset.aliases)):
            self._link(verb, job, item)
        return found

    def _link(self, verb: Verb, source: str | None, target: str | None, basis: Basis | None = None) -> None:
        if source is None or target is None or source == target:
            return
        if verb == Verb.DERIVES_FROM and self.things[source].ref.job:
            return  # what a job takes in is a reading, told by its inputs
        basis = basis or self.basis
        before = self.links.get((verb, source, target))
        if before is None or _RANK[basis] < _RANK[before[0]]:
            self.links[verb, source, target] = basis, self.provenance

    # things

    def _described(self, declared: Described | None) -> str | None:
        """Keep what an event says of a thing; its id, or nothing where it cannot have one."""
        made = self._thing(declared.ref) if declared else None
        if declared is None or made is None:
            return None
        thing = self.things[made]
        thing.owner = thing.owner or ", ".join(filter(None, map(self._words, declared.owners))) or None
        thing.description = thing.description or self._words(declared.description)
        for key, value in declared.labels:
            if key in self.chosen.classification:
                thing.classification = thing.classification or self._words(value)
            else:
                tag = self._words(key if value.lower() in ("", "true") else f"{key}:{value}")
                thing.tags |= {tag} if tag else set()
        for alias in filter(None, map(self._thing, declared.aliases)):
            self._link(Verb.DERIVES_FROM, made, alias)
            self._link(Verb.DERIVES_FROM, alias, made)
        for origin in declared.origins:
            self._link(Verb.DERIVES_FROM, made, self._thing(origin))
        return made

    def _thing(self, ref: Ref) -> str | None:
        namespace = ref.namespace if ref.job else self.chosen.namespaces.get(ref.namespace, ref.namespace)
        made = f"job:{namespace}/{ref.name}" if ref.job else "/".join(filter(None, (namespace, ref.name)))
        if self.collector.name(made) is None:
            self._refuse(made, "a job" if ref.job else "a dataset")
            return None
        known = self.things.setdefault(made, _Thing(ref, self.provenance, self.basis))
        if _RANK[self.basis] < _RANK[known.basis]:
            known.provenance, known.basis = self.provenance, self.basis
        return made

    def _refuse(self, made: str, what: str) -> None:
        if made in self.refused:
            return
        self.refused.add(made)
        if looks_secret(made):
            self.collector.secret(f"the name of {what}", provenance=self.provenance)
        else:
            why = "is too long" if len(made) > MAX_ID else "has characters that no id can have"
            self.collector.note(NoteKind.UNSUPPORTED, f"the name of {what} {why}; left out", provenance=self.provenance)

    def _words(self, text: str) -> str | None:
        """A text on one line; of one that is a secret, only the first event that has it is told."""
        if text in self.refused:
            return None
        if looks_secret(text):
            self.refused.add(text)
        return self.collector.words(text, "a description, owner or tag", provenance=self.provenance)

    # all events

    def loaded(self) -> Loaded:
        """All of it, each thing and each relation once."""
        for made, thing in self.things.items():
            self._entity(made, thing)
            self._party(made, thing)
        for (verb, source, target), (basis, provenance) in self.links.items():
            self.collector.relate(verb, source, target, provenance=provenance, basis=basis)
        self._say_assumptions()
        return self.collector.loaded()

    def _entity(self, made: str, thing: _Thing) -> None:
        attributes: dict[str, Any] = {
            "id": made,
            "name": thing.ref.name,
            "zone": self.chosen.zone,
            "owner": thing.owner or self.chosen.owner,
            "description": thing.description,
            "tags": tuple(sorted(thing.tags)),
            "basis": thing.basis,
            "provenance": thing.provenance,
        }
        if thing.ref.job:
            self.collector.entity(Service(**attributes))
        else:
            self.collector.entity(Store(**attributes, classification=thing.classification))

    def _party(self, made: str, thing: _Thing) -> None:
        for glob, party in self.chosen.parties.items():
            if fnmatchcase(made, glob):
                if party not in self.collector.entities:
                    self.collector.entity(Party(id=party, provenance=thing.provenance))
                self.collector.relate(Verb.OWNS, party, made, provenance=thing.provenance)

    def _say_assumptions(self) -> None:
        guessed = sum(
            verb == Verb.DERIVES_FROM and basis == Basis.INFERRED for (verb, _, _), (basis, _) in self.links.items()
        )
        if guessed:
            message = f"{guessed} times an output is taken to be made of every input of its event, as no lineage says"
            self.collector.note(NoteKind.ASSUMED, message)
        failed = sum(state in ("FAIL", "ABORT") for state in self.runs.values())
        if failed:
            message = f"{failed} runs failed or were aborted; what they name is taken as read and written"
            self.collector.note(NoteKind.ASSUMED, message)
        templates = sum("{{" in run for _, run in self.runs)
        if templates:
            message = f"{templates} runs have a template as id; runs are told apart by their job and that text"
            self.collector.note(NoteKind.ASSUMED, message)


LOADER = Loader(
    name="openlineage",
    title="OpenLineage events (JSON, JSON Lines)",
    suffixes=(".json", ".jsonl", ".ndjson"),
    recognises=recognises,
    load=load,
    reads="jobs, the datasets they read and write, and what is made of what",
    maps=(
        ("job", "service"),
        ("dataset", "store; its symlinks are stores of the same data"),
        ("input, output of an event", "the job reads or writes the dataset; observed where it names a run"),
        ("column lineage", "derives_from between datasets; without it, an output derives from every input"),
        ("parent run", "the job depends on its parent, which can reach it"),
        ("job dependencies", "depends_on"),
        ("ownership, documentation, tags", "owner, description, tags and classification"),
        ("further events of one run", "ignored, counted"),
    ),
    infers_not=(
        "whose a dataset or a job is, beyond an owner's name (option parties)",
        "which names of other sources mean the same table, beyond symlinks (option namespaces)",
        "with which keys a job reads and writes",
        "how hard a job depends on what it reads",
        "which data is sensitive, where no tag says so (option classification names the tags)",
    ),
    options=Chosen,
)
