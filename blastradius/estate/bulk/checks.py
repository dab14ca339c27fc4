"""What is checked of every estate, checked by column."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from blastradius.errors import InputError
from blastradius.estate.bulk.reader import MOST_PROBLEMS, Reading, array_of
from blastradius.estate.columns import CONTROLS, KINDS, NOWHERE, VERBS
from blastradius.estate.ragged import Flags, Lists, Numbers
from blastradius.model import SIGNATURES, Verb
from blastradius.rules import placements


def check(reading: Reading, sources: Lists, targets: Lists, verb: Numbers) -> None:
    """What ``Estate.build`` checks one by one, checked by column.

    Raises:
        InputError: with the line of each problem, at most twenty of them.
    """
    problems = list(islice(_problems(reading, sources, targets, verb), MOST_PROBLEMS))
    if problems:
        raise InputError([f"{reading.at(line)}: {message}" for line, message in sorted(problems)])


def _problems(reading: Reading, sources: Lists, targets: Lists, verb: Numbers) -> Iterator[tuple[int, str]]:
    names = list(reading.names.number)
    kind, lines = array_of(reading.names.kind), array_of(reading.relation["line"])
    for each in np.flatnonzero(kind == NOWHERE).tolist():
        yield reading.names.met[each], f"{names[each]!r} is not declared"
    for word, ends, side in (("from", sources, "sources"), ("to", targets, "targets")):
        allowed = np.array([[each in getattr(SIGNATURES[one], side) for each in KINDS] for one in VERBS])
        wrong = ~allowed[verb[ends.owners], kind[ends.values]] & (kind[ends.values] != NOWHERE)
        for place in np.flatnonzero(wrong).tolist():
            owner, name = int(ends.owners[place]), names[ends.values[place]]
            of = ", ".join(sorted(getattr(SIGNATURES[VERBS[verb[owner]]], side)))
            found = KINDS[kind[ends.values[place]]]
            yield int(lines[owner]), f"{name!r} is a {found}; {VERBS[verb[owner]]} goes {word} {of}"
    yield from _misshapen(reading, sources, targets, verb, lines)
    yield from _misplaced(reading, kind, verb)


def _misshapen(
    reading: Reading, sources: Lists, targets: Lists, verb: Numbers, lines: Numbers
) -> Iterator[tuple[int, str]]:
    """Relations of too many ends, with words of another verb, or said twice."""
    joint = np.array([SIGNATURES[each].joint for each in VERBS])[verb]
    group = np.array([SIGNATURES[each].group for each in VERBS])[verb]
    rows = {name: array_of(reading.relation[name]) for name in ("at_least", "vote_min", "brittle", "capacity_loss")}
    depends, consumes = (verb == VERBS.index(each) for each in (Verb.DEPENDS_ON, Verb.CONSUMES))
    for wrong, message in (
        ((sources.lengths > 1) & ~joint, "names several sources at once; give each a line of its own"),
        ((targets.lengths > 1) & ~group, "names several targets at once; give each a line of its own"),
        ((rows["at_least"] > 0) & ~depends, "has at_least, which belongs on depends_on"),
        ((rows["capacity_loss"] > 0) & ~depends, "has capacity_loss, which belongs on depends_on"),
        ((rows["vote_min"] > 0) & ~consumes, "has vote_min, which belongs on consumes"),
        ((rows["brittle"] > 0) & ~consumes, "has brittle, which belongs on consumes"),
        (rows["at_least"] > targets.lengths, "asks for more than it names"),
        (_repeats(sources) | _repeats(targets), "names the same thing twice; name it once"),
    ):
        for place in np.flatnonzero(wrong).tolist():
            yield int(lines[place]), f"{VERBS[verb[place]]} {message}"
    keys: dict[tuple[Any, ...], int] = {}
    firsts = np.stack([verb, sources.first, targets.first], axis=1) if len(verb) else np.zeros((0, 3), np.int64)
    _, back, times = np.unique(firsts, axis=0, return_inverse=True, return_counts=True)
    for place in np.flatnonzero(times[back.reshape(-1)] > 1).tolist():
        key = (int(verb[place]), tuple(sources[place]), tuple(targets[place]))
        if key in keys:
            yield (
                int(lines[place]),
                f"the same {VERBS[verb[place]]} is at {reading.at(int(lines[keys[key]]))}; say it once",
            )
        keys.setdefault(key, place)


def _repeats(ends: Lists) -> Flags:
    found = np.zeros(len(ends), np.bool_)
    for place in np.flatnonzero(ends.lengths > 1).tolist():
        found[place] = len(set(ends[place])) < ends.lengths[place]
    return found


def _misplaced(reading: Reading, kind: Numbers, verb: Numbers) -> Iterator[tuple[int, str]]:
    """Controls where no rule looks for them."""
    places = placements()
    on_kind = np.array([[each in places[control][0] for each in KINDS] for control in CONTROLS])
    on_verb = np.array([[each in places[control][1] for each in VERBS] for control in CONTROLS])
    rows = {name: array_of(column) for name, column in reading.control.items()}
    on_entity = rows["entity"] != NOWHERE
    fits = np.where(
        on_entity,
        on_kind[rows["kind"], kind[np.where(on_entity, rows["entity"], 0)] if len(kind) else 0],
        on_verb[rows["kind"], verb[np.where(on_entity, 0, rows["relation"])] if len(verb) else 0],
    )
    for place in np.flatnonzero(~fits).tolist():
        entity = int(rows["entity"][place])
        host = KINDS[kind[entity]] if entity != NOWHERE else VERBS[verb[rows["relation"][place]]]
        control = CONTROLS[rows["kind"][place]]
        belongs = ", ".join(sorted(map(str, (*places[control][0], *places[control][1])))) or "a control, as fails"
        yield int(rows["line"][place]), f"control {str(control)!r} stops nothing on {host}; it belongs on {belongs}"
