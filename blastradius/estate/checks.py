"""What is checked of every estate, by column: references, kinds at the ends, words and controls in their places."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from itertools import chain, islice

import numpy as np

from blastradius.columns.facts import FactTable
from blastradius.columns.ragged import Flags, Numbers, RaggedArray, flags_at
from blastradius.columns.tables import CONTROLS, KINDS, NO_INDEX, VERBS
from blastradius.errors import InputError
from blastradius.model import SIGNATURES, TAKEN_BY, Expectation, Kind, Provenance, Verb
from blastradius.rules import placements

MOST_COMPARED = 20_000
"""Among more names than this no similar one is looked for: it would take seconds a name."""

_PLACES = placements()
_COLUMN = {"on_missing": "defaults"}
_TOLERATED = {"extent", "dependency", "buffer_h"}
"""Words that are findings where no rule reads them, and not refused."""
Check = tuple[Flags, Callable[[int], Iterable[str]]]
"""The rows that a check finds something in, and what it says of one."""


def check(table: FactTable, expected: Iterable[Expectation], most: int | None = None) -> None:
    """Refuse facts that do not go together.

    Raises:
        InputError: an unknown reference, a wrong kind at an end, a word or a control where no rule looks for it; all
            of them at once, or the first ``most``.
    """
    checks = _Checks(table)
    problems = list(islice(chain(checks.relations(), checks.entities(), checks.expectations(expected)), most))
    if problems:
        raise InputError(problems)


def at(provenance: tuple[Provenance, ...]) -> str:
    """The place of a thing as a message begins with it."""
    return f"{provenance[0]}: " if provenance else ""


def words(names: Iterable[str]) -> str:
    """Names in alphabetical order."""
    return ", ".join(sorted(map(str, names)))


class _Checks:
    """The checks of one table of facts."""

    def __init__(self, table: FactTable) -> None:
        self.table = table
        self.columns = table.relations
        self.misplaced = _misplaced(table)
        self.unknown_provider = _unknown(table, table.controls.provider)

    def relations(self) -> Iterator[str]:
        """What is wrong with relations, in their order."""
        sides = [self._ends(side) for side in ("sources", "targets")]
        checks = [*sides, *self._shapes(), *self._words(), *self._keys(), self._parts(), *self._repeats()]
        checks.append(self._too_many())
        controls = self.table.controls
        wrong = controls.relation[(self.misplaced | self.unknown_provider) & (controls.relation != NO_INDEX)]
        checks.append((flags_at(wrong, len(self.columns.verb)), lambda row: self._controls(controls.relation == row)))
        yield from _said(checks, lambda row: at(self.table.rows.relation_at(row)))

    def entities(self) -> Iterator[str]:
        """What is wrong with entities, in their order."""
        controls, copies, count = self.table.controls, self.table.fields.copy_of, len(self.table.kind)
        lost = {
            entity: [original for original in originals if self.table.kind[original] == NO_INDEX]
            for entity, originals in copies.items()
        }
        wrong = controls.entity[(self.misplaced | self.unknown_provider) & (controls.entity != NO_INDEX)]
        checks: list[Check] = [
            (
                flags_at([entity for entity, originals in lost.items() if originals], count),
                lambda row: [self._unknown(original, frozenset({Kind.STORE})) for original in lost[row]],
            ),
            (flags_at(wrong, count), lambda row: self._controls(controls.entity == row)),
        ]
        yield from _said(checks, lambda row: at(self.table.rows.entity_at(row)))

    def expectations(self, expected: Iterable[Expectation]) -> Iterator[str]:
        """What expectations name that is not there."""
        for expectation in expected:
            facts = (*expectation.reached, *expectation.not_reached, *expectation.possible)
            left_out = expectation.for_each.excluded if expectation.for_each else ()
            excepted = (name for found in expectation.accepted for name in (found.start, found.entity) if name)
            for name in (*(fact.entity for fact in facts), *left_out, *excepted):
                number = self.table.number.get(name, NO_INDEX)
                if number == NO_INDEX or self.table.kind[number] == NO_INDEX:
                    yield f"{at(expectation.provenance)}{self._not_declared(name, frozenset(Kind))}"

    # relations

    def _ends(self, side: str) -> Check:
        ends: RaggedArray = getattr(self.columns, side)
        # one column more, for NO_INDEX: what is not declared fits nowhere
        fits = np.array([[kind in getattr(SIGNATURES[verb], side) for kind in (*KINDS, None)] for verb in VERBS])
        row_ids = ends.row_ids
        wrong = ~fits[self.columns.verb[row_ids], self.table.kind[ends.values]]

        def say(row: int) -> Iterator[str]:
            verb = VERBS[self.columns.verb[row]]
            kinds: frozenset[Kind] = getattr(SIGNATURES[verb], side)
            return self._unfit(ends[row], kinds, f"{verb} goes here to {words(kinds)}")

        return flags_at(row_ids[wrong], len(ends)), say

    def _shapes(self) -> Iterator[Check]:
        verb = self.columns.verb
        for side, may in (("targets", "group"), ("sources", "joint")):
            ends: RaggedArray = getattr(self.columns, side)
            fits = np.array([getattr(SIGNATURES[name], may) for name in VERBS])
            message = f" names several {side} at once; give each an item of its own"
            yield (ends.lengths > 1) & ~fits[verb], self._saying(message)

    def _words(self) -> Iterator[Check]:
        for word in TAKEN_BY.keys() - _TOLERATED:
            column = getattr(self.columns, _COLUMN.get(word, word))
            stated = (column.lengths if isinstance(column, RaggedArray) else column) > 0
            elsewhere = stated & ~np.isin(self.columns.verb, [VERBS.index(verb) for verb in TAKEN_BY[word]])
            yield elsewhere, self._saying(f"; it belongs on {words(TAKEN_BY[word])}", f"{word} says nothing on ")

    def _keys(self) -> Iterator[Check]:
        """What stands under the keys of a call is a credential."""
        for word in ("keys", "needs"):
            named: RaggedArray = getattr(self.columns, word)
            wrong = self.table.kind[named.values] != KINDS.index(Kind.CREDENTIAL)
            yield flags_at(named.row_ids[wrong], len(named)), self._saying_of_keys(named)

    def _saying_of_keys(self, named: RaggedArray) -> Callable[[int], Iterable[str]]:
        return lambda row: self._unfit(named[row], frozenset({Kind.CREDENTIAL}), "a call is made with credentials")

    def _unfit(self, numbers: Iterable[int], kinds: frozenset[Kind], expected: str) -> Iterator[str]:
        """What is wrong with names that should be of these kinds."""
        for number in numbers:
            kind = self._kind(number)
            if kind is None:
                yield self._unknown(number, kinds)
            elif kind not in kinds:
                yield f"{self.table.names[number]!r} is a {kind}; {expected}"

    def _parts(self) -> Check:
        """A part and its whole are of one kind."""
        parts, wholes = (self.table.kind[ends.first] for ends in (self.columns.sources, self.columns.targets))
        known = (parts != NO_INDEX) & (wholes != NO_INDEX)
        mixed = (self.columns.verb == VERBS.index(Verb.PART_OF)) & known & (parts != wholes)

        def say(row: int) -> Iterator[str]:
            part, whole = self.columns.sources[row][0], self.columns.targets[row][0]
            names, kinds = self.table.names, (self._kind(part), self._kind(whole))
            yield f"{names[part]!r} is a {kinds[0]}, part of {names[whole]!r}, a {kinds[1]}; both are of one kind"

        return mixed, say

    def _repeats(self) -> Iterator[Check]:
        for ends in (self.columns.sources, self.columns.targets, self.columns.keys, self.columns.needs):
            found = np.zeros(len(ends), np.bool_)
            for row in np.flatnonzero(ends.lengths > 1).tolist():
                found[row] = len(set(ends[row])) < ends.lengths[row]
            yield found, self._saying(" names the same thing twice; name it once")

    def _too_many(self) -> Check:
        least, count = self.columns.at_least, self.columns.targets.lengths
        return least > count, lambda row: [f"at_least {least[row]} of {count[row]} can never be met"]

    def _saying(self, message: str, before: str = "") -> Callable[[int], Iterable[str]]:
        """The verb of a row, with words before and after it."""
        return lambda row: [f"{before}{VERBS[self.columns.verb[row]]}{message}"]

    # controls and names

    def _controls(self, rows: Flags) -> Iterator[str]:
        """What is wrong with the controls in these rows, all of one host."""
        controls = self.table.controls
        for row in np.flatnonzero(rows).tolist():
            if self.misplaced[row]:
                kind = CONTROLS[controls.kind[row]]
                kinds, verbs = _PLACES[kind]
                places = words({*kinds, *verbs}) or "a control, as `fails: closed`"
                yield f"control {str(kind)!r} stops nothing on {self._host(row)}; it belongs on {places}"
            if self.unknown_provider[row]:
                yield self._unknown(int(controls.provider[row]), frozenset(Kind))

    def _host(self, control: int) -> Kind | Verb | None:
        """The kind or the verb of what a control stands on."""
        entity, relation = self.table.controls.entity[control], self.table.controls.relation[control]
        return self._kind(entity) if entity != NO_INDEX else VERBS[self.columns.verb[relation]]

    def _kind(self, number: int) -> Kind | None:
        return None if self.table.kind[number] == NO_INDEX else KINDS[self.table.kind[number]]

    def _unknown(self, number: int, kinds: frozenset[Kind]) -> str:
        return self._not_declared(self.table.names[number], kinds)

    def _not_declared(self, name: str, kinds: frozenset[Kind]) -> str:
        near = np.flatnonzero(np.isin(self.table.kind, [KINDS.index(kind) for kind in kinds]))
        known = [self.table.names[number] for number in near.tolist()] if len(near) <= MOST_COMPARED else []
        close = get_close_matches(name, known, n=1)
        tail = f"did you mean {close[0]!r}?" if close else f"declare it as {words(kinds)}"
        return f"{name!r} is not declared; {tail}"


def _said(checks: Iterable[Check], place: Callable[[int], str]) -> Iterator[str]:
    """What checks say, row by row."""
    known = list(checks)
    for row in np.flatnonzero(np.logical_or.reduce([flags for flags, _ in known])).tolist():
        for flags, say in known:
            if flags[row]:
                yield from (f"{place(row)}{message}" for message in say(row))


def _unknown(table: FactTable, numbers: Numbers) -> Flags:
    """Which numbers are of names that are not declared."""
    stated = numbers != NO_INDEX
    found = np.zeros(len(numbers), np.bool_)
    found[stated] = table.kind[numbers[stated]] == NO_INDEX
    return found


def _misplaced(table: FactTable) -> Flags:
    """Controls where no rule looks for them."""
    on_kind = np.array([[kind in _PLACES[control][0] for kind in KINDS] for control in CONTROLS])
    on_verb = np.array([[verb in _PLACES[control][1] for verb in VERBS] for control in CONTROLS])
    controls, found = table.controls, np.zeros(len(table.controls.kind), np.bool_)
    there = controls.entity != NO_INDEX
    found[there] = ~on_kind[controls.kind[there], table.kind[controls.entity[there]]]
    found[~there] = ~on_verb[controls.kind[~there], table.relations.verb[controls.relation[~there]]]
    return found
