"""Lineage events in their own terms: jobs, datasets, and what their facets say of them.

Rests on the OpenLineage specification: RunEvent, JobEvent and DatasetEvent with their facets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from blastradius.loaderkit.collector import bare_url
from blastradius.loaderkit.json_values import as_list, mapping, text


class UnreadableError(Exception):
    """An event that is not what it should be; the message says why."""


@dataclass(frozen=True)
class Ref:
    """A job or a dataset by its namespace and name, without user, password and query."""

    namespace: str
    name: str
    job: bool = False


@dataclass(frozen=True)
class Described:
    """A job or a dataset as one event names it; ``labels`` are keys with values."""

    ref: Ref
    owners: tuple[str, ...]
    description: str
    labels: tuple[tuple[str, str], ...]
    aliases: tuple[Ref, ...] = ()
    origins: tuple[Ref, ...] = ()


@dataclass(frozen=True)
class Event:
    """One event; ``run`` is empty for what was declared rather than run.

    ``lineage`` pairs what is made with what it is made of, as far as a facet of the job or the run says so.
    """

    run: str | None
    state: str
    job: Described | None
    inputs: tuple[Described, ...]
    outputs: tuple[Described, ...]
    alone: tuple[Described, ...]
    parents: tuple[Ref, ...]
    upstream: tuple[Ref, ...]
    downstream: tuple[Ref, ...]
    lineage: tuple[tuple[Ref, Ref], ...]
    problems: tuple[str, ...]


def is_event(value: Any) -> bool:
    """Whether a value has the shape of a run, job or dataset event."""
    if not isinstance(value, dict) or not value.keys() & {"eventTime", "eventType"}:
        return False
    named = value.get("job", value.get("dataset"))
    return isinstance(named, dict) and "namespace" in named and "name" in named


def read_event(value: Any) -> Event:
    """An event in its own terms; parts of it that cannot be read are told in ``problems``.

    Raises:
        UnreadableError: no event, or one without a job or dataset that can be named.
    """
    if not isinstance(value, dict):
        raise UnreadableError("it is no mapping")
    return _Reader().event(value)


class _Reader:
    """Reads one event, keeping what could not be read."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def event(self, value: dict[str, Any]) -> Event:
        alone, job = value.get("dataset"), value.get("job")
        if job is None and alone is None:
            raise UnreadableError("it names no job and no dataset")
        run = value.get("run")
        run_facets, job_facets = mapping(run, "facets"), mapping(job, "facets")
        return Event(
            run=None if run is None else text(mapping({"run": run}, "run").get("runId")),
            state=text(value.get("eventType")).upper(),
            job=None if job is None else self.described(job, "the job", job=True),
            alone=() if alone is None else (self.described(alone, "the dataset"),),
            inputs=self.datasets(value, "inputs"),
            outputs=self.datasets(value, "outputs"),
            parents=self.refs(_parents(run_facets), "the parent", job=True),
            upstream=self.refs(_dependencies(run_facets, "upstream"), "a job waited for", job=True),
            downstream=self.refs(_dependencies(run_facets, "downstream"), "a job that waits", job=True),
            lineage=(*self.lineage(job_facets), *self.lineage(run_facets)),
            problems=tuple(dict.fromkeys(self.problems)),
        )

    def datasets(self, event: dict[str, Any], side: str) -> tuple[Described, ...]:
        found = []
        for item in as_list(event.get(side)):
            try:
                found.append(self.described(item, f"one of the {side}"))
            except UnreadableError as error:
                self.problems.append(str(error))
        return tuple(found)

    def described(self, value: Any, what: str, *, job: bool = False) -> Described:
        """Raises UnreadableError: it has no name that can be used."""
        ref, facets = _reference(value, what, job=job), mapping(value, "facets")
        origins = [*_origins(mapping(facets, "columnLineage")), *_origins(mapping(facets, "lineage"))]
        return Described(
            ref=ref,
            owners=tuple(
                filter(None, (_name_of(owner) for owner in as_list(mapping(facets, "ownership").get("owners"))))
            ),
            description=text(mapping(facets, "documentation").get("description")),
            labels=tuple(_labels(facets)),
            aliases=() if job else self.refs(as_list(mapping(facets, "symlinks").get("identifiers")), "a symlink"),
            origins=() if job else self.refs(origins, "an input of the lineage"),
        )

    def lineage(self, facets: dict[str, Any]) -> Iterator[tuple[Ref, Ref]]:
        for entry in as_list(mapping(facets, "lineage").get("lineage")):
            for made in self.refs([entry], "an entry of the lineage"):
                for origin in self.refs(_origins(entry), "an input of the lineage"):
                    yield made, origin

    def refs(self, values: list[Any], what: str, *, job: bool = False) -> tuple[Ref, ...]:
        found: dict[Ref, None] = {}
        for value in values:
            try:
                found[_reference(value, what, job=job or _is_job(value))] = None
            except UnreadableError as error:
                self.problems.append(str(error))
        return tuple(found)


def _reference(value: Any, what: str, *, job: bool) -> Ref:
    namespace, name = (text(value.get(key)) if isinstance(value, dict) else "" for key in ("namespace", "name"))
    if not namespace or not name:
        raise UnreadableError(f"{what} has no namespace or no name")
    if "{{" in namespace or "{{" in name:
        raise UnreadableError(f"{what} is a template, not a name yet; render it first")
    return Ref(_bare(namespace), _bare(name), job)


def _parents(facets: dict[str, Any]) -> list[Any]:
    found = (mapping(facets, key).get("job") for key in ("parent", "parentRun"))
    return [item for item in found if item is not None]


def _dependencies(facets: dict[str, Any], side: str) -> list[Any]:
    listed = as_list(mapping(facets, "jobDependencies").get(side))
    return [item.get("job") if isinstance(item, dict) else item for item in listed]


def _origins(entry: Any) -> list[Any]:
    """The inputs of a lineage entry, those of its columns included; in the words of both facets."""
    if not entry or not isinstance(entry, dict):
        return []
    parts = [entry, *(field for field in mapping(entry, "fields").values() if isinstance(field, dict))]
    return [item for part in parts for key in ("inputFields", "inputs", "dataset") for item in as_list(part.get(key))]


def _labels(facets: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for tag in as_list(mapping(facets, "tags").get("tags")):
        if isinstance(tag, dict) and text(tag.get("key")):
            yield text(tag["key"]), text(tag.get("value"))


def _is_job(value: Any) -> bool:
    return isinstance(value, dict) and text(value.get("type")).upper() == "JOB"


def _name_of(owner: Any) -> str:
    return text(owner.get("name")) if isinstance(owner, dict) else ""


def _bare(text: str) -> str:
    """A name without what a connection string carries besides the place."""
    place = text.removeprefix("jdbc:")
    if "://" not in place:
        return text
    return text[: len(text) - len(place)] + bare_url(place.partition(";")[0])
