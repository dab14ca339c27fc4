"""Records that several stores share are counted once; the rule is held against a search through all choices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blastradius.engine import World, compile_system, solve
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Relation, Scenario, Store, Verb
from blastradius.reports import copies
from blastradius.reports.impact import measured
from blastradius.reports.rows import records_read

Said = Mapping[str, Any]


def estate_of(stores: Mapping[str, Said], parts: Sequence[tuple[str, str]] = ()) -> Estate:
    made = tuple(Store.model_validate({"id": name, **said}) for name, said in stores.items())
    links = tuple(Relation(verb=Verb.PART_OF, sources=(part,), targets=(whole,)) for part, whole in parts)
    return Estate.build([Loaded(entities=made, relations=links)])


def counted(built: Estate, *read: str) -> int:
    """How many records can be read, by the answer on one scenario and by the measure of many worlds."""
    scenario = Scenario(breach=read)
    of_one = records_read(built, solve(built, scenario))
    assert measured(compile_system(built), [World(scenario)] * 3)[0].records == of_one
    return of_one


ABC: dict[str, Said] = {"a": {"records": 100}, "b": {"records": 200}}
KNOWN: list[tuple[dict[str, Said], str, int]] = [
    (ABC | {"c": {"copy_of": ["a", "b"]}}, "a b c", 300),
    (ABC | {"c": {"copy_of": ["a", "b"], "records": 250}}, "c", 250),
    (ABC | {"c": {"copy_of": ["a", "b"], "records": 250}}, "a c", 250),
    (ABC | {"c": {"copy_of": ["a", "b"], "records": 250}}, "a b c", 300),
    (ABC | {"c": {"copy_of": ["a", "b"], "records": 350}}, "a b c", 350),
    (ABC | {"c": {"copy_of": "a", "records": 90}}, "a c", 100),
    (ABC | {"c": {"copy_of": "a", "records": 90}, "d": {"copy_of": ["c", "b"], "records": 150}}, "a b c d", 300),
    (ABC | {"c": {"copy_of": "d", "records": 5}, "d": {"copy_of": "c", "records": 7}}, "c d", 7),
    (ABC | {"c": {"copy_of": ["a", "b"], "records": 900, "public": True}}, "a c", 100),
]


@pytest.mark.parametrize(("stores", "read", "records"), KNOWN)
def test_copies_are_counted_once_and_originals_apart(stores: dict[str, Said], read: str, records: int) -> None:
    assert counted(estate_of(stores), *read.split()) == records


def test_parts_add_up_and_the_whole_counts_in_their_place() -> None:
    stores: dict[str, Said] = {"all": {"records": 1000}, "eu": {"records": 200}, "us": {"records": 300}}
    built = estate_of(stores, [("eu", "all"), ("us", "all")])
    assert counted(built, "eu") == 200
    assert counted(built, "eu", "us") == 500
    assert counted(built, "all") == 1000


names = st.integers(0, 6).map("s{}".format)
many_stores = st.dictionaries(
    names,
    st.fixed_dictionaries(
        {
            "records": st.none() | st.integers(0, 9) | st.just(10**15),
            "copy_of": st.lists(names, unique=True, max_size=3),
        }
    ),
    min_size=1,
)


def plainly(built: Estate, read: Sequence[str]) -> int:
    """The most that stores add up to of which no two have an original in common, by trying all of them."""
    stores = [built.entities[name] for name in read]
    known = [(store.records, originals(built, store.id)) for store in stores if isinstance(store, Store)]
    choices = (choice for size in range(len(known) + 1) for choice in combinations(known, size))
    return max(
        sum(records or 0 for records, _ in choice)
        for choice in choices
        if all(one.isdisjoint(other) for (_, one), (_, other) in combinations(choice, 2))
    )


def originals(built: Estate, name: str) -> frozenset[str]:
    """The stores behind a store that are behind all that is behind them; of those in a circle the first."""
    behind = {each: {each, *_behind(built, each)} for each in built.entities}
    last = (end for end in behind[name] if all(end in behind[other] for other in behind[end]))
    return frozenset(min(behind[end]) for end in last)


def _behind(built: Estate, name: str) -> Iterator[str]:
    queue, seen = [name], {name}
    for there in queue:
        new = {*getattr(built.entities[there], "copy_of", ())} - seen
        seen |= new
        queue += sorted(new)
        yield from new


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(many_stores, st.data())
def test_the_count_is_the_most_that_stores_add_up_to(stores: dict[str, Said], data: st.DataObject) -> None:
    known = {
        name: {**said, "copy_of": [other for other in said["copy_of"] if other in stores]}
        for name, said in stores.items()
    }
    read = data.draw(st.lists(st.sampled_from(sorted(known)), unique=True, min_size=1))
    built = estate_of(known)
    assert counted(built, *read) == plainly(built, read)


sets = st.lists(st.tuples(st.integers(1, 10**6), st.frozensets(st.integers(0, 9), min_size=2, max_size=4)), max_size=8)


@settings(max_examples=60, deadline=None)
@given(sets)
def test_what_is_too_much_to_search_through_comes_out_the_same(gains: list[tuple[int, frozenset[int]]]) -> None:
    wanted = copies.counted(gains)
    before, copies.MOST_EXACT = copies.MOST_EXACT, 0
    try:
        assert copies.counted(gains) == wanted
    finally:
        copies.MOST_EXACT = before


def test_a_long_chain_of_copies_that_share_originals_is_counted() -> None:
    pairs = [(10, frozenset({n, n + 1})) for n in range(2 * copies.MOST_EXACT)]
    assert copies.counted(pairs) == 10 * copies.MOST_EXACT
