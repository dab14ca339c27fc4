"""Zipkin v1 and v2 JSON: which service called which operation, store and topic.

A record is a span object. The two halves of a call may be two objects that share one id (v2), or one object
(v1). Services, operations and calls are observed; what raw paths are examples of is said in
``vendors.traces.paths``. A list of links (parent, child, call count) is read by the Jaeger loader.

Rests on Zipkin's API: ``Span`` of ``/api/v2`` and the annotations of ``/api/v1``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.loaderkit.json_values import Keys, mapping, mappings, scalar, under
from blastradius.loaderkit.validation import read_options
from blastradius.loaderkit.vendors.traces.model import INFERS_NOT, MAPS, Records, SpanOptions
from blastradius.loaderkit.vendors.traces.spans import KINDS, WANTED, Span, SpanKind, text

_LOOKED_AT = 20
_ENDS: Mapping[str, SpanKind] = {"sr": "server", "ss": "server", "cs": "client", "cr": "client", "ms": "producer",
                                 "mr": "consumer"}  # fmt: skip


def recognises(data: Any) -> bool:
    """Whether a document is a list of Zipkin spans, or a list of traces of them."""
    some = data[:_LOOKED_AT] if isinstance(data, list) else []
    spans = [span for item in some for span in (item[:_LOOKED_AT] if isinstance(item, list) else [item])]
    return any(isinstance(span, dict) and "traceId" in span and "id" in span for span in spans)


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read spans.

    Raises:
        InputError: no list of Zipkin spans, none that can be read, or an option that does not fit.
    """
    if not recognises(document.data):
        raise InputError([f"{document.path}: not a list of spans with 'traceId' and 'id'; expected Zipkin JSON"])
    records = Records("zipkin", document, read_options(SpanOptions, document, options))
    for keys, record in _records(document.data):
        if not isinstance(record, dict):
            records.reject(keys, "that are no objects")
        elif not scalar(record.get("traceId")) or not scalar(record.get("id")):
            records.reject(keys, "without a trace id or an id")
        else:
            sides = _v1(keys, record, records) if _is_v1(record) else _v2(keys, record, records)
            records.take(keys, list(sides))
    return records.loaded()


def _records(data: list[Any]) -> Iterator[tuple[Keys, Any]]:
    for number, item in enumerate(data):
        if isinstance(item, list):
            yield from (((number, index), span) for index, span in enumerate(item))
        else:
            yield (number,), item


def _is_v1(record: dict[str, Any]) -> bool:
    return "binaryAnnotations" in record or any(
        "endpoint" in annotation for annotation in mappings(record.get("annotations"))
    )


def _v2(keys: Keys, record: dict[str, Any], records: Records) -> Iterator[Span]:
    service = records.service(scalar(under(record, "localEndpoint", "serviceName")))
    if service is None:
        return
    tags = mapping(record.get("tags"))
    yield Span(
        keys,
        scalar(record.get("traceId")),
        scalar(record.get("id")),
        (scalar(record.get("parentId")),),
        service,
        KINDS.get(scalar(record.get("kind")).lower()) or _kind_of(mappings(record.get("annotations"))),
        scalar(record.get("name")),
        {name: declared for name, value in tags.items() if name in WANTED and (declared := text(value))},
        scalar(under(record, "remoteEndpoint", "serviceName")) or None,
    )


def _kind_of(annotations: list[dict[str, Any]]) -> SpanKind:
    """The side that the annotations of version 1 tell, where a span has some and no kind."""
    for annotation in annotations:
        side = _ENDS.get(scalar(annotation.get("value")))
        if side:
            return side
    return "internal"


def _v1(keys: Keys, record: dict[str, Any], records: Records) -> Iterator[Span]:
    """One span for each side that wrote annotations, or one of the kind ``internal`` where none says its side."""
    sides: dict[tuple[str, SpanKind], None] = {}
    hosts: list[str] = []
    for annotation in mappings(record.get("annotations")):
        service = records.service(scalar(under(annotation, "endpoint", "serviceName")))
        kind = _ENDS.get(scalar(annotation.get("value")))
        if service and kind:
            sides[service, kind] = None
        hosts += [service] if service else []
    tags, ends = _binary(record)
    if not sides:
        hosts += [host for host in (records.service(entry) for entry in ends.pop("", [])) if host]
        sides = {(hosts[0], "internal"): None} if hosts else {}
    for service, kind in sides:
        other = ends.get({"client": "sa", "server": "ca", "producer": "ma", "consumer": "ma"}.get(kind, "-"))
        name, parents = scalar(record.get("name")), (scalar(record.get("parentId")),)
        ids = scalar(record.get("traceId")), scalar(record.get("id"))
        yield Span(keys, *ids, parents, service, kind, name, tags, other[0] if other else None)


def _binary(record: dict[str, Any]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The tags of a v1 span, the other ends by ``sa``, ``ca`` or ``ma``, and under ``""`` who wrote the tags."""
    tags: dict[str, str] = {}
    ends: dict[str, list[str]] = {}
    for annotation in mappings(record.get("binaryAnnotations")):
        key, service = scalar(annotation.get("key")), scalar(under(annotation, "endpoint", "serviceName"))
        if key in ("sa", "ca", "ma"):
            ends.setdefault(key, []).extend([service] if service else [])
            continue
        value = text(annotation.get("value"))
        if key in WANTED and value:
            tags.setdefault(key, value)
        ends.setdefault("", []).extend([service] if service else [])
    return tags, {key: named for key, named in ends.items() if named}


LOADER = Loader(
    name="zipkin",
    title="Zipkin spans, v1 and v2 (JSON)",
    suffixes=(".json", ".jsonl"),
    recognises=recognises,
    load=load,
    reads="observed calls between services, the operations called, databases and topics used, services outside",
    maps=MAPS,
    infers_not=INFERS_NOT,
    options=SpanOptions,
)
