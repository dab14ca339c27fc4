"""What was changed in an estate has a digest of its own, that does not depend on how it came about."""

from __future__ import annotations

import hashlib
import json
import pickle
from typing import Any

import pytest

from blastradius.columns.facts import ObjectRows
from blastradius.estate import Estate
from blastradius.estate.change import digest_of
from blastradius.loaderkit.contract import Loaded
from blastradius.model import (
    Basis,
    Control,
    ControlKind,
    Credential,
    Entity,
    Kind,
    Operation,
    Party,
    Process,
    Provenance,
    Relation,
    Service,
    Signal,
    Store,
    Verb,
    Zone,
    bare_relation,
)
from tests.engine.short import estate

BUILT = estate("owns:p>s", "runs_on:s>s2", "holds:s>k")


def test_every_change_changes_the_digest() -> None:
    changes: tuple[dict[str, Any], ...] = (
        {"without": ["owns:p>s"]},
        {"without": ["runs_on:s>s2"]},
        {"controls": ["hardened@s"]},
        {"without": ["owns:p>s"], "controls": ["hardened@s"]},
    )
    digests = {BUILT.digest, *(BUILT.changed(**change).digest for change in changes)}
    assert len(digests) == 1 + len(changes)


def test_the_order_of_changes_does_not_count() -> None:
    one = BUILT.changed(without=["owns:p>s"]).changed(controls=["hardened@s"])
    other = BUILT.changed(controls=["hardened@s"]).changed(without=["owns:p>s"])
    assert one.digest == other.digest == BUILT.changed(without=["owns:p>s"], controls=["hardened@s"]).digest


def test_nothing_changed_is_the_same_estate() -> None:
    assert BUILT.changed() is BUILT


def test_a_changed_estate_has_the_same_digest_in_another_process() -> None:
    changed = BUILT.changed(without=["owns:p>s"])
    assert pickle.loads(pickle.dumps(changed)).digest == changed.digest


AT = (Provenance(source="test", file="a", line=1),)
NEW = [Party(id=name, provenance=AT) for name in "abcdefgh"]
GUARDED = Service(id="s3", zone="hall", controls=(Control(kind=ControlKind.HARDENED, provenance=AT),), provenance=AT)
ROAD = Relation(verb=Verb.RUNS_ON, sources=("s2",), targets=("s3",))
HALL = Zone(id="hall", flat=True, provenance=AT)


@pytest.mark.parametrize(
    ("entities", "relations", "zones", "without"),
    [
        (NEW, [], [], []),
        ([], [], [], [*BUILT.relations]),
        ([GUARDED], [ROAD], [HALL], ["owns:p>s"]),
        ([], [], [HALL], []),
    ],
)
def test_the_digest_of_a_change_is_a_sum_over_what_went_and_what_came(
    entities: list[Entity], relations: list[Relation], zones: list[Zone], without: list[str]
) -> None:
    """As it is kept beside an estate in a database: said here as plainly as it can be, blind to where things stand."""
    changed = BUILT.changed(without=without, entities=entities, relations=relations, zones=zones)
    blind: Any = {"provenance": True, "also": True, "controls": {"__all__": {"provenance"}}}
    come = [counted(thing.model_dump(mode="json", exclude=blind)) for thing in (*entities, *relations)]
    come += [counted(zone.model_dump(mode="json", exclude={"provenance"})) for zone in zones]
    gone = [counted(BUILT.relations[name].model_dump(mode="json", exclude=blind)) for name in without]
    assert changed.digest == f"{(int(BUILT.digest, 16) + sum(come) - sum(gone)) % 2**256:064x}"


def counted(said: Any) -> int:
    return int(hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest(), 16)


def test_the_digest_of_objects_is_that_of_what_they_say_in_their_order() -> None:
    built = Estate.build([Loaded(entities=(Party(id="q"), Party(id="p", name="P")), zones=(Zone(id="z"),))])
    said = [
        *(
            entity.model_dump(mode="json", exclude={"provenance", "also"})
            for entity in (built.entities[n] for n in "pq")
        ),
        {"id": "z", "name": None, "flat": False},
    ]
    assert built.digest == f"{counted(said):064x}"


def test_a_change_says_what_is_there_now_what_is_not_and_what_is_new() -> None:
    new = Party(id="q")
    change = BUILT.changed(without=["owns:p>s"], controls=["hardened@s"], entities=[new]).change
    assert change is not None
    assert change.removed == {"owns:p>s"}
    assert change.added == (new,)
    assert [change.kind_of(name) for name in ("q", "p", "s")] == [Kind.PARTY, Kind.PARTY, Kind.SERVICE]


def test_a_digest_is_of_the_json_that_the_model_itself_writes() -> None:
    """Things that state little are written by a template, which must say what the model does."""
    signal, control = Signal(signal="ünusual"), Control(kind=ControlKind.MFA, why='quoted "text"')
    things = (
        Party(id="päpste"),
        Credential(id="k\n", name="key", expires="2027-01-31", count=3, unknown=("issues",)),
        Service(id="s", controls=(control,), public=True, tags=("a", "b")).model_copy(update={"basis": Basis.ASSUMED}),
        Process(id="q", tolerance_h=1.5),
        Store(id="d", records=10**12, copy_of=("e", "f")),
        Party(id="p", governance={"b": "1", "a": "2"}),
        Operation(id="o"),
    )
    relations = (
        Relation(verb=Verb.HOLDS, sources=("p",), targets=("k\n",)),
        bare_relation("grants:k+l>o", Verb.GRANTS, ("k", "l"), ("o",), Basis.INFERRED, ()),
        Relation(verb=Verb.READS, sources=("s",), targets=("d",), buffer_h=4, seen_by=(signal,), obeys=False),
    )
    zones = (Zone(id="z", flat=True), Zone(id="y"))
    blind: dict[str, Any] = {"provenance": True, "also": True, "controls": {"__all__": {"provenance"}}}
    plain = [thing.model_dump(mode="json", exclude=blind) for thing in (*things, *relations)]
    plain += [zone.model_dump(mode="json", exclude={"provenance"}) for zone in zones]
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    assert digest_of(ObjectRows(things, relations), zones) == digest
    assert digest_of(ObjectRows((), ()), ()) == hashlib.sha256(b"[]").hexdigest()
