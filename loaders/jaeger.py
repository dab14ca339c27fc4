"""Jaeger's JSON: which service called which operation, store and topic; and its links between services.

A record is a span, as Jaeger's pages, its store or its own model write it, or a link (parent, child, call count).
Links are what Jaeger and Zipkin both give as dependencies: they name no operation, so one operation
``<child>:(any)`` stands for what was called.

Rests on Jaeger's query API (``/api/traces``, ``/api/dependencies``) and on ``api_v2/model.proto``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.loaderkit.json_values import Keys
from blastradius.loaderkit.validation import read_options
from blastradius.loaderkit.vendors.traces.model import INFERS_NOT, MAPS, NO_SERVICE, Records, SpanOptions
from blastradius.loaderkit.vendors.traces.spans import KINDS, WANTED, Span, text
from blastradius.model import NoteKind

_LOOKED_AT = 20
_OF_THE_MODEL = frozenset(["traceId", "spanId", "operationName", "process"])
_VALUES = ("value", "vStr", "vInt64", "vBool", "vFloat64")
_ANSWER = frozenset(["data", "total", "limit", "offset", "errors"])


def recognises(data: Any) -> bool:
    """Whether a document is an answer of Jaeger's API, traces saved from its pages, or links."""
    if isinstance(data, dict) and "data" in data:
        if data.keys() <= _ANSWER and len(data) > 1:
            return True
        data = data["data"]
    return any(map(_is_record, data[:_LOOKED_AT] if isinstance(data, list) else [data]))


def _is_record(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    spans = item.get("spans")
    trace = "spans" in item and ("processes" in item or "traceID" in item)
    trace = trace or (isinstance(spans, list) and any(map(_is_span, spans[:_LOOKED_AT])))
    return trace or _is_span(item) or {"parent", "child", "callCount"} <= item.keys()


def _is_span(item: Any) -> bool:
    return isinstance(item, dict) and ({"traceID", "spanID"} <= item.keys() or item.keys() >= _OF_THE_MODEL)


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read traces or links.

    Raises:
        InputError: an answer that says an error, nothing that can be read, or an option that does not fit.
    """
    if not recognises(document.data):
        raise InputError([f"{document.path}: neither traces nor links between services; expected Jaeger's JSON"])
    records = Records("jaeger", document, read_options(SpanOptions, document, options))
    data = document.data
    wrapped = isinstance(data, dict) and "data" in data
    if wrapped and data["data"] is None:
        raise InputError([f"{document.path}: Jaeger answered with an error and no traces; ask it again"])
    for keys, item in _listed(("data",), data["data"]) if wrapped else _listed((), data):
        _record(keys, item, records)
    if wrapped and data.get("errors"):
        records.traffic.collector.note(
            NoteKind.INCOMPLETE, "Jaeger says that it could not find everything; ask it again"
        )
    return records.loaded()


def _listed(keys: Keys, data: Any) -> Iterator[tuple[Keys, Any]]:
    if isinstance(data, list):
        yield from (((*keys, number), item) for number, item in enumerate(data))
    else:
        yield keys, data


def _record(keys: Keys, item: Any, records: Records) -> None:
    if not isinstance(item, dict):
        records.reject(keys, "that are no objects")
    elif "callCount" in item:
        _link(keys, item, records)
    elif "spans" in item:
        processes = item.get("processes")
        for place, span in _listed((*keys, "spans"), item["spans"]):
            _take(place, span, processes if isinstance(processes, dict) else {}, records)
    else:
        _take(keys, item, {}, records)


def _take(keys: Keys, record: Any, processes: dict[str, Any], records: Records) -> None:
    if not isinstance(record, dict):
        records.reject(keys, "that are no objects")
    elif not _id(record, "trace") or not _id(record, "span"):
        records.reject(keys, "without a trace id or a span id")
    else:
        process = record.get("process") or processes.get(str(record.get("processID")))
        process = process if isinstance(process, dict) else {}
        service = records.service(process.get("serviceName"))
        records.take(keys, [_span(keys, record, service, _tags(process.get("tags")))] if service else [])


def _span(keys: Keys, record: dict[str, Any], service: str, process: dict[str, str]) -> Span:
    tags = {
        **{key: declared for key, declared in process.items() if key.startswith("deployment.")},
        **_tags(record.get("tags")),
    }
    kind = KINDS.get(tags.get("span.kind", "").lower(), "internal")
    name = text(record.get("operationName")) or ""
    return Span(keys, _id(record, "trace"), _id(record, "span"), _parents(record), service, kind, name, tags)


def _id(record: dict[str, Any], what: str) -> str:
    return next((found for key in (f"{what}ID", f"{what}Id") if isinstance(found := record.get(key), str)), "")


def _parents(record: dict[str, Any]) -> tuple[str, ...]:
    """The spans that this one was caused by: children of a call first, then what followed from a message."""
    listed = record.get("references")
    found = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    found.sort(key=lambda item: item.get("refType", "CHILD_OF") != "CHILD_OF")
    return tuple(filter(None, (_id(item, "span") for item in found) if found else [_id(record, "parentSpan")]))


def _tags(listed: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in listed if isinstance(listed, list) else ():
        key = item.get("key") if isinstance(item, dict) else None
        value = next((item[name] for name in _VALUES if name in item), None) if key else None
        declared = text(value) if isinstance(key, str) and key in WANTED else None
        if declared:
            found[str(key)] = declared
    return found


def _link(keys: Keys, link: dict[str, Any], records: Records) -> None:
    """A link between two services; one to itself says nothing, and one of no calls was not seen."""
    parent, child = records.service(link.get("parent")), records.service(link.get("child"))
    count = str(link.get("callCount"))
    if parent is None or child is None:
        records.reject(keys, NO_SERVICE)
    elif not re.fullmatch("[0-9]+", count):
        records.reject(keys, "without a count of calls")
    elif parent == child or not count.strip("0"):
        records.traffic.collector.ignore("links of a service to itself or without a call")
    else:
        records.link(keys, parent, child)


LOADER = Loader(
    name="jaeger",
    title="Jaeger traces and dependencies (JSON)",
    suffixes=(".json", ".jsonl"),
    recognises=recognises,
    load=load,
    reads="observed calls between services, the operations called, databases and topics used, services outside",
    maps=(*MAPS, ("link between two services", "call of one operation that stands for all of the other's")),
    infers_not=INFERS_NOT,
    options=SpanOptions,
)
