"""The OpenLineage loader: small cases, real events counted independently, and hostile ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from blastradius import plugins
from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Basis, NoteKind, Verb
from blastradius.reading import parse_document, read_document

LOADER = plugins.loaders()["openlineage"]
CASES = Path(__file__).parent / "cases"
TIME = "2031-02-01T00:00:00Z"


def _load(data: Any, **options: Any) -> Loaded:
    return LOADER.load(parse_document(json.dumps(data), "events.json", ".json"), options)


def _event(job: str = "j", run: str = "r", **says: Any) -> dict[str, Any]:
    return {"eventTime": TIME, "run": {"runId": run}, "job": {"namespace": "n", "name": job}, **says}


def _dataset(name: str, **facets: Any) -> dict[str, Any]:
    return {"namespace": "db", "name": name, "facets": facets}


def _relations(loaded: Loaded) -> dict[str, Basis]:
    return {relation.id: relation.basis for relation in loaded.relations}


def test_what_ran_is_observed_and_what_was_declared_is_not() -> None:
    declared = {key: value for key, value in _event(inputs=[_dataset("a")]).items() if key != "run"}
    assert _relations(_load(declared)) == {"reads:job:n/j>db/a": Basis.DECLARED}
    both = _load([declared, _event(inputs=[_dataset("a")])])
    assert _relations(both) == {"reads:job:n/j>db/a": Basis.OBSERVED}


def test_column_lineage_says_what_is_made_of_what() -> None:
    lineage = {"fields": {"x": {"inputFields": [{"namespace": "db", "name": "a", "field": "x"}]}}}
    event = _event(inputs=[_dataset("a"), _dataset("b")], outputs=[_dataset("c", columnLineage=lineage)])
    made = {name: basis for name, basis in _relations(_load(event)).items() if name.startswith(Verb.DERIVES_FROM)}
    assert made == {"derives_from:db/c>db/a": Basis.OBSERVED}


def test_the_lineage_facet_of_a_job() -> None:
    entry = {"namespace": "db", "name": "c", "type": "DATASET", "inputs": [{"namespace": "db", "name": "a"}]}
    event = _event(inputs=[_dataset("a"), _dataset("b")], outputs=[_dataset("c")])
    event["job"]["facets"] = {"lineage": {"lineage": [entry]}}
    made = [name for name in _relations(_load(event)) if name.startswith(Verb.DERIVES_FROM)]
    assert made == ["derives_from:db/c>db/a"]


def test_job_dependencies() -> None:
    event = _event()
    upstream, downstream = ({"job": {"namespace": "n", "name": name}} for name in ("first", "last"))
    event["run"]["facets"] = {"jobDependencies": {"upstream": [upstream], "downstream": [downstream]}}
    assert list(_relations(_load(event))) == ["depends_on:job:n/j>job:n/first", "depends_on:job:n/last>job:n/j"]


def test_the_same_estate_twice_in_any_order_and_split() -> None:
    events = json.loads((CASES / "nightly" / "input.json").read_text())
    whole = Estate.build([_load(events)]).digest
    assert Estate.build([_load(events), _load(events)]).digest == whole
    for cut in range(1, len(events)):
        parts = [_load(events[:cut]), _load(events[cut:])]
        assert Estate.build(parts).digest == Estate.build(parts[::-1]).digest == whole


def test_one_event_a_line() -> None:
    text = (CASES / "nightly" / "input.json").read_text()
    lines = "\n".join(json.dumps(load) for load in json.loads(text))
    document = parse_document(lines, "events.jsonl", ".jsonl")
    assert LOADER.recognises(document.data)
    loaded = LOADER.load(document, {})
    assert Estate.build([loaded]).digest == Estate.build([_load(json.loads(text))]).digest
    assert {entity.provenance[0].line for entity in loaded.entities} == {1, 2, 3}


def test_empty_lines_of_a_log_are_no_events() -> None:
    text = f"{json.dumps(_event('a'))}\n\n{json.dumps(_event('b'))}\n"
    loaded = LOADER.load(parse_document(text, "events.log", ".log"), {})
    assert (loaded.tally.facts, loaded.tally.rejected, loaded.tally.ignored) == (2, 0, 0)


def test_an_event_that_tells_its_type_and_no_time_is_one() -> None:
    event = {key: value for key, value in _event(inputs=[_dataset("a")]).items() if key != "eventTime"}
    assert not LOADER.recognises(event)
    assert LOADER.recognises(event | {"eventType": "COMPLETE"})
    assert _relations(_load(event | {"eventType": "COMPLETE"})) == {"reads:job:n/j>db/a": Basis.OBSERVED}


def test_no_canary_comes_through() -> None:
    for case in CASES.iterdir():
        loaded = LOADER.load(read_document(case / "input.json"), {})
        assert "CANARY" in (case / "input.json").read_text() or case.name == "declared"
        assert "CANARY" not in loaded.model_dump_json()


# real events


def _counted(events: list[dict[str, Any]]) -> tuple[int, int, int, int, int]:
    """Runs, jobs with their parents, datasets, readings and writings: naive loops over plain data."""
    runs, jobs, datasets, reads, writes = (set[tuple[str, ...]]() for _ in range(5))
    for number, event in enumerate(events):
        job = (event["job"]["namespace"], event["job"]["name"])
        runs.add((*job, event["run"].get("runId", f"event {number}")))
        jobs.add(job)
        parent = event["run"].get("facets", {}).get("parent")
        if parent:
            jobs.add((parent["job"]["namespace"], parent["job"]["name"]))
        for side, found in (("inputs", reads), ("outputs", writes)):
            for each in event.get(side, []):
                datasets.add((each["namespace"], each["name"]))
                found.add((*job, each["namespace"], each["name"]))
    return len(runs), len(jobs), len(datasets), len(reads), len(writes)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("postgres-build-events.json", (93, 93, 21, 20, 20)),
        ("dbt-large-result.json", (6, 6, 5, 5, 5)),
        ("event_full.json", (1, 1, 1, 1, 1)),
    ],
)
def test_real_events(name: str, expected: tuple[int, ...], shared: Path) -> None:
    file = shared / "data" / "lineage" / "openlineage" / name
    data = json.loads(file.read_text())
    events = data if isinstance(data, list) else [data]
    document = read_document(file)
    assert LOADER.recognises(document.data)
    loaded = LOADER.load(document, {})
    verbs = [relation.verb for relation in loaded.relations]
    runs, jobs, datasets, reads, writes = _counted(events)
    assert (runs, jobs, datasets, reads, writes) == expected
    assert (loaded.tally.facts, loaded.tally.rejected, loaded.tally.ignored) == (runs, 0, len(events) - runs)
    assert sum(entity.kind == "service" for entity in loaded.entities) == jobs
    assert sum(entity.kind == "store" for entity in loaded.entities) == datasets
    assert (verbs.count(Verb.READS), verbs.count(Verb.WRITES)) == (reads, writes)
    Estate.build([loaded])


def test_the_schema_of_events_is_no_event(shared: Path) -> None:
    document = read_document(shared / "data" / "lineage" / "openlineage" / "OpenLineage.schema.json")
    assert not LOADER.recognises(document.data)
    with pytest.raises(InputError, match="no OpenLineage event"):
        LOADER.load(document, {})


def test_other_formats_are_not_recognised(shared: Path) -> None:
    for file in sorted((shared / "data").rglob("*.*")):
        try:
            data = read_document(file).data
        except InputError:
            continue
        assert LOADER.recognises(data) == ("openlineage" in file.parts and "schema" not in file.name), file


# hostile events

WRONG: list[Any] = [None, 0, 1.5, True, "x", "", [], [1], [None], [[]], {}, {"a": 1}, [{"namespace": 1, "name": []}]]


@pytest.mark.parametrize("value", WRONG, ids=repr)
@pytest.mark.parametrize(
    "keys",
    [
        ("eventType",),
        ("run",),
        ("run", "runId"),
        ("run", "facets"),
        ("run", "facets", "parent"),
        ("run", "facets", "parent", "job"),
        ("run", "facets", "jobDependencies", "upstream"),
        ("job", "facets", "ownership", "owners"),
        ("job", "facets", "lineage", "lineage"),
        ("job", "facets", "tags", "tags"),
        ("job", "name"),
        ("inputs",),
        ("outputs", 0, "facets"),
        ("outputs", 0, "facets", "symlinks", "identifiers"),
        ("outputs", 0, "facets", "columnLineage", "fields"),
        ("outputs", 0, "facets", "columnLineage", "fields", "c"),
        ("outputs", 0, "facets", "documentation", "description"),
        ("dataset",),
    ],
    ids=lambda keys: ".".join(map(str, keys)),
)
def test_wrong_types_never_crash(keys: tuple[str | int, ...], value: Any) -> None:
    event: Any = _event(outputs=[_dataset("o")], dataset=_dataset("d"))
    at = event
    for key in keys[:-1]:
        at = at.setdefault(key, {}) if isinstance(key, str) else at[key]
    at[keys[-1]] = value
    loaded = _load([event, _event("other")])
    assert loaded.tally.records == 2
    Estate.build([loaded])


@pytest.mark.parametrize("value", [*WRONG, {"job": {}}, {"job": {"namespace": "n", "name": "x"}}])
def test_what_holds_no_event_is_refused(value: Any) -> None:
    assert not LOADER.recognises(value)
    with pytest.raises(InputError, match=r"events\.json: no OpenLineage event"):
        _load(value)


@pytest.mark.parametrize(
    "options",
    [{"zones": "x"}, {"namespaces": []}, {"namespaces": {"a": 1}}, {"parties": {"*": ""}}, {"classification": 3}],
)
def test_options_that_do_not_fit_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="option"):
        _load(_event(), **options)


def test_hostile_names(shared: Path) -> None:
    names = [load["name"] for load in json.loads((shared / "badinput/generated/hostile_names.json").read_text())]
    for name in names:
        event = {**_event(name, inputs=[_dataset(name)]), "job": {"namespace": name, "name": name}}
        try:
            document = parse_document(json.dumps([event, _event()]), "events.json", ".json")
        except InputError:
            continue
        loaded = LOADER.load(document, {})
        assert loaded.tally.records == 2
        Estate.build([loaded])


@pytest.mark.slow
def test_many_events_are_read_in_time() -> None:
    events = [_event(f"j{each % 50}", f"r{each}", inputs=[_dataset("a")]) for each in range(5000)]
    loaded = _load(events)
    assert (loaded.tally.facts, len(loaded.relations)) == (5000, 50)
    assert not [note for note in loaded.notes if note.kind != NoteKind.ASSUMED]
