"""The OTLP loader: small cases, real files counted naively, hostile input, and order."""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import Basis, Relation, Verb
from blastradius.reading import read_document
from tests.loaders.laws import SECRETS, damaged, everything, hostile, lawful, load, survives

LOADER: Loader = importlib.import_module("blastradius.loaders.otlp").LOADER
CASES = Path(__file__).parent / "cases"
REAL = Path(os.environ.get("BLASTRADIUS_SHARED", Path(__file__).parents[4] / "shared")) / "data" / "traffic" / "otlp"


def request(service: str, *spans: dict[str, Any], **resource: str) -> dict[str, Any]:
    filled = [{"traceId": "t", "spanId": f"{service}{n}", "name": "", **each} for n, each in enumerate(spans)]
    about = {"attributes": tags(**{"service.name": service, **resource})}
    return {"resourceSpans": [{"resource": about, "scopeSpans": [{"spans": filled}]}]}


def tags(**stated: str) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in stated.items()]


def client(**stated: str) -> dict[str, Any]:
    return {"kind": 3, "attributes": tags(**stated)}


def by_id(loaded: Loaded) -> dict[str, Relation]:
    return {relation.id: relation for relation in loaded.relations}


@pytest.mark.skipif(not REAL.is_dir(), reason="real traces are not here")
@pytest.mark.parametrize(
    ("name", "spans"),
    [("jaeger-otel_traces_01.json", 4), ("jaeger-ui-otlp-in.json", 2), ("proto-example-trace.json", 1)],
)
def test_real_traces(name: str, spans: int) -> None:
    counted, services = 0, set()
    for resource in json.loads((REAL / name).read_text())["resourceSpans"]:
        for attribute in resource["resource"]["attributes"]:
            services |= {attribute["value"]["stringValue"]} if attribute["key"] == "service.name" else set()
        for scope in resource["scopeSpans"]:
            counted += len(scope["spans"])
    loaded = LOADER.load(read_document(REAL / name), {})
    assert loaded.tally.facts == counted == spans
    assert (loaded.tally.rejected, loaded.tally.ignored) == (0, 0)
    assert services <= {entity.id for entity in loaded.entities}
    assert loaded.relations


def words(line: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in line.split())


@pytest.mark.parametrize(
    ("stated", "relations"),
    [
        ("db.system=postgresql db.name=o db.statement=select", {"reads:w>postgresql:o"}),
        ("db.system=mssql db.name=o db.operation=UPDATE", {"writes:w>microsoft.sql_server:o"}),
        ("db.system=redis db.operation=SELECT", set()),
        ("db.system=redis server.address=10.0.0.3 db.operation=SET", {"writes:w>redis of w"}),
        ("db.system=redis db.name=0 db.operation=GET", {"reads:w>redis of w"}),
        ("db.system=mysql server.address=db.internal:3306 db.operation=GET", {"reads:w>mysql:@db.internal"}),
        ("db.system=mongodb db.name=o db.operation=findAndModify", {"reads:w>mongodb:o", "writes:w>mongodb:o"}),
        ("db.system=dynamodb aws.dynamodb.table_names=o rpc.method=PutItem", {"writes:w>aws.dynamodb:o"}),
        ("db.system=spanner db.name=o rpc.method=Commit", {"reads:w>gcp.spanner:o", "writes:w>gcp.spanner:o"}),
        ("db.system=mongodb db.name=o db.operation=frob", {"reads:w>mongodb:o", "writes:w>mongodb:o"}),
    ],
)
def test_databases(stated: str, relations: set[str]) -> None:
    assert set(by_id(load(LOADER, request("w", client(**words(stated)))))) == relations


def test_a_verb_that_is_not_known_may_read_and_write_and_that_is_inferred() -> None:
    some, known = (client(**words(f"db.system=mysql db.name=o db.operation={verb}")) for verb in ("frob", "SELECT"))
    assert {relation.basis for relation in load(LOADER, request("w", some)).relations} == {Basis.INFERRED}
    both = by_id(load(LOADER, request("w", some, known)))
    assert both["reads:w>mysql:o"].bases == (Basis.OBSERVED, Basis.INFERRED)
    assert both["writes:w>mysql:o"].bases == (Basis.INFERRED,)


@pytest.mark.parametrize(
    ("stated", "relation"),
    [
        ("system=kafka destination.name=orders operation=publish", "publishes:w>kafka:orders"),
        ("system=kafka destination.name=orders operation.type=process", "consumes:w>kafka:orders"),
        ("destination=gen-77 destination.temporary=true operation=send", "publishes:w>messaging:(temporary)"),
        ("destination.name=r-7 destination.template=r-{n} operation=receive", "consumes:w>messaging:r-{n}"),
    ],
)
def test_messages(stated: str, relation: str) -> None:
    tagged = {f"messaging.{key}": value for key, value in words(stated).items()}
    assert set(by_id(load(LOADER, request("w", client(**tagged))))) == {relation}


@pytest.mark.parametrize(
    ("method", "where", "relation"),
    [
        ("SendMessage", "aws.sqs.queue.url=https://sqs.eu.example/12/q1", "publishes:w>aws_sqs:q1"),
        ("ReceiveMessage", "aws.queue_url=https://sqs.eu.example/12/q1", "consumes:w>aws_sqs:q1"),
        ("Publish", "aws.sns.topic.arn=arn:aws:sns:eu:12:t1", "publishes:w>aws_sqs:t1"),
    ],
)
def test_queues_of_a_cloud_by_their_address(method: str, where: str, relation: str) -> None:
    tagged = words(f"messaging.system=aws_sqs rpc.method={method} {where}")
    assert set(by_id(load(LOADER, request("w", client(**tagged))))) == {relation}


def test_a_function_that_is_called_by_its_name() -> None:
    loaded = load(LOADER, request("w", {**client(**{"faas.invoked_name": "resize"}), "name": "Invoke"}))
    assert "calls:w>resize:Invoke" in by_id(loaded)


def test_an_attribute_that_is_a_list_of_one() -> None:
    for listed, kind in (("arrayValue", "stringValue"), ("array_value", "string_value")):
        table = {"key": "aws.dynamodb.table_names", "value": {listed: {"values": [{kind: "o"}]}}}
        span = {"kind": 3, "attributes": [table, *tags(**{"db.system": "dynamodb", "rpc.method": "GetItem"})]}
        assert set(by_id(load(LOADER, request("w", span)))) == {"reads:w>aws.dynamodb:o"}


def test_no_call_goes_through_a_broker() -> None:
    sent = {"spanId": "s", "kind": 4, "attributes": tags(**{"messaging.destination.name": "q"})}
    taken = {"parentSpanId": "s", "kind": 5, "attributes": tags(**{"messaging.destination.name": "q"})}
    whole = {"resourceSpans": [*request("a", sent)["resourceSpans"], *request("b", taken)["resourceSpans"]]}
    assert set(by_id(load(LOADER, whole))) == {"publishes:a>messaging:q", "consumes:b>messaging:q"}


def test_one_environment_of_several() -> None:
    one, other = (
        request(name, {"kind": 2, "name": "x"}, **{"deployment.environment": name}) for name in ("prod", "dev")
    )
    whole = {"resourceSpans": [*one["resourceSpans"], *other["resourceSpans"]]}
    loaded = load(LOADER, whole, environment="prod")
    assert set(by_id(loaded)) == {"serves:prod>prod:x"}
    assert (loaded.tally.facts, loaded.tally.ignored) == (1, 1)
    assert "several environments" in str([str(note) for note in load(LOADER, whole).notes])


def test_options_name_what_the_spans_cannot() -> None:
    call = client(**{"http.request.method": "GET", "url.full": "https://eu.rates.example/latest/abc?x=1"})
    loaded = load(
        LOADER,
        request("w", call),
        parties={"*.rates.example": "ratefeed"},
        names={"w": "web"},
        apis={"eu.rates.example": "rates"},
        routes=["/latest/{currency}"],
    )
    assert set(by_id(loaded)) == {
        "calls:web>rates:GET /latest/{currency}",
        "owns:ratefeed>eu.rates.example",
        "serves:eu.rates.example>rates:GET /latest/{currency}",
    }
    assert by_id(loaded)["owns:ratefeed>eu.rates.example"].basis == Basis.DECLARED


@pytest.mark.parametrize("wrap", ["result", "trace", None])
def test_what_others_wrap_it_in(wrap: str | None) -> None:
    one = request("w", {"kind": 2, "name": "x"})
    data = {wrap: one} if wrap else {"batches": one["resourceSpans"]}
    assert LOADER.recognises(data)
    assert set(by_id(load(LOADER, data))) == {"serves:w>w:x"}


@pytest.mark.parametrize("case", ["shop"])
@pytest.mark.slow
def test_damage_never_crashes(case: str) -> None:
    for data in damaged(json.loads((CASES / case / "input.json").read_text()), (None, 7, "\u202e", [], {"a": 1}, [7])):
        survives(LOADER, data)


@pytest.mark.parametrize("value", [None, 3, [], {}, [[]], {"resourceSpans": 7}, {"batches": [{"id": 1}]}, {"trace": 1}])
def test_what_it_is_not_is_refused(value: Any) -> None:
    assert not LOADER.recognises(value)
    with pytest.raises(InputError, match="f: no 'resourceSpans' at the top"):
        load(LOADER, value)


def test_metrics_alone_are_refused() -> None:
    assert LOADER.recognises({"resourceMetrics": []})
    with pytest.raises(InputError, match="no traces; name a file of traces"):
        load(LOADER, {"resourceMetrics": []})


def test_every_span_is_counted_once() -> None:
    good = request("w", {"kind": 2, "name": "x"}, {"name": "inner"})
    bad = {"resourceSpans": [7, {"scopeSpans": [8, {"spans": [9, {"spanId": 1}]}]}]}
    tally = load(LOADER, {"resourceSpans": [*good["resourceSpans"], *bad["resourceSpans"]]}).tally
    assert (tally.facts, tally.rejected, tally.ignored) == (2, 4, 0)


def test_secrets_and_values_do_not_come_out() -> None:
    spans = [client(**{"peer.service": secret, "http.method": "GET", "url.path": f"/{secret}"}) for secret in SECRETS]
    spans += [
        client(**{"db.system": "mysql", "db.name": secret, "db.statement": "SELECT 'CANARY'"}) for secret in SECRETS
    ]
    spans += [client(**{"http.method": "GET", "url.full": "https://u:CANARY@h.example/?CANARY", "x": "CANARY"})]
    spans += [{"kind": 2, "name": secret} for secret in SECRETS]
    assert "CANARY" not in everything(load(LOADER, request("w", *spans)))


def test_hostile_names(shared: Path) -> None:
    for name in hostile(shared):
        stated = {"http.method": "GET", "url.full": name, "http.route": name, "peer.service": name, "db.name": name}
        survives(LOADER, request(name or "w", client(**stated), {"kind": 2, "name": name}))


def test_order_repetition_and_splitting_change_nothing() -> None:
    lines = (CASES / "lines" / "input.jsonl").read_text().splitlines()
    halves = ("\n".join(lines[:3]), "\n".join(lines[3:]))
    lawful(LOADER, halves, "\n".join(reversed(lines)), ".jsonl", zone="prod", owner="us")


@pytest.mark.slow
def test_many_distinct_calls() -> None:
    paths = [f"/item/word{'x' * (number % 500)}/{number}" for number in range(20_000)]
    spans = [{"kind": 2, "attributes": tags(**{"http.method": "GET", "url.path": path})} for path in paths]
    loaded = LOADER.load(_document(request("w", *spans)), {})
    assert loaded.tally == loaded.tally.model_copy(update={"facts": 20_000})
    assert len(loaded.relations) < 600
    assert all(len(relation.provenance) == 1 for relation in loaded.relations)
    assert {relation.verb for relation in loaded.relations} == {Verb.SERVES}


def _document(data: Any) -> Any:
    from blastradius.reading import parse_document

    return parse_document(json.dumps(data), "f", ".json")
