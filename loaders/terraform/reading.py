"""Terraform's plans and states in their own terms: every resource instance with its address and attributes.

Three shapes come to one: ``terraform show -json`` of a state, of a plan, and the raw state file of version 3 or 4. Of a
plan what will be is read, and of what is read from the cloud (data sources) what was.

Rests on Terraform's JSON Output Format (``format_version`` 0.1 to 1.x), sections State, Plan and Values Representation,
and on state files of version 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Document
from blastradius.loaderkit.json_values import Keys
from blastradius.loaderkit.names import harmless

from .old_states import old_resources

_FORMAT = re.compile(r"(0\.[12]|1\.\d+)")
_INDEX = re.compile(r"\[[^\]]*\]")
_SHOW = "terraform show -json (of a plan or a state), or a terraform.tfstate of version 3 or 4"
_TYPE = re.compile(r"[a-z0-9]+_[a-z0-9_]+")


@dataclass(frozen=True)
class Resource:
    """One instance of a resource; ``hidden`` are the attributes that are marked as sensitive."""

    address: str
    mode: str
    type: str
    name: str
    index: str
    module: tuple[str, ...]
    keys: Keys
    values: dict[str, Any]
    hidden: frozenset[str] = frozenset()
    created: bool = False


@dataclass
class Estate:
    """All resources of a file; ``destroyed`` are the addresses that a plan takes away."""

    plan: bool
    resources: list[Resource] = field(default_factory=list)
    malformed: list[tuple[str, Keys]] = field(default_factory=list)
    destroyed: list[str] = field(default_factory=list)
    configuration: dict[str, Any] = field(default_factory=dict)
    errored: bool = False


def is_terraform(data: Any) -> bool:
    """Whether a document is a plan, a state, or configuration written as JSON."""
    if not isinstance(data, dict):
        return False
    shown = isinstance(data.get("format_version"), (str, int, float)) and "terraform_version" in data
    values = data.get("planned_values")
    planned = isinstance(values, dict) and (isinstance(values.get("root_module"), dict) or "resource_changes" in data)
    return shown or planned or _is_state(data) or _is_configuration(data) or _is_encrypted(data)


def _is_state(data: dict[str, Any]) -> bool:
    rows = data.get("resources")
    first = rows[0] if isinstance(rows, list) and rows else None
    instances = isinstance(first, dict) and "instances" in first and "type" in first
    known = "lineage" in data or "terraform_version" in data
    return isinstance(data.get("version"), (int, str)) and (instances or (known and ("serial" in data)))


def _is_encrypted(data: dict[str, Any]) -> bool:
    return "encrypted_data" in data and "encryption_version" in data


def _is_configuration(data: dict[str, Any]) -> bool:
    blocks = data.get("resource")
    named = isinstance(blocks, dict) and bool(blocks) and all(_TYPE.fullmatch(str(block)) for block in blocks)
    return named and all(isinstance(block, (dict, list)) for block in (blocks or {}).values())


def read_estate(document: Document) -> Estate:
    """Read a plan or a state.

    Raises:
        InputError: neither, or of a version that is not known.
    """
    data = document.data
    why = _not_ours(data)
    if why:
        raise InputError([f"{document.path}: {why}"])
    if "format_version" not in data and "planned_values" not in data:
        return _old(data) if str(data.get("version")) == "3" else _raw(data)
    return _plan(data) if "planned_values" in data else _state(data)


def _not_ours(data: Any) -> str | None:
    if not isinstance(data, dict) or not is_terraform(data):
        return f"neither a plan nor a state; expected what {_SHOW} has"
    if _is_encrypted(data):
        return "an encrypted state or plan; save what tofu show -json prints where the key is at hand"
    if "format_version" in data or "planned_values" in data:
        version = str(data.get("format_version", "1.0"))
        return None if _FORMAT.fullmatch(version) else f"format_version {version[:20]!r}; read are 0.1 to 1.x"
    if _is_configuration(data) and "version" not in data:
        return f"Terraform configuration, not its values; save {_SHOW}"
    version = str(data.get("version"))
    if version not in ("3", "4"):
        return f"a state of version {version[:20]!r}; read are 3 and 4: run terraform show -json, or refresh the state"
    return None


# what terraform show -json prints


def _state(data: dict[str, Any]) -> Estate:
    found = Estate(plan=False)
    _modules(found, data.get("values"), ("values",), {}, data_only=False)
    return found


def _plan(data: dict[str, Any]) -> Estate:
    found = Estate(plan=True, errored=data.get("errored") is True or data.get("complete") is False)
    changes = _changes(data)
    _modules(found, data["planned_values"], ("planned_values",), changes, data_only=False)
    known = {resource.address for resource in found.resources}
    before = data.get("prior_state")
    prior = Estate(plan=True)
    if isinstance(before, dict):
        _modules(prior, before.get("values"), ("prior_state", "values"), {}, data_only=True)
    found.resources += [resource for resource in prior.resources if resource.address not in known]
    found.destroyed = [
        address for address, change in changes.items() if address not in known and change.get("actions") == ["delete"]
    ]
    root = data.get("configuration")
    found.configuration = root if isinstance(root, dict) else {}
    return found


def _changes(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    rows = data.get("resource_changes")
    found: dict[str, dict[str, Any]] = {}
    for row in rows if isinstance(rows, list) else []:
        change = row.get("change") if isinstance(row, dict) else None
        if isinstance(change, dict) and isinstance(row.get("address"), str):
            found[row["address"]] = change
    return found


def _modules(found: Estate, values: Any, keys: Keys, changes: dict[str, dict[str, Any]], *, data_only: bool) -> None:
    root = values.get("root_module") if isinstance(values, dict) else None
    stack: list[tuple[Any, Keys]] = [(root, (*keys, "root_module"))]
    while stack:
        module, where = stack.pop()
        if not isinstance(module, dict):
            if module is not None:
                found.malformed.append(("a module that is none", where))
            continue
        for row, place in _rows(module, "resources", where):
            _shown(found, row, place, str(module.get("address", "")), changes, data_only=data_only)
        stack += reversed(list(_rows(module, "child_modules", where)))


def _rows(holder: dict[str, Any], name: str, keys: Keys) -> Iterator[tuple[Any, Keys]]:
    rows = holder.get(name)
    listed = rows if isinstance(rows, list) else [] if rows is None else [rows]
    for index, item in enumerate(listed):
        yield item, (*keys, name, index)


def _shown(
    found: Estate, row: Any, keys: Keys, module: str, changes: dict[str, dict[str, Any]], *, data_only: bool
) -> None:
    if data_only and (not isinstance(row, dict) or row.get("mode") != "data"):
        return
    texts = [row.get(key) for key in ("address", "type", "name")] if isinstance(row, dict) else [None]
    values = row.get("values", {}) if isinstance(row, dict) else None
    if not all(isinstance(text, str) and harmless(text) for text in texts) or not isinstance(values, dict):
        found.malformed.append(("a resource without address, type, name or values", keys))
        return
    change = changes.get(row["address"], {})
    hidden = _sensitive(row.get("sensitive_values")) | _sensitive(change.get("after_sensitive"))
    made = Resource(
        address=row["address"],
        mode=str(row.get("mode", "managed")),
        type=row["type"],
        name=row["name"],
        index=str(row.get("index", "")),
        module=_module(module),
        keys=keys,
        values=values,
        hidden=hidden,
        created=change.get("actions") == ["create"],
    )
    found.resources.append(made)


def _module(address: str) -> tuple[str, ...]:
    """The names of the modules on the way to one: ``module.db.module.users[0]`` is ``db``, ``users``."""
    return tuple(word for word in _INDEX.sub("", address).split(".")[1::2] if word)


def _sensitive(marks: Any) -> frozenset[str]:
    """The attributes with anything sensitive in them."""
    return frozenset(key for key, mark in marks.items() if _any_true(mark)) if isinstance(marks, dict) else frozenset()


def _any_true(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_any_true, value.values()))
    return any(map(_any_true, value)) if isinstance(value, list) else value is True


# the raw state file


def _raw(data: dict[str, Any]) -> Estate:
    found = Estate(plan=False)
    for row, keys in _rows(data, "resources", ()):
        if not isinstance(row, dict) or not all(isinstance(row.get(key), str) for key in ("type", "name")):
            found.malformed.append(("a resource without type or name", keys))
            continue
        for instance, place in _rows(row, "instances", keys):
            _instance(found, row, instance, place)
    return found


def _old(data: dict[str, Any]) -> Estate:
    found = Estate(plan=False)
    for module, keys in _rows(data, "modules", ()):
        path = module.get("path") if isinstance(module, dict) else None
        if not isinstance(path, list):
            found.malformed.append(("a module without a path", keys))
            continue
        names = tuple(str(key) for key in path[1:])
        for parts, values, place in old_resources(module, keys):
            if parts is None or values is None:
                found.malformed.append(("a resource without type, name or attributes", place))
                continue
            mode, kind, name, index = parts
            address = ".".join(
                [*(f"module.{name}" for name in names), *(["data"] if mode == "data" else []), kind, name]
            )
            shown = f"{address}[{index}]" if index else address
            found.resources.append(Resource(shown, mode, kind, name, index, names, place, values))
    return found


def _instance(found: Estate, row: dict[str, Any], instance: Any, keys: Keys) -> None:
    values = instance.get("attributes") if isinstance(instance, dict) else None
    if not isinstance(values, dict):
        found.malformed.append(("an instance without attributes", keys))
        return
    module, mode = str(row.get("module") or ""), str(row.get("mode", "managed"))
    index = instance.get("index_key")
    shown = "" if index is None else f"[{index}]" if isinstance(index, int) else f'["{index}"]'
    parts = [module, "data" if mode == "data" else "", row["type"], row["name"]]
    address = ".".join(part for part in parts if part) + shown
    hidden = frozenset(_first_steps(instance.get("sensitive_attributes")))
    made = Resource(address, mode, row["type"], row["name"], shown, _module(module), keys, values, hidden)
    found.resources.append(made)


def _first_steps(paths: Any) -> Iterator[str]:
    """The attribute that each path of a sensitive value starts from."""
    for path in paths if isinstance(paths, list) else []:
        first = path[0] if isinstance(path, list) and path else path
        name = first.get("value") if isinstance(first, dict) else None
        if isinstance(name, str):
            yield name
