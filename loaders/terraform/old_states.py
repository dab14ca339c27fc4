"""State files of version 3, as Terraform wrote them before 0.12: attributes as flat texts, ``rule.0.id`` for a list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from blastradius.loaderkit.json_values import Keys

MAX_PARTS = 20
_ADDRESS = re.compile(r"(data\.)?([^.]+)\.([^.]+)(?:\.(\d+))?")


def old_resources(module: dict[str, Any], keys: Keys) -> Iterator[tuple[tuple[str, str, str, str] | None, Any, Keys]]:
    """The resources of a module: mode, type, name and index (``None`` where there are none), attributes, place."""
    resources = module.get("resources")
    for address, row in resources.items() if isinstance(resources, dict) else ():
        found = _ADDRESS.fullmatch(str(address))
        parts = ("data" if found[1] else "managed", found[2], found[3], found[4] or "") if found else None
        primary = row.get("primary") if isinstance(row, dict) else None
        attributes = primary.get("attributes") if isinstance(primary, dict) else None
        yield parts, nested(attributes) if isinstance(attributes, dict) else None, (*keys, "resources", address)


def nested(flat: dict[str, Any]) -> dict[str, Any]:
    """Attributes in the shape that later versions have."""
    tree: dict[str, Any] = {}
    lists: set[str] = set()
    for name, value in flat.items():
        parts = str(name).split(".", MAX_PARTS)
        if parts[-1] == "#":
            lists.add(".".join(parts[:-1]))
        if parts[-1] in ("#", "%"):
            parts, value = parts[:-1], {}
        _set(tree, parts, value)
    return {name: _listed(item, name, lists) for name, item in tree.items()}


def _set(tree: dict[str, Any], parts: list[str], value: Any) -> None:
    for part in parts[:-1]:
        inner = tree.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        tree = inner
    if parts:
        tree.setdefault(parts[-1], value)


def _listed(value: Any, path: str, lists: set[str]) -> Any:
    """A mapping that was marked as a list or a set as a list, in the order of its keys."""
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(item, f"{path}.{name}", lists) for name, item in value.items()}
    ordered = sorted(inner, key=lambda item: (len(item), item))
    return [inner[key] for key in ordered] if path in lists else inner
