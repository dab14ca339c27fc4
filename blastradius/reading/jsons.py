"""JSON and JSON Lines, with the place of every key and element.

Places come from an index over the text: one pass notes where each object and array ends, and only what is asked
about is looked into further.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from blastradius.errors import InputError
from blastradius.loaderkit.json_values import Keys

from .shapes import Records
from .texts import MAX_DEPTH, Parsed, Places, Spot, fail, lines_of

MAX_LINE_PROBLEMS = 20
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_BRACKET = re.compile(rf'(?:[^"\[\]{{}}]++|{_STRING})*+(?:([\[\]{{}}])|[\s\S]*)', re.DOTALL)
_ENTRY = re.compile(rf"[\s,]*+(?:(?P<key>{_STRING})\s*+:\s*+)?(?P<value>[^\s,:\]}}])", re.DOTALL)
_SCALAR = re.compile(rf"{_STRING}|[^\s,\]}}]++", re.DOTALL)
_NO_NUMBER = re.compile(rf"(?:{_STRING})|(-?(?:NaN|Infinity))", re.DOTALL)
_LONG_NUMBER = re.compile(rf"(?:{_STRING})|(-?[0-9]{{4300,}})", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F])|.)", re.DOTALL)
Child = tuple[int, int]


class _RefusedError(Exception):
    """Something json accepts and we do not; its place is found afterwards."""


def parse_json(text: str, shown: str) -> Parsed:
    """One JSON document.

    Raises:
        InputError: not JSON, too deep, a key twice, a number or a character that does not exist.
    """
    index = JsonIndex(text)
    return Parsed(_loaded(index, shown, 1), index.locate)


def parse_lines(text: str, shown: str) -> Parsed:
    """JSON Lines: one JSON document a line; empty lines are passed over.

    Raises:
        InputError: lines that are not JSON, each with its place.
    """
    records, problems = Records(), list[str]()
    lines = [(number, line) for number, line in enumerate(lines_of(text), 1) if line.strip()]
    for number, line in lines:
        try:
            records.append(_loaded(JsonIndex(line), shown, number))
        except InputError as error:
            problems += error.problems
            if len(problems) == MAX_LINE_PROBLEMS:
                break
    if problems:
        raise InputError(problems)
    return Parsed(records, _LineIndex(lines).locate)


class JsonIndex:
    """Where the keys and elements of a JSON text stand."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.places = Places(text)
        self._ends: dict[int, int] | None = None
        self._entries: dict[int, dict[str | int, Child]] = {}
        self._above: dict[Keys, Child] = {}

    def locate(self, keys: Keys) -> Spot:
        """Line and column of the value at ``keys``, for an object's entry of its key."""
        return self.places.of(self.offset(keys)[0])

    def offset(self, keys: Keys) -> Child:
        """Where the entry at ``keys`` starts, and where its value does; of the last one that is there."""
        above = keys[:-1]
        if keys and above in self._above:  # most who ask look at one thing after the other
            return self._child(self._above[above], keys[-1]) or self._above[above]
        place = len(self.text) - len(self.text.lstrip())
        found = (place, place)
        for number, key in enumerate(keys, 1):
            if number == len(keys):
                self._above[above] = found
            child = self._child(found, key)
            if child is None:
                break
            found = child
        return found

    def _child(self, of: Child, key: str | int) -> Child | None:
        entries = self.entries(of[1])
        found = entries.get(key)
        return entries.get(str(key)) if found is None and not isinstance(key, str) else found

    def entries(self, start: int) -> dict[str | int, Child]:
        """The entries of the object or array at an offset; of two with one key the last."""
        if start not in self._entries:
            self._entries[start] = dict(self.walk(start))
        return self._entries[start]

    def walk(self, start: int) -> Iterator[tuple[str | int, Child]]:
        """Key or number of each entry of the object or array at an offset, with where it starts."""
        if self.text[start : start + 1] not in ("{", "["):
            return
        at, number = start + 1, 0
        while found := _ENTRY.match(self.text, at):
            key, value = found[1], found.start(2)
            yield (number, (value, value)) if key is None else (_word(key), (found.start(1), value))
            number += 1
            at = self.after(value)

    def after(self, start: int) -> int:
        """Where the value that starts at an offset ends."""
        if self.text[start] in "{[":
            return self.ends.get(start, len(self.text))
        scalar = _SCALAR.match(self.text, start)
        return scalar.end() if scalar else start + 1

    @property
    def ends(self) -> dict[int, int]:
        """Where each object and array ends, by where it starts."""
        if self._ends is None:
            self._ends, opened = {}, list[int]()
            for found in _BRACKET.finditer(self.text):
                mark = found[1]
                if mark == "{" or mark == "[":
                    opened.append(found.end() - 1)
                elif opened:
                    self._ends[opened.pop()] = found.end()
        return self._ends

    def too_deep(self) -> int | None:
        """Where the first value opens that is nested too deep, if any."""
        depth = 0
        for found in _BRACKET.finditer(self.text):
            depth += 1 if found[1] in ("{", "[") else -1
            if depth > MAX_DEPTH:
                return found.end() - 1
        return None

    def repeated(self) -> tuple[str, int, int] | None:
        """The first key said for the second time, and both its places."""
        found = [key for start in self.ends if (key := self._repeated_in(start))]
        return min(found, key=lambda key: key[2]) if found else None

    def _repeated_in(self, start: int) -> tuple[str, int, int] | None:
        seen: dict[str | int, int] = {}
        for key, (place, _) in self.walk(start):
            if key in seen:
                return str(key), seen[key], place
            seen[key] = place
        return None


class _LineIndex:
    """Where things stand in JSON Lines."""

    def __init__(self, lines: list[tuple[int, str]]) -> None:
        self.lines = lines
        self.last: tuple[int, JsonIndex] | None = None

    def locate(self, keys: Keys) -> Spot:
        number = keys[0] if keys else None
        if not isinstance(number, int) or not -1 < number < len(self.lines):
            return (1, 1)
        line, text = self.lines[number]
        if self.last is None or self.last[0] != number:
            self.last = number, JsonIndex(text)
        return line, self.last[1].locate(keys[1:])[1]


def _word(token: str) -> str:
    word: str = json.loads(token) if "\\" in token else token[1:-1]
    return word


def _loaded(index: JsonIndex, shown: str, line: int) -> Any:
    """The value of a JSON text that starts on a line of its file."""
    text = index.text

    def refuse(place: Spot, message: str) -> NoReturn:
        fail(shown, (place[0] + line - 1, place[1]), message)

    try:
        data = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        too_deep = len(text) > MAX_DEPTH and _is_deeper([data], MAX_DEPTH + 1)
    except _RefusedError as error:
        refuse(*_refusal(index, str(error), line))
    except (ValueError, RecursionError) as error:
        refuse(*_syntax(index, error))
    if too_deep:
        refuse(*_syntax(index, RecursionError()))
    if "\\u" in text:
        half = next((found.start() for found in _ESCAPE.finditer(text) if found[1]), None)
        if half is not None:
            refuse(index.places.of(half), "half a surrogate pair; write the whole character")
    return data


def _syntax(index: JsonIndex, error: Exception) -> tuple[Spot, str]:
    """Where and why a text is none that can be read; that it is nested too deep comes first."""
    deep, text = index.too_deep(), index.text
    if deep is not None:
        return index.places.of(deep), f"nested deeper than {MAX_DEPTH} levels; flatten the document"
    if isinstance(error, json.JSONDecodeError):
        comment = text[error.pos : error.pos + 2] in ("//", "/*")
        why = "a comment, which JSON does not have; remove the comments" if comment else error.msg.lower()
        return index.places.of(error.pos), f"not JSON: {why}"
    return _first(_LONG_NUMBER, index), f"not JSON that can be read: {str(error).split(';')[0].lower()}"


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether something is nested in more levels than that."""
    if not levels:
        return True
    for item in value.values() if type(value) is dict else value:
        if (type(item) is dict or type(item) is list) and _is_deeper(item, levels - 1):
            return True
    return False


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RefusedError
    return found


def _no_constant(name: str) -> NoReturn:
    raise _RefusedError(name)


def _refusal(index: JsonIndex, constant: str, line: int) -> tuple[Spot, str]:
    """Where and why a text was refused: for a number that is none, or for a key that is there twice."""
    repeated = None if constant else index.repeated()
    if repeated is None:
        return _first(_NO_NUMBER, index), f"{constant} is not JSON; write a number or null"
    key, first, second = repeated
    place = index.places.of(first)
    message = f"key {key!r} is there twice, first at {place[0] + line - 1}:{place[1]}; keep one of them"
    return index.places.of(second), message


def _first(pattern: re.Pattern[str], index: JsonIndex) -> Spot:
    """The first place, outside strings, of what a pattern's group finds."""
    return next((index.places.of(found.start(1)) for found in pattern.finditer(index.text) if found[1]), (1, 1))
