"""The access log loader: small cases, a real log counted naively, hostile input, and order."""

from __future__ import annotations

import importlib
import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import NoteKind
from blastradius.reading import read_document
from tests.loaders.laws import SECRETS, WRONG, damaged, everything, hostile, lawful, load, survives

LOADER: Loader = importlib.import_module("blastradius.loaders.access_log").LOADER
CASES = Path(__file__).parent / "cases"
SHARED = Path(os.environ.get("BLASTRADIUS_SHARED", Path(__file__).parents[4] / "shared"))
REAL = SHARED / "data" / "traffic" / "access" / "apache_logs.log"
COMMON = '192.0.2.1 - {} [10/Oct/2025:13:55:36 -0700] "{}" {} 23'


def line(request: str, user: str = "-", status: int = 200) -> str:
    return COMMON.format(user, request, status)


def ids(loaded: Loaded) -> set[str]:
    return {entity.id for entity in loaded.entities} | {relation.id for relation in loaded.relations}


@pytest.mark.skipif(not REAL.is_file(), reason="the real log is not here")
def test_a_real_log() -> None:
    statuses: Counter[int] = Counter()
    methods: Counter[str] = Counter()
    for text in REAL.read_text().splitlines():
        _, request, after = text.split('"')[:3]
        method, status = request.split()[0], int(after.split()[0])
        methods[method] += 1
        statuses[status] += method != "OPTIONS"
    loaded = LOADER.load(read_document(REAL), {"api": "site", "service": "web"})
    gone = sum(statuses[each] for each in (400, 401, 403, 404, 405))
    assert loaded.tally.ignored == gone + methods["OPTIONS"] == 216
    assert loaded.tally.facts == sum(methods.values()) - gone - methods["OPTIONS"] == 9784
    assert loaded.tally.rejected == 0
    assert "site:GET (static files)" in ids(loaded)
    assert not any(re.search(r"\.(png|css|js|ico)$", name) for name in ids(loaded))
    assert len(loaded.relations) == len(loaded.entities) - 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (line("GET /a/7?x=1 HTTP/1.1"), "gateway:GET /a/{id}"),
        ("shop.example:443 " + line("GET /a HTTP/2.0") + ' "-" "agent"', "shop.example:GET /a"),
        ('[2025-10-10T20:17:00Z] "POST /l HTTP/2" 204 - 154 0 2 1 "-" "ua" "id" "orders:80" "-"', "orders:POST /l"),
        ('time=1 method=PUT path="/p/9" status=200 host=h.example', "h.example:PUT /p/{id}"),
        ('{"httpMethod": "GET", "resourcePath": "/o/{oid}", "path": "/o/8", "status": "404"}', "gateway:GET /o/{oid}"),
        ('{"httpRequest": {"requestMethod": "GET", "requestUrl": "https://s.example/x", "status": 200}}',
         "s.example:GET /x"),
        ('{"request": "GET /v1 HTTP/1.1", "status": "200", "server_name": "n.example"}', "n.example:GET /v1"),
        ('{"RequestMethod": "GET", "RequestPath": "/t", "DownstreamStatus": 200, "RequestHost": "t.example"}',
         "t.example:GET /t"),
        ('h2 2025-10-10T20:17:00.1Z app/front/50dc 192.0.2.1:28 10.0.0.1:80 0.0 0.1 0.0 200 200 34 366 '
         '"POST https://s.example:443/o/7?x=1 HTTP/2.0" "ua" TLS_X TLSv1.2 arn:aws:x "Root=1" "-" "-" 0 2025 "forward"',
         "s.example:POST /o/{id}"),
        ('2025-10-10T20:17:00.1Z front 192.0.2.1:28 10.0.0.1:80 0.0 0.1 0.0 200 200 0 29 '
         '"GET http://s.example:80/o HTTP/1.1" "ua" - -', "s.example:GET /o"),
        ("Oct 10 20:17:00 edge haproxy[14]: 192.0.2.1:33 [10/Oct/2025:20:17:00.6] shop~ orders/srv1 10/0/30/69/109 200 "
         '27 - - ---- 1/1/1/1/0 0/0 {s.example} "GET /o/8 HTTP/1.1"', "serves:orders>orders:GET /o/{id}"),
        ('192.0.2.1 - partner [10/Oct/2025:20:17:00 +0000]"GET /o/{oid} HTTP/1.1" 200 10 c6', "gateway:GET /o/{oid}"),
        ('[2025-10-10T20:17:00Z] "GET /o HTTP/1.1" 200 - via_upstream - "-" 0 1 3 1 "-" "ua" "id" "orders:80" '
         '"10.0.0.1:80" outbound|80||orders.shop.svc 10.0.0.2:37 10.0.0.3:80 10.0.0.2:46 - default',
         "serves:orders.shop.svc>orders:GET /o"),
        ('{"httpMethod": "GET", "routeKey": "GET /pets/{pet}", "path": "/pets/8", "status": "404", "apiId": "a1"}',
         "a1:GET /pets/{pet}"),
        ('{"category": "GatewayLogs", "properties": {"method": "GET", "url": "https://s.example/x", '
         '"responseCode": 200, "apimSubscriptionId": "p", "apiId": "orders"}}', "grants:orders:caller p>orders:GET /x")
    ],
)  # fmt: skip
def test_formats(text: str, expected: str) -> None:
    lines = read_lines(text)
    assert LOADER.recognises(lines)
    assert expected in ids(load(LOADER, text, ".log"))


def read_lines(text: str) -> Any:
    from blastradius.reading import parse_document

    return parse_document(text, "f", ".log").data


def test_a_log_in_one_object_is_its_records() -> None:
    told = {"properties": {"httpMethod": "GET", "requestUri": "/o/7", "httpStatus": 200, "originalHost": "s.example"}}
    loaded = load(LOADER, {"records": [told, {"properties": {}}]})
    assert "s.example:GET /o/{id}" in ids(loaded)
    assert (loaded.tally.facts, loaded.tally.ignored) == (1, 1)
    assert "f:1:14" in str(next(entity for entity in loaded.entities).provenance[0])


def test_a_column_that_names_nobody_leaves_the_caller_to_the_next() -> None:
    record = {
        "caller": "-",
        "user": "",
        "authorizer.principalId": "acme",
        "httpMethod": "GET",
        "path": "/o",
        "status": 200,
    }
    assert "gateway:caller acme" in ids(load(LOADER, json.dumps(record), ".jsonl"))
    assert "gateway:caller acme" in ids(load(LOADER, line("GET /o HTTP/1.1").replace(" - - ", " acme - "), ".log"))


def test_a_table_with_the_columns_of_a_log_is_one() -> None:
    table = "method,path,status,client_id\nGET,/a/1,200,acme\nGET,/a/2,200,acme\n"
    assert ids(load(LOADER, table, ".csv", api="a")) == {
        "a:GET /a/{id}",
        "a:caller acme",
        "grants:a:caller acme>a:GET /a/{id}",
    }


def test_a_refused_call_grants_nothing_even_where_the_route_is_known() -> None:
    text = "\n".join([line("GET /a/1 HTTP/1.1", "acme", 403), line("GET /a/1 HTTP/1.1", "acme", 401)])
    loaded = load(LOADER, text, ".log", routes=["/a/{id}"])
    assert ids(loaded) == set()
    assert loaded.tally.ignored == 2


def test_a_known_route_was_called_even_where_nothing_was_found() -> None:
    text = line("GET /a/1 HTTP/1.1", "acme", 404)
    assert ids(load(LOADER, text, ".log", routes=["/a/{key}"])) >= {"grants:gateway:caller acme>gateway:GET /a/{key}"}
    assert ids(load(LOADER, text, ".log")) == set()


@pytest.mark.parametrize(
    ("callers", "relations"),
    [
        ("credential", {"grants:o:caller acme>o:GET /"}),
        ("party", {"grants:o:caller acme>o:GET /", "holds:acme>o:caller acme"}),
        ("service", {"calls:acme>o:GET /"}),
    ],
)
def test_what_callers_are(callers: str, relations: set[str]) -> None:
    loaded = load(LOADER, line("GET / HTTP/1.1", "acme"), ".log", api="o", callers=callers)
    assert {relation.id for relation in loaded.relations} == relations


def test_columns_by_any_name() -> None:
    text = json.dumps([{"verb": "GET", "what": "/x", "answer": 200, "who": "acme", "where": "orders"}])
    columns = {"method": "verb", "path": "what", "status": "answer", "api": "where"}
    assert not LOADER.recognises(json.loads(text))
    assert ids(load(LOADER, text, columns=columns, caller="who")) >= {"grants:orders:caller acme>orders:GET /x"}
    with pytest.raises(InputError, match="option columns says where they are"):
        load(LOADER, text)


@pytest.mark.parametrize(
    "value", [None, 7, [], {}, "x", ["x"], [[1]], [{"method": "GET"}], [{"path": "/a", "status": 1}]]
)
def test_what_it_is_not_is_not_recognised(value: Any) -> None:
    assert not LOADER.recognises(value)


@pytest.mark.parametrize("suffix", [".json", ".log"])
def test_what_it_is_not_is_refused(suffix: str) -> None:
    with pytest.raises(InputError, match=r"f: no line"):
        load(LOADER, "7" if suffix == ".json" else "hello\nworld", suffix)


def test_an_empty_log_says_that_nothing_was_seen() -> None:
    loaded = load(LOADER, "\n\n", ".log")
    assert "seen in 0 lines" in str(loaded.notes[0])
    assert loaded.tally.records == 0


def test_damage_never_crashes() -> None:
    records = [json.loads(text) for text in (CASES / "kong" / "input.jsonl").read_text().splitlines()]
    for data in damaged(records):
        survives(LOADER, data)


@pytest.mark.parametrize("wrong", [*WRONG, {"method": ["GET"], "path": {"a": 1}, "status": [200]}])
def test_wrong_lines_are_counted(wrong: Any) -> None:
    good = {"method": "GET", "path": "/a", "status": 200}
    loaded = load(LOADER, [good, wrong])
    assert loaded.tally.facts == 1
    assert loaded.tally.rejected + loaded.tally.ignored == 1


@pytest.mark.parametrize(
    "text",
    ['{"a":' * 5000, "{", '"' * 9999, "[" * 9999 + '] "', "a=" * 9999, "#Fields:", "#Fields: a\n\n b c", "\\" * 9999],
)
def test_broken_lines_never_crash(text: str) -> None:
    for each in (text, line("GET / HTTP/1.1") + "\n" + text, f'- - {text} [x] "{text}" 200 1'):
        try:
            load(LOADER, each, ".log")
        except InputError:
            continue


def test_secrets_and_values_do_not_come_out() -> None:
    lines = [line(f"GET /{secret}/x?key=CANARY HTTP/1.1", secret) for secret in SECRETS]
    lines += [line("GET https://u:CANARY@h.example/a HTTP/1.1") + ' "https://CANARY" "CANARY"']
    loaded = load(LOADER, "\n".join(lines), ".log")
    assert "CANARY" not in everything(loaded)
    assert [note.kind for note in loaded.notes].count(NoteKind.SECRET_DROPPED) == 1


def test_hostile_names(shared: Path) -> None:
    for name in hostile(shared):
        survives(LOADER, [{"method": "GET", "path": f"/{name}", "status": 200, "user": name, "host": name}])


def test_order_repetition_and_splitting_change_nothing() -> None:
    lines = (CASES / "combined" / "input.log").read_text().splitlines()
    stated = {"api": "orders", "service": "orders-svc", "parties": {"acme-*": "acme"}}
    lawful(LOADER, ("\n".join(lines[:4]), "\n".join(lines[4:])), "\n".join(lines[::-1]), ".log", **stated)


def test_calls_of_files_over_http_are_calls() -> None:
    text = "\n".join([line("PROPFIND /files HTTP/1.1", "acme", 207), line("MKCOL /files/new HTTP/1.1", "acme", 201)])
    loaded = load(LOADER, text, ".log", api="drive")
    assert ids(loaded) >= {"drive:PROPFIND /files", "drive:MKCOL /files/new"}
    assert (loaded.tally.facts, loaded.tally.ignored) == (2, 0)
