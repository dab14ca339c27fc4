"""What the configuration in a plan says of values that are known only after it is applied: whose they will be.

Rests on Terraform's JSON Output Format, sections Configuration and Expression Representation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from blastradius.loaderkit.json_values import mapping, mappings, texts

_INDEX = re.compile(r"\[[^\]]*\]")
MAX_FOLLOWED = 100
Module = tuple[str, ...]


@dataclass(frozen=True)
class Reference:
    """An attribute of a resource, by the module it stands in."""

    module: Module
    mode: str
    type: str
    name: str
    attribute: str


@dataclass
class References:
    """The expressions of a configuration, by module, mode, type and name."""

    expressions: dict[tuple[Module, str, str, str], dict[str, Any]] = field(default_factory=dict)
    modules: dict[Module, dict[str, Any]] = field(default_factory=dict)
    calls: dict[Module, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, configuration: dict[str, Any]) -> References:
        """Index a configuration."""
        found = cls()
        stack: list[tuple[Module, Any]] = [((), configuration.get("root_module"))]
        while stack:
            path, module = stack.pop()
            if not isinstance(module, dict):
                continue
            found.modules[path] = module
            for row in mappings(module.get("resources")):
                key = (path, str(row.get("mode", "managed")), str(row.get("type")), str(row.get("name")))
                found.expressions[key] = mapping(row.get("expressions"))
            for name, call in mapping(module.get("module_calls")).items():
                found.calls[(*path, name)] = mapping(mapping(call).get("expressions"))
                stack.append(((*path, name), mapping(call).get("module")))
        return found

    def of_attribute(self, module: Module, mode: str, kind: str, name: str, attribute: str) -> list[Reference]:
        """What an attribute of a resource refers to."""
        expression = self.expressions.get((module, mode, kind, name), {}).get(attribute)
        return list(self._followed(module, expression, set()))

    def _followed(self, module: Module, expression: Any, seen: set[tuple[Module, str]]) -> Iterator[Reference]:
        for declared in texts(mapping(expression).get("references")):
            if (module, declared) not in seen and len(seen) < MAX_FOLLOWED:
                seen.add((module, declared))
                yield from self._reference(module, _INDEX.sub("", declared).split("."), seen)

    def _reference(self, module: Module, parts: list[str], seen: set[tuple[Module, str]]) -> Iterator[Reference]:
        if parts[0] == "var" and len(parts) > 1 and module:
            yield from self._followed(module[:-1], self.calls.get(module, {}).get(parts[1]), seen)
        elif parts[0] == "module" and len(parts) > 2:
            inner = (*module, parts[1])
            output = mapping(mapping(self.modules.get(inner)).get("outputs")).get(parts[2])
            yield from self._followed(inner, mapping(output).get("expression"), seen)
        elif parts[0] == "data" and len(parts) > 3:
            yield Reference(module, "data", parts[1], parts[2], parts[3])
        elif len(parts) > 2 and parts[0] not in ("local", "each", "path", "self", "count", "terraform"):
            yield Reference(module, "managed", parts[0], parts[1], parts[2])
