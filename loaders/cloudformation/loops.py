"""Loops of a template (``Fn::ForEach``) written out: the entries that each makes of its body.

Rests on the transform ``AWS::LanguageExtensions``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from blastradius.loaderkit.json_values import Keys

LANGUAGE = "AWS::LanguageExtensions"
MAX_MADE = 20_000
MAX_NESTED = 5
_LOOP = "Fn::ForEach::"
_PLACE = re.compile(r"([$&])\{([^${}]{1,300})\}")
_DROPPED = re.compile(r"[^A-Za-z0-9]")
Bound = dict[str, str]


@dataclass
class Loops:
    """Writes out the loops of one template; ``texts`` works out what a loop goes over.

    ``unknown`` are the loops over values that only the deployment decides: those are gone through once. ``left`` is
    how many entries of mappings may still be made.
    """

    texts: Callable[[Any], list[str]]
    unknown: set[str] = field(default_factory=set)
    left: int = MAX_MADE

    def written_out(self, holder: dict[str, Any], keys: Keys, bound: Bound) -> Iterator[tuple[str, Any, Keys]]:
        """The entries of a mapping with their places in the file, a loop as all that it makes."""
        for name, value in holder.items():
            if isinstance(name, str) and name.startswith(_LOOP) and _is_loop(value) and len(bound) < MAX_NESTED:
                for item in self._over(name, self.filled(value[1], bound)) if self.left > 0 else ():
                    yield from self.written_out(value[2], (*keys, name, 2), {**bound, value[0]: item})
            elif not bound or self.left > 0:
                self.left -= bool(bound)
                yield _put(name, bound), self.filled(value, bound), (*keys, name)
            else:
                return

    def filled(self, value: Any, bound: Bound) -> Any:
        """A value with what the loops around it stand at."""
        if isinstance(value, str):
            return _put(value, bound)
        if isinstance(value, list):
            return [self.filled(item, bound) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and isinstance(value.get("Ref"), str) and value["Ref"] in bound:
            return bound[value["Ref"]]
        return {name: item for name, item, _ in self.written_out(value, (), bound)}

    def _over(self, name: str, collection: Any) -> list[str]:
        found = self.texts(collection)
        if any("${" in item for item in found):
            self.unknown.add(name.removeprefix(_LOOP))
        return found


def _is_loop(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 3 and isinstance(value[0], str) and isinstance(value[2], dict)


def _put(text: str, bound: Bound) -> str:
    """A text with each variable's value; ``&{}`` keeps of it what a name may have."""

    def put(found: re.Match[str]) -> str:
        value = bound.get(found[2])
        return found[0] if value is None else value if found[1] == "$" else _DROPPED.sub("", value)

    return _PLACE.sub(put, text) if bound else text
