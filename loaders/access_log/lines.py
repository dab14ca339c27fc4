"""Lines of an access log in the log's own words: which columns each has.

Read are the Common and Combined Log Format (with a host in front or more behind), Envoy's own format, those of AWS
load balancers and HAProxy, W3C extended logs with their ``#Fields``, JSON by the line, in a list or under
``records``, and ``key=value`` pairs. Columns of the formats without names are called ``client``, ``ident``, ``user``,
``request``, ``status``, ``referer``, ``agent``, ``vhost``, ``authority``, ``upstream``, ``upstream_cluster``; what
stands behind a Combined line is ``extra1``, ``extra2`` and so on.

Rests on the W3C Extended Log File Format (WD-logfile-960323), section Format, and on ``LogFormat`` of Apache's
mod_log_config.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from blastradius.loaderkit.json_values import Keys

Columns = dict[str, str]
Parser = Callable[[str], "Columns | None"]
LOOKED_AT = 20
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_COMMON = re.compile(
    rf"(?:(?P<vhost>[\w.-]+(?::\d+)?) )?(?P<client>\S+) (?P<ident>\S+) (?P<user>[^\[]*?) \[(?P<time>[^\]]*)\] ?"
    rf"(?P<request>{_QUOTED}) (?P<status>\d{{3}}|-) (?P<size>\d+|-)(?: (?P<more>.*))?"
)
_ENVOY = re.compile(rf"\[(?P<time>[^\]]*)\] (?P<request>{_QUOTED}) (?P<status>\d+) (?P<more>.*)")
_AWS = re.compile(
    rf"(?:(?:https?|h2|grpcs|wss?) )?\d{{4}}-\d\d-\d\dT\S+(?: \S+){{6}} (?P<status>\d{{3}}|-) \S+ \d+ \d+ "
    rf"(?P<request>{_QUOTED}) .*"
)
_HAPROXY = re.compile(
    rf"\[[^\[\]]*\] \S+ (?P<upstream_cluster>[^\s/]+)/\S+ (?:[-+]?\d+/){{4}}[-+]?\d+ (?P<status>\d{{3}}) .*"
    rf" (?P<request>{_QUOTED})$"
)
_TOKEN = re.compile(rf"{_QUOTED}|(\S+)")
_PAIR = re.compile(rf"(?<![\w.:@/-])([A-Za-z_][\w.:@/-]*)=(?:{_QUOTED}|(\S*))")

_BEHIND = ("referer", "agent")
"""The columns behind those of the Common format, as the Combined one has them."""


class Line(NamedTuple):
    """One line and its place: its columns, ``None`` where it does not fit the format of the others."""

    keys: Keys
    columns: Columns | None


def read(data: Any) -> Iterator[Line]:
    """The lines of a log that are not empty; directives of W3C logs are no lines."""
    fields: list[str] | None = None
    parse: Parser | None = None
    before, listed = _listed(data)
    for number, item in enumerate(listed):
        keys = (*before, number)
        if not isinstance(item, str):
            yield Line(keys, dict(_flat(item)) if isinstance(item, dict) else None)
        elif item.startswith("#"):
            fields = item.split()[1:] if item.lower().startswith("#fields:") else fields
        elif item.strip():
            parse = parse or _parser(item)
            yield Line(keys, _under(fields, item) if fields else parse(item) if parse else None)


def _listed(data: Any) -> tuple[Keys, list[Any]]:
    """The lines, and where they are; one object is one line, or holds a list of them."""
    records = data.get("records") if isinstance(data, dict) else None
    if isinstance(records, list):
        return ("records",), records
    return (), [data] if isinstance(data, dict) else data if isinstance(data, list) else []


def _parser(text: str) -> Parser | None:
    """The format of which a line is."""
    return next((parser for parser in (_json, _common, _envoy, _balancer, _pairs) if parser(text)), None)


def _json(text: str) -> Columns | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return dict(_flat(found)) if isinstance(found, dict) else None


def _flat(record: dict[str, Any], before: str = "", depth: int = 3) -> Iterator[tuple[str, str]]:
    """Columns of nested objects by their path (``request.method``); Azure's ``properties`` is no part of it."""
    for key, value in record.items():
        if isinstance(value, dict) and depth:
            yield from _flat(value, before if key == "properties" else f"{before}{key}.", depth - 1)
        elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
            yield f"{before}{key}", str(value)


def _common(text: str) -> Columns | None:
    found = _COMMON.fullmatch(text.strip())
    if found is None:
        return None
    columns = {name: value.strip('"') for name, value in found.groupdict().items() if value is not None}
    columns.pop("more", None)
    for number, value in enumerate(_tokens(found["more"] or "")):
        columns[_BEHIND[number] if number < len(_BEHIND) else f"extra{number - 1}"] = value.strip('"')
    return columns


def _envoy(text: str) -> Columns | None:
    """Envoy's own format; of what is quoted behind the status the last two are the authority and the upstream.

    Istio's goes on with the cluster, such as ``outbound|80||orders.shop.svc``.
    """
    found = _ENVOY.fullmatch(text.strip())
    if found is None:
        return None
    tokens = _TOKEN.findall(found["more"])
    quoted = [text for text, _ in tokens if text][-2:]
    named: Columns = dict(zip(("authority", "upstream"), quoted, strict=False))
    named["upstream_cluster"] = next((bare for _, bare in tokens if bare.count("|") == 3), "")
    return {"request": found["request"].strip('"'), "status": found["status"], "time": found["time"], **named}


def _balancer(text: str) -> Columns | None:
    found = _AWS.fullmatch(text.strip()) or _HAPROXY.search(text.strip())
    return {name: value.strip('"') for name, value in found.groupdict().items()} if found else None


def _pairs(text: str) -> Columns | None:
    found = {key: quoted or bare for key, quoted, bare in _PAIR.findall(text)}
    return found if len(found) > 2 else None


def _under(fields: list[str], text: str) -> Columns | None:
    values = text.split("\t") if "\t" in text else _tokens(text)
    return dict(zip(fields, values, strict=True)) if len(values) == len(fields) else None


def _tokens(text: str) -> list[str]:
    return [quoted or bare for quoted, bare in _TOKEN.findall(text)]
