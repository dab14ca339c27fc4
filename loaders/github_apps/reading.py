"""Answers and events of GitHub's API in their own words: which record each thing is, and where it stands.

Rests on GitHub's REST API (2022-11-28), sections Apps, Organizations (personal access tokens) and Deploy keys, and on
its webhook payloads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from blastradius.loaderkit.json_values import Keys, kind_by_keys, text

_LOOKED_AT = 20
_MARKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("installation", ("id", "app_id", "permissions", "repository_selection")),
    ("token", ("id", "owner", "permissions", "repository_selection", "access_granted_at")),
    ("request", ("id", "owner", "permissions", "repository_selection", "token_expired")),
    ("authorized", ("login", "credential_id", "credential_type")),
    ("app", ("id", "slug", "owner", "permissions", "events")),
    ("authorization", ("id", "app", "scopes")),
    ("deploy_key", ("id", "title", "read_only", "key")),
)
_LISTS = {"repositories": "repository", "repositories_added": "repository", "repositories_removed": "removed"}


@dataclass(frozen=True)
class Row:
    """One record; one that an event carries has the event beside it."""

    kind: str
    attributes: dict[str, Any]
    keys: Keys
    event: dict[str, Any]

    def text(self, *path: str) -> str:
        """The text, or the number as text, at a path of keys; empty where there is none."""
        return text(self.attributes, *path)


def recognises(data: Any) -> bool:
    """Whether a document is an answer of GitHub's API, or an event of it, that says who holds what."""
    for number, row in enumerate(rows(data)):
        if row.kind != "odd":
            return True
        if number >= _LOOKED_AT:
            break
    return False


def rows(data: Any, keys: Keys = ()) -> Iterator[Row]:
    """The records of a file: a list, a page or a list of them, one object, or an event."""
    if isinstance(data, list):
        for number, item in enumerate(data):
            if isinstance(item, list) or _installations(item) is not None:
                yield from rows(item, (*keys, number)) if len(keys) < 2 else ()
            else:
                yield from _row(item, (*keys, number))
    elif _installations(data) is not None:
        yield from rows(data["installations"], (*keys, "installations"))
    elif wrapping := _wrapping(data):
        yield from _row(_inside(data, wrapping), (*keys, *wrapping))
    else:
        yield from _row(data, keys)


def _installations(data: Any) -> list[Any] | None:
    found = data.get("installations") if isinstance(data, dict) and "total_count" in data else None
    return found if isinstance(found, list) else None


def missing(data: Any) -> int:
    """How many installations the pages of a file count and do not list."""
    pages = [page for page in (data if isinstance(data, list) else [data]) if _installations(page) is not None]
    counts = [page["total_count"] for page in pages if type(page["total_count"]) is int]
    return max(counts, default=0) - sum(len(page["installations"]) for page in pages)


def _wrapping(data: Any) -> Keys:
    """Where an event stands in what tools keep of its delivery; nowhere if it is no such thing."""
    ways: tuple[Keys, ...] = (("payload",), ("request", "payload"))
    return next((way for way in ways if isinstance(inner := _inside(data, way), dict) and "action" in inner), ())


def _inside(data: Any, keys: Keys) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _row(item: Any, keys: Keys) -> Iterator[Row]:
    event = item if isinstance(item, dict) and "action" in item else {}
    carried = next((name for name in ("installation", "key") if kind_of(event.get(name)) is not None), None)
    if carried is None:
        yield Row(kind_of(item) or "odd", item if isinstance(item, dict) else {}, keys, {})
        return
    yield Row(kind_of(event[carried]) or "odd", event[carried], (*keys, carried), event)
    for name, kind in _LISTS.items() if carried == "installation" else ():
        listed = event.get(name)
        for number, entry in enumerate(listed) if isinstance(listed, list) else ():
            yield Row(kind, entry if isinstance(entry, dict) else {}, (*keys, name, number), event)


def kind_of(item: Any) -> str | None:
    """Which record an object is, by the fields that tell."""
    return kind_by_keys(item, _MARKS)
