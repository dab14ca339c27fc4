"""The Jaeger loader: small cases, real files counted naively, hostile input, and order."""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Loader
from blastradius.model import Operation, Service
from blastradius.reading import read_document
from tests.loaders.laws import SECRETS, damaged, estate, everything, hostile, lawful, load, survives

LOADER: Loader = importlib.import_module("blastradius.loaders.jaeger").LOADER
OTLP: Loader = importlib.import_module("blastradius.loaders.otlp").LOADER
CASES = Path(__file__).parent / "cases"
TRAFFIC = Path(os.environ.get("BLASTRADIUS_SHARED", Path(__file__).parents[4] / "shared")) / "data" / "traffic"


def trace(*spans: dict[str, Any], service: str = "web") -> dict[str, Any]:
    filled = [{"traceID": "t", "spanID": str(n), "processID": "p", "tags": [], **each} for n, each in enumerate(spans)]
    return {"traceID": "t", "spans": filled, "processes": {"p": {"serviceName": service}}}


@pytest.mark.skipif(not TRAFFIC.is_dir(), reason="real traces are not here")
def test_real_links() -> None:
    file = TRAFFIC / "jaeger" / "dependencies-large.json"
    links = json.loads(file.read_text())
    called = {link["child"] for link in links}
    pairs = {(link["parent"], link["child"]) for link in links}
    loaded = LOADER.load(read_document(file), {})
    assert (loaded.tally.facts, loaded.tally.rejected, loaded.tally.ignored) == (len(links), 0, 0) == (4271, 0, 0)
    services = {entity.id for entity in loaded.entities if isinstance(entity, Service)}
    assert services == {name for pair in pairs for name in pair}
    assert {entity.id for entity in loaded.entities if isinstance(entity, Operation)} == {
        f"{name}:(any)" for name in called
    }
    assert len(loaded.relations) == len(pairs) + len(called)


@pytest.mark.skipif(not TRAFFIC.is_dir(), reason="real traces are not here")
def test_a_real_trace_says_the_same_in_otlp() -> None:
    jaeger = LOADER.load(read_document(TRAFFIC / "jaeger" / "otlp2jaeger-out.json"), {})
    otlp = OTLP.load(read_document(TRAFFIC / "otlp" / "jaeger-ui-otlp-in.json"), {})
    assert estate([jaeger]) == estate([otlp])
    assert (jaeger.tally, otlp.tally) == (otlp.tally, jaeger.tally)
    assert {relation.id for relation in jaeger.relations} == {
        "calls:telemetrygen-client>telemetrygen:okey-dokey-0",
        "serves:telemetrygen>telemetrygen:okey-dokey-0",
    }


def test_spans_of_elastic_name_their_process_themselves() -> None:
    tags = [{"key": "span.kind", "value": "server"}]
    one = {"traceID": "t", "spanID": "a", "operationName": "get", "process": {"serviceName": "web"}, "tags": tags}
    assert {relation.id for relation in load(LOADER, json.dumps(one), ".jsonl").relations} == {
        "serves:web>web:GET (any path)"
    }


def test_spans_in_the_words_of_the_model_say_the_same() -> None:
    kind = {"key": "span.kind", "vType": "STRING", "vStr": "server"}
    ask: dict[str, Any] = {
        "traceId": "AAE=",
        "spanId": "AAI=",
        "operationName": "ask",
        "process": {"serviceName": "web"},
    }
    tell: dict[str, Any] = {
        "traceId": "AAE=",
        "spanId": "AAM=",
        "operationName": "tell",
        "process": {"serviceName": "api"},
    }
    tell |= {"references": [{"traceId": "AAE=", "spanId": "AAI="}], "tags": [kind]}
    for data in ({"spans": [ask, tell]}, [ask, tell]):
        assert LOADER.recognises(data)
        loaded = load(LOADER, data)
        assert {relation.id for relation in loaded.relations} == {"calls:web>api:tell", "serves:api>api:tell"}
        assert loaded.tally.facts == 2


def test_an_answer_that_is_an_error_is_refused() -> None:
    answer = {"data": None, "total": 0, "limit": 0, "offset": 0, "errors": [{"code": 404, "msg": "CANARY"}]}
    assert LOADER.recognises(answer)
    with pytest.raises(InputError, match="f: Jaeger answered with an error and no traces; ask it again"):
        load(LOADER, answer)


def test_an_answer_without_traces_is_empty_and_says_so() -> None:
    loaded = load(LOADER, {"data": [], "total": 0, "limit": 0, "offset": 0, "errors": None})
    assert [note.message for note in loaded.notes] == [
        "seen in 0 spans of 0 traces; what was not called meanwhile is not here"
    ]


@pytest.mark.parametrize("case", sorted(file.name for file in CASES.iterdir()))
@pytest.mark.slow
def test_damage_never_crashes(case: str) -> None:
    for data in damaged(json.loads((CASES / case / "input.json").read_text())):
        survives(LOADER, data)


@pytest.mark.parametrize("value", [None, 3, [], {}, {"data": 3}, {"data": [{"traceId": "a"}]}, [{"parent": 1}]])
def test_what_it_is_not_is_refused(value: Any) -> None:
    assert not LOADER.recognises(value)
    with pytest.raises(InputError, match="f: neither traces nor links"):
        load(LOADER, value)


def test_secrets_and_values_do_not_come_out() -> None:
    tags = [{"key": "span.kind", "value": "server"}, {"key": "http.method", "value": "GET"}]
    tags += [{"key": "http.url", "value": "https://u:CANARY@h.example/a?t=CANARY"}, {"key": "auth", "value": "CANARY"}]
    spans = [{"operationName": secret, "tags": tags[:1]} for secret in SECRETS] + [{"tags": tags}]
    assert "CANARY" not in everything(load(LOADER, [trace(*spans), *(trace({}, service=each) for each in SECRETS)]))


def test_hostile_names(shared: Path) -> None:
    for name in hostile(shared):
        survives(LOADER, [trace({"operationName": name, "tags": [{"key": "span.kind", "value": "server"}]})])
        survives(LOADER, [{"parent": name, "child": f"{name}2", "callCount": 1}])


def test_order_repetition_and_splitting_change_nothing() -> None:
    links = json.loads((CASES / "links" / "input.json").read_text())
    lawful(LOADER, (links[:3], links[3:]), links[::-1])
    tags = [{"key": "span.kind", "value": "client"}, {"key": "db.type", "value": "redis"}]
    known, unknown = ({"operationName": name, "tags": tags} for name in ("GET", "frob"))
    lawful(LOADER, ([trace(known)], [trace(unknown)]), [trace(unknown, known)])


def test_what_jaeger_could_not_find_is_said() -> None:
    span = {"operationName": "sell", "tags": [{"key": "span.kind", "value": "server"}]}
    for errors, said in ((None, 0), ([], 0), ([{"code": 404, "msg": "trace not found"}], 1)):
        loaded = load(LOADER, {"data": [trace(span)], "errors": errors})
        assert sum("could not find everything" in note.message for note in loaded.notes) == said
