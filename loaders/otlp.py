"""OTLP traces as JSON: which service called which operation, store and topic.

A record is a span; a line or batch of metrics or logs is one record too, ignored. Read are the requests that
exporters write (one document, or one a line), what Jaeger's newer API wraps in ``result``, and what Tempo
calls ``trace`` or ``batches``.

Rests on the OpenTelemetry Protocol 1.x, section JSON Protobuf Encoding, and its ``trace.proto``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.loaderkit.json_values import Keys
from blastradius.loaderkit.validation import read_options
from blastradius.loaderkit.vendors.traces.model import INFERS_NOT, MAPS, Records, SpanOptions
from blastradius.loaderkit.vendors.traces.spans import WANTED, Span, SpanKind, text

_SPANS = ("resourceSpans", "resource_spans", "batches")
_OTHERS = ("resourceLogs", "resource_logs", "resourceMetrics", "resource_metrics", "resourceProfiles")
_WRAPS = ("result", "trace")
_LOOKED_AT = 20
_SCOPES = ("scopeSpans", "scope_spans", "instrumentationLibrarySpans", "instrumentation_library_spans")
_KINDS: Mapping[str, SpanKind] = {
    "2": "server", "3": "client", "4": "producer", "5": "consumer",
    "SPAN_KIND_SERVER": "server", "SPAN_KIND_CLIENT": "client",
    "SPAN_KIND_PRODUCER": "producer", "SPAN_KIND_CONSUMER": "consumer",
}  # fmt: skip


def recognises(data: Any) -> bool:
    """Whether a document is OTLP in JSON, alone or one request a line."""
    return any(map(_is_request, data[:_LOOKED_AT] if isinstance(data, list) else [data]))


def _is_request(item: Any) -> bool:
    if isinstance(item, dict):
        item = next((item[key] for key in _WRAPS if isinstance(item.get(key), dict)), item)
    if not isinstance(item, dict):
        return False
    batches = item.get("batches")
    tempo = isinstance(batches, list) and any(isinstance(batch, dict) and "resource" in batch for batch in batches)
    return tempo or any(isinstance(item.get(key), list) for key in (*_SPANS[:2], *_OTHERS))


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read spans.

    Raises:
        InputError: no OTLP, no span that can be read, metrics or logs only, or an option that does not fit.
    """
    if not recognises(document.data):
        raise InputError([f"{document.path}: no 'resourceSpans' at the top; expected OTLP traces in JSON"])
    records = Records("otlp", document, read_options(SpanOptions, document, options))
    for keys, request in _requests(document.data):
        if not isinstance(request, dict):
            records.reject(keys, "that are no objects")
            continue
        for other in _OTHERS:
            if other in request:
                records.traffic.collector.ignore("lists of metrics, logs or profiles")
        for place, scope, resource in _scopes(keys, request, records):
            _spans(place, scope, resource, records)
    ignored = records.traffic.collector.ignored
    if ignored and not records.spans and not records.bad:
        raise InputError([f"{document.path}: OTLP metrics, logs or profiles and no traces; name a file of traces"])
    return records.loaded()


def _requests(data: Any) -> Iterator[tuple[Keys, Any]]:
    listed = isinstance(data, list)
    for number, item in enumerate(data if listed else [data]):
        keys: Keys = (number,) if listed else ()
        wrap = next((key for key in _WRAPS if isinstance(item, dict) and isinstance(item.get(key), dict)), None)
        yield ((*keys, wrap), item[wrap]) if wrap else (keys, item)


def _scopes(
    keys: Keys, request: dict[str, Any], records: Records
) -> Iterator[tuple[Keys, dict[str, Any], dict[str, str]]]:
    """Every scope with the tags of its resource."""
    for name in _SPANS:
        for place, resource in _objects((*keys, name), request.get(name), records):
            about = resource.get("resource")
            tags = _tags(about.get("attributes") if isinstance(about, dict) else None)
            for scopes in _SCOPES:
                for inner, scope in _objects((*place, scopes), resource.get(scopes), records):
                    yield inner, scope, tags


def _spans(keys: Keys, scope: dict[str, Any], resource: dict[str, str], records: Records) -> None:
    service = records.service(resource.get("service.name"))
    for place, record in _objects((*keys, "spans"), scope.get("spans"), records):
        if not _id(record, "traceId", "trace_id") or not _id(record, "spanId", "span_id"):
            records.reject(place, "without a trace id or a span id")
        else:
            records.take(place, [_span(place, record, service, resource)] if service else [])


def _objects(keys: Keys, value: Any, records: Records) -> Iterator[tuple[Keys, dict[str, Any]]]:
    """The objects of a list, or the one that stands for a list; what is no object is rejected."""
    listed = value if isinstance(value, list) else [] if value is None else [value]
    for number, item in enumerate(listed):
        place = (*keys, number) if isinstance(value, list) else keys
        if isinstance(item, dict):
            yield place, item
        else:
            records.reject(place, "that are no objects")


def _span(keys: Keys, record: dict[str, Any], service: str, resource: dict[str, str]) -> Span:
    return Span(
        keys,
        _id(record, "traceId", "trace_id"),
        _id(record, "spanId", "span_id"),
        (_id(record, "parentSpanId", "parent_span_id"),),
        service,
        _KINDS.get(str(record.get("kind")), "internal"),
        text(record.get("name")) or "",
        {**_environment(resource), **_tags(record.get("attributes"))},
    )


def _environment(resource: dict[str, str]) -> dict[str, str]:
    return {key: declared for key, declared in resource.items() if key.startswith("deployment.")}


def _tags(attributes: Any) -> dict[str, str]:
    """The attributes that are read, as text."""
    found: dict[str, str] = {}
    for attribute in attributes if isinstance(attributes, list) else ():
        key, value = (attribute.get("key"), attribute.get("value")) if isinstance(attribute, dict) else (None, None)
        declared = _value(value) if isinstance(key, str) and key in WANTED and isinstance(value, dict) else None
        if declared:
            found[str(key)] = declared
    return found


def _value(value: dict[str, Any]) -> str | None:
    for kind in ("stringValue", "intValue", "boolValue", "doubleValue", "string_value", "int_value", "bool_value"):
        if kind in value:
            return text(value[kind])
    listed = value.get("arrayValue", value.get("array_value"))
    items = listed.get("values") if isinstance(listed, dict) else None
    only = items[0] if isinstance(items, list) and len(items) == 1 else None
    return _value(only) if isinstance(only, dict) else None


def _id(record: dict[str, Any], *names: str) -> str:
    """An id; hexadecimal is written in small letters or capitals, base64 is what it is."""
    found = next((value for name in names if isinstance(value := record.get(name), str)), "")
    return found.lower() if len(found) in (16, 32) else found


LOADER = Loader(
    name="otlp",
    title="OpenTelemetry traces (OTLP/JSON)",
    suffixes=(".json", ".jsonl"),
    recognises=recognises,
    load=load,
    reads="observed calls between services, the operations called, databases and topics used, services outside",
    maps=MAPS,
    infers_not=INFERS_NOT,
    options=SpanOptions,
)
