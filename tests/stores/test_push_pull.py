"""Push and pull on a real server: the same estate comes back, and nothing is lost on the way."""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import blastradius as br
from blastradius.errors import IncompleteError, InputError, StoreError
from blastradius.estate import Estate, snapshot
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Credential, Note, NoteKind, Operation, Party, Provenance, Relation, Scope, Store, Verb
from blastradius.stores.neo4j import Allowed, connected, pull, push, status
from blastradius.stores.neo4j.content import content_of
from blastradius.stores.neo4j.graph import MOST_BYTES, SCHEMA
from blastradius.stores.neo4j.loads import prepare, release, take
from blastradius.stores.neo4j.pull import records
from blastradius.stores.neo4j.shelf import LoadShelf
from tests.counts import examples, few
from tests.engine.random_estates import random_estate
from tests.loaders.lines.test_lines import written
from tests.stores.conftest import Place
from tests.stores.estates import EXAMPLES, ROOT, sized

ANY = Allowed(shrink=True, incomplete=True, beside_others=True)
NODES = "MATCH (n:Loaded) WHERE n.load STARTS WITH $estate + '#' RETURN count(n)"
LOADS = "MATCH (l:Load {estate: $estate}) RETURN count(l)"
LEASES = "MATCH (e:Estate {name: $estate}) WHERE e.lease IS NOT NULL RETURN count(e)"
INCIDENTS = sorted(file.parent for file in ROOT.glob("examples/incidents/*/estate.yaml"))


def pulled(place: Place) -> Estate:
    return Estate.build([pull(place.connection)])


@pytest.mark.parametrize("folder", [*EXAMPLES, *few(INCIDENTS, 2)], ids=lambda folder: folder.name)
def test_an_example_comes_back_as_it_was(place: Place, folder: Path) -> None:
    estate = br.load(folder)
    assert push(place.connection, estate, ANY).written
    other = pulled(place)
    assert snapshot.text(other) == snapshot.text(estate)
    assert (other.digest, other.notes) == (estate.digest, estate.notes)


@pytest.mark.slow
def test_the_questions_have_the_same_answers_to_the_byte(place: Place) -> None:
    estate = br.load(ROOT / "examples" / "northwind")
    push(place.connection, estate, ANY)
    other = br.load(place.uri)
    asked = [("reach", {"compromise": "acme", "assume": "lateral"}), ("rank", {}), ("verify", {})]
    asked += [("exposure", {"entity": "customer_db"}), ("levers", {"compromise": "acme"}), ("seen", {})]
    for question, given_ in asked:
        answers = [br.ask(question, some, **given_).answer for some in (estate, other)]
        assert answers[0] == answers[1]


def test_lines_keep_their_order_and_their_digest(place: Place, tmp_path: Path) -> None:
    rng = random.Random(7)
    estate = br.load(written(random_estate(rng), tmp_path / "a.jsonl", rng))
    assert estate.in_columns
    push(place.connection, estate, ANY)
    assert (pulled(place).digest, snapshot.text(pulled(place))) == (estate.digest, snapshot.text(estate))


@examples(1 / 20)
@given(st.integers(0, 2**40))
def test_random_estates_come_back_one_after_the_other(neo4j: str, seed: int) -> None:
    estate = random_estate(random.Random(seed))
    with connected(f"{neo4j}?estate=random-{os.getpid()}") as connection:
        push(connection, estate, ANY, batch=7)
        assert snapshot.text(Estate.build([pull(connection)])) == snapshot.text(estate)


def test_an_empty_estate_is_kept_too(place: Place) -> None:
    push(place.connection, Estate.build([Loaded()]), ANY)
    assert len(pulled(place).entities) == 0


def test_the_same_estate_again_writes_nothing(place: Place) -> None:
    first = push(place.connection, sized(20), ANY)
    touched = "MATCH (e:Estate {name: $estate}) RETURN e.touched + e.number"
    before = place.count(touched), place.count(NODES)
    again = push(place.connection, sized(20), ANY)
    assert (first.written, again.written, again.load) == (True, False, first.load)
    assert (place.count(touched), place.count(NODES)) == before


def test_the_load_before_is_kept_for_its_readers_and_older_ones_are_swept(place: Place) -> None:
    for seed in range(4):
        push(place.connection, sized(20, seed), ANY)
    (stored,) = [row for row in status(place.connection) if row.estate == place.connection.address.estate]
    assert (stored.load, stored.previous) == (f"{stored.estate}#4", f"{stored.estate}#3")
    assert place.count(LOADS) == 2
    assert place.count(NODES) == 2 * (20 + 20 + 2)
    assert place.count(LEASES) == 0
    assert snapshot.text(pulled(place)) == snapshot.text(sized(20, 3))


def test_a_load_that_nobody_finished_is_swept_by_the_next(place: Place) -> None:
    push(place.connection, sized(20), ANY)

    def stop(step: str) -> None:
        if step == "batch 1":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        push(place.connection, sized(30), ANY, batch=10, after=stop)
    assert place.count(LEASES) == 0
    assert place.count(LOADS) == 2
    assert snapshot.text(pulled(place)) == snapshot.text(sized(20))
    assert [row.unfinished for row in status(place.connection) if row.estate in place.uri] == [1]
    push(place.connection, sized(40), ANY)
    assert place.count("MATCH (l:Load {estate: $estate}) WHERE NOT l.whole RETURN count(l)") == 0
    assert snapshot.text(pulled(place)) == snapshot.text(sized(40))


def test_two_on_one_estate_are_one_after_the_other(places: Callable[[], Place]) -> None:
    one, other = places(), places()
    prepare(one.connection)
    lease = take(one.connection, "one")
    with pytest.raises(StoreError, match=r"is loading this estate; try again later, or in \d+ s"):
        push(other.connection, sized(5), ANY)
    release(lease)
    push(other.connection, sized(5), ANY)


def test_whose_lease_ran_out_writes_nothing_any_more(places: Callable[[], Place]) -> None:
    one, other = places(), places()

    def overtake(step: str) -> None:
        if step == "batch 0":
            forget = "MATCH (e:Estate {name: $estate}) SET e.lease_until = timestamp()"
            other.change(forget)
            push(other.connection, sized(30), ANY)

    with pytest.raises(StoreError, match="took over while this load was held up"):
        push(one.connection, sized(20), ANY, batch=10, after=overtake)
    assert snapshot.text(pulled(one)) == snapshot.text(sized(30))
    assert one.count(LEASES) == 0


def test_a_lease_of_a_clock_that_was_set_back_ends(place: Place) -> None:
    prepare(place.connection)
    take(place.connection, "from a later day")
    late = "MATCH (e:Estate {name: $estate}) SET e.lease_until = timestamp() + 86400000"
    place.change(late)
    assert push(place.connection, sized(5), ANY).written


def test_a_shrink_is_asked_about(place: Place) -> None:
    push(place.connection, sized(100), ANY)
    push(place.connection, sized(95))
    with pytest.raises(IncompleteError, match=r"things in all 389 -> 328; .*party 95 -> 80.*--accept-shrink"):
        push(place.connection, sized(80))
    assert snapshot.text(pulled(place)) == snapshot.text(sized(95))
    push(place.connection, sized(80), Allowed(shrink=True))
    assert snapshot.text(pulled(place)) == snapshot.text(sized(80))


def test_a_kind_that_is_gone_whole_is_asked_about(place: Place) -> None:
    store = Store(id="store")
    entities = tuple(sized(50).entities.values())
    push(place.connection, Estate.build([Loaded(entities=(*entities, store))]), ANY)
    with pytest.raises(IncompleteError, match="store 1 -> 0"):
        push(place.connection, Estate.build([Loaded(entities=entities)]))


def test_a_source_that_says_anew_that_it_is_cut_off_is_asked_about(place: Place) -> None:
    push(place.connection, sized(30), ANY)
    at = (Provenance(source="entra", file="users.json"),)

    def gap(message: str) -> Estate:
        note = Note(kind=NoteKind.INCOMPLETE, message=message, provenance=at)
        return Estate.build([Loaded(entities=tuple(sized(31).entities.values()), notes=(note,))])

    with pytest.raises(IncompleteError, match=r"users\.json: incomplete: 3 pages more\n.*--accept-incomplete"):
        push(place.connection, gap("3 pages more"), Allowed(shrink=True))
    push(place.connection, gap("3 pages more"), Allowed(shrink=True, incomplete=True))
    assert push(place.connection, gap("4 pages more")).written


def test_what_was_changed_by_hand_is_noticed(place: Place) -> None:
    push(place.connection, sized(5), ANY)
    change = "MATCH (n:Party) WHERE n.load STARTS WITH $estate + '#' SET n.record = replace(n.record, 'party', 'store')"
    place.change(change)
    with pytest.raises(StoreError, match="what is there is not what was pushed; push the estate again"):
        pull(place.connection)


def test_a_reader_that_is_overtaken_reads_the_new_estate(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    push(place.connection, sized(5, 1), ANY)
    real, overtaken = records, list[bool]()

    def slow(*arguments: Any) -> list[str]:
        if not overtaken:
            overtaken.append(True)
            push(place.connection, sized(5, 2), ANY)
            push(place.connection, sized(5, 3), ANY)
        return real(*arguments)

    monkeypatch.setattr(sys.modules[records.__module__], "records", slow)
    assert snapshot.text(pulled(place)) == snapshot.text(sized(5, 3))


@pytest.mark.parametrize(
    ("estate", "says"),
    [
        (Estate.build([Loaded(entities=(Party(id="p", name="\ud800"),))]), "half a character"),
        (
            Estate.build([Loaded(entities=(Credential(id="c", count=2**63),))]),
            "count of 'c' is a number beyond 64 bits",
        ),
        (Estate.build([Loaded(entities=(Party(id="p", name="x" * MOST_BYTES + "x"),))]), "'p' takes 1,048,577 bytes"),
    ],
)
def test_what_the_server_would_not_keep_is_refused_before_anything_is_sent(
    place: Place, estate: Estate, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        push(place.connection, estate, ANY)
    assert place.count(LOADS) == 0


def test_hostile_names_come_back_or_are_refused(place: Place, shared: Path) -> None:
    file = shared / "badinput" / "generated" / "hostile_names.json"
    if not file.is_file():
        pytest.skip("the hostile names are not here")
    names = _texts(json.loads(file.read_text("utf-8")))
    parties = [Party(id=f"p{number}", name=name) for number, name in enumerate(names)]
    kept = [party for party in parties if _is_sent(party)]
    assert len(kept) > len(parties) - 10
    push(place.connection, Estate.build([Loaded(entities=tuple(kept))]), ANY)
    assert {entity.id: entity.name for entity in pulled(place).entities.values()} == {p.id: p.name for p in kept}


def test_what_an_index_would_not_take_is_refused_or_found_by_its_digest(place: Place) -> None:
    with pytest.raises(InputError, match="api of 'o' takes 5,000 bytes, and 4,000 are the most"):
        content_of(Estate.build([Loaded(entities=(Operation(id="o", api="a" * 5_000),))]))
    named = Estate.build([Loaded(entities=(Party(id="p", name="n" * 20_000),))])
    shelf = LoadShelf(place.connection, push(place.connection, named, ANY).load)
    assert [json.loads(line.record)["party"]["id"] for line in shelf.called(["n" * 20_000])] == ["p"]


def _is_sent(party: Party) -> bool:
    try:
        content_of(Estate.build([Loaded(entities=(party,))]))
    except InputError:
        return False
    return True


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for part in parts for text in _texts(part)]


@pytest.mark.parametrize(
    ("version", "says"), [(SCHEMA + 1, "use a newer blastradius"), (SCHEMA - 1, "push the estate again")]
)
def test_a_load_of_another_version_is_not_read(place: Place, version: int, says: str) -> None:
    push(place.connection, sized(5), ANY)
    change = "MATCH (l:Load {estate: $estate}) SET l.schema = $version"
    place.change(change, version=version)
    with pytest.raises(StoreError, match=says):
        pull(place.connection)


def test_an_estate_that_is_not_there_is_said_with_those_that_are(place: Place, neo4j: str) -> None:
    push(place.connection, sized(5), ANY)
    with pytest.raises(StoreError, match=r"no estate 'test-x'.*(did you mean|there are)"):
        br.load(f"{neo4j}?estate=test-x")


def test_a_group_is_as_many_relationships_as_it_has_ends(place: Place) -> None:
    keys = (Credential(id="a"), Credential(id="b"))
    grant = Relation(verb=Verb.GRANTS, sources=("a", "b"), targets=("s",))
    push(place.connection, Estate.build([Loaded(entities=(*keys, Scope(id="s")), relations=(grant,))]), ANY)
    joint = "MATCH (e:Estate {name: $estate}) MATCH (:Credential {load: e.load})-[r:GRANTS {all_of: 2}]->(:Scope)"
    assert place.count(f"{joint} RETURN count(r)") == 2
    assert len(pulled(place).relations) == 1
