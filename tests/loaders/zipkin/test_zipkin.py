"""The Zipkin loader: small cases, real traces counted naively, hostile input, and order."""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import Basis, NoteKind, Verb
from blastradius.reading import read_document
from tests.loaders.laws import SECRETS, damaged, everything, hostile, lawful, load, survives

LOADER: Loader = importlib.import_module("blastradius.loaders.zipkin").LOADER
CASES = Path(__file__).parent / "cases"
REAL = Path(os.environ.get("BLASTRADIUS_SHARED", Path(__file__).parents[4] / "shared")) / "data" / "traffic" / "zipkin"


def span(service: str, **more: Any) -> dict[str, Any]:
    return {"traceId": "t", "id": "1", "localEndpoint": {"serviceName": service}, **more}


def ids(loaded: Loaded) -> set[str]:
    return {relation.id for relation in loaded.relations}


def says(loaded: Loaded, kind: NoteKind) -> str:
    return "\n".join(str(note) for note in loaded.notes if note.kind == kind)


def naive(name: str) -> tuple[int, int, set[str], set[tuple[str, str]]]:
    """Spans with and without a service, the services, and who called whom over ids that two spans share."""
    spans = [
        each for one in json.loads((REAL / name).read_text()) for each in (one if isinstance(one, list) else [one])
    ]
    nameless = {"", "unknown"}
    named = [span for span in spans if span.get("localEndpoint", {}).get("serviceName", "") not in nameless]
    services = {each["localEndpoint"]["serviceName"] for each in named}
    pairs = set()
    for one in named:
        for other in named:
            same = one["traceId"] == other["traceId"] and one["id"] == other["id"]
            if same and one.get("kind") == "CLIENT" and other.get("kind") == "SERVER":
                pairs.add((one["localEndpoint"]["serviceName"], other["localEndpoint"]["serviceName"]))
    return len(named), len(spans) - len(named), services, {pair for pair in pairs if pair[0] != pair[1]}


@pytest.mark.skipif(not REAL.is_dir(), reason="real traces are not here")
@pytest.mark.parametrize(
    ("name", "facts", "rejected"),
    [
        ("ascend.json", 8, 0),
        ("messaging-kafka.json", 28, 0),
        ("smartthings-mobile-web-install.json", 1041, 0),
        ("smartthings-oauth-authorization.json", 175, 0),
        ("yelp.json", 15, 1),
    ],
)
def test_real_traces(name: str, facts: int, rejected: int) -> None:
    loaded = LOADER.load(read_document(REAL / name), {})
    named, nameless, services, pairs = naive(name)
    assert (loaded.tally.facts, loaded.tally.rejected) == (named, nameless) == (facts, rejected)
    assert loaded.tally.ignored == 0
    assert services <= {entity.id for entity in loaded.entities}
    calls = {
        (relation.sources[0], relation.targets[0].split(":")[0])
        for relation in loaded.relations
        if relation.verb == Verb.CALLS
    }
    assert pairs <= calls


@pytest.mark.skipif(not REAL.is_dir(), reason="real traces are not here")
def test_a_real_trace_of_a_proxy_without_a_name_is_refused_and_says_the_way_out() -> None:
    document = read_document(REAL / "envoy.json")
    with pytest.raises(InputError, match="without a service; option service names it"):
        LOADER.load(document, {})
    assert ids(LOADER.load(document, {"service": "edge"})) == {"serves:edge>edge:GET /"}


def test_a_call_has_two_sides_and_the_server_names_the_operation() -> None:
    client = span("web", kind="CLIENT", name="get", tags={"http.method": "GET", "http.path": "/orders/8"})
    server = span("orders", kind="SERVER", name="get /orders/{order}", shared=True, tags={"http.method": "GET"})
    assert ids(load(LOADER, [client, server])) == {
        "calls:web>orders:GET /orders/{order}",
        "serves:orders>orders:GET /orders/{order}",
    }


def test_many_spans_are_one_relation_with_its_first_place() -> None:
    spans = [
        span("web", id=str(n), kind="CLIENT", name=f"get /orders/{n}", remoteEndpoint={"serviceName": "orders"})
        for n in range(50)
    ]
    loaded = load(LOADER, spans)
    assert ids(loaded) == {"calls:web>orders:GET /orders/{id}", "serves:orders>orders:GET /orders/{id}"}
    assert {len(relation.provenance) for relation in loaded.relations} == {1}
    assert loaded.tally.facts == 50


def test_who_served_an_unanswered_call_is_inferred() -> None:
    loaded = load(LOADER, [span("web", kind="CLIENT", name="post /pay", remoteEndpoint={"serviceName": "psp"})])
    basis = {relation.verb: relation.basis for relation in loaded.relations}
    assert basis == {Verb.CALLS: Basis.OBSERVED, Verb.SERVES: Basis.INFERRED}


def test_a_path_that_was_not_found_is_no_operation() -> None:
    tags = {"http.method": "GET", "http.path": "/wp-login.php", "http.status_code": "404"}
    loaded = load(LOADER, [span("web", kind="SERVER", tags=tags)])
    assert ids(loaded) == set()
    assert "no operation: 1" in says(loaded, NoteKind.UNRESOLVED)
    asked = span("web", kind="SERVER", tags=tags, remoteEndpoint={"serviceName": "edge"})
    assert ids(load(LOADER, [asked])) == {"calls:edge>web:(any)", "serves:web>web:(any)"}


def test_annotations_tell_the_side_where_no_kind_does() -> None:
    assert ids(load(LOADER, [span("web", name="get /", annotations=[{"value": "sr"}, {"value": "ss"}])])) == {
        "serves:web>web:GET /"
    }


def test_work_inside_a_service_is_no_operation() -> None:
    inner = span("web", id="2", parentId="1", name="render")
    assert ids(load(LOADER, [span("web", kind="SERVER", name="get /"), inner])) == {"serves:web>web:GET /"}


@pytest.mark.slow
@pytest.mark.parametrize("case", sorted(file.name for file in CASES.iterdir()))
def test_damage_never_crashes(case: str) -> None:
    for data in damaged(
        json.loads((CASES / case / "input.json").read_text()), ("\u202e", 7, None, [], {"a": 1}, "y" * 600)
    ):
        survives(LOADER, data)


@pytest.mark.parametrize("value", [None, 3, [], [[]], [7], {}, {"traceId": "a"}, [{"traceId": "a", "spanId": "b"}]])
def test_what_it_is_not_is_refused(value: Any) -> None:
    assert not LOADER.recognises(value)
    with pytest.raises(InputError, match=r"f: not a list of spans"):
        load(LOADER, value)


def test_secrets_and_values_do_not_come_out() -> None:
    tags = {"http.method": "GET", "http.url": "https://u:CANARY@h.example/CANARY%40x?t=CANARY", "sql.query": "CANARY"}
    spans = [span("web", kind="CLIENT", name=f"get {secret}", tags=tags) for secret in SECRETS]
    spans += [span(secret) for secret in SECRETS]
    spans += [span("web", kind="SERVER", name=secret) for secret in SECRETS]
    spans += [span("web", kind="PRODUCER", tags={"kafka.topic": secret}) for secret in SECRETS]
    assert "CANARY" not in everything(load(LOADER, spans))


def test_hostile_names(shared: Path) -> None:
    for name in hostile(shared):
        tags = {"http.method": name, "http.path": f"/{name}", "kafka.topic": name}
        survives(LOADER, [span(name, name=name, tags=tags, kind="SERVER", remoteEndpoint={"serviceName": name})])


def test_names_that_stand_for_two_kinds_of_thing() -> None:
    spans = [span("a", kind="SERVER", name="get /x", tags={}), span("a:GET /x", id="2", kind="SERVER", name="b")]
    assert "something of another kind" in says(load(LOADER, spans), NoteKind.UNRESOLVED)


def test_order_repetition_and_splitting_by_trace_change_nothing() -> None:
    one, other = json.loads((CASES / "v2" / "input.json").read_text())
    lawful(LOADER, ([one], [other]), [other, one], parties={"*.payfast.example": "payfast"}, owner="us")


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(InputError, match="did you mean 'parties'"):
        load(LOADER, [span("web")], partys={})
