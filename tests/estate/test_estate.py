"""Merging, checking and vetting of what the loaders found."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path

import pytest
from pydantic import ValidationError

from blastradius.errors import InputError, UsageError
from blastradius.estate import Estate, snapshot
from blastradius.loaderkit.contract import Loaded
from blastradius.loading import survey
from blastradius.model import (
    Basis,
    Control,
    ControlKind,
    Credential,
    Entity,
    Expectation,
    Feed,
    NoteKind,
    Operation,
    Party,
    Provenance,
    Relation,
    Scenario,
    Selection,
    Service,
    Store,
    Tally,
    Verb,
    Zone,
)
from tests.engine.short import estate as short


def at(file: str, line: int = 1) -> tuple[Provenance, ...]:
    return (Provenance(source="test", file=file, line=line, column=1),)


def relation(verb: Verb, source: str, target: str, **more: object) -> Relation:
    return Relation.model_validate({"verb": verb, "sources": (source,), "targets": (target,), **more})


def test_two_sources_of_one_entity_merge_and_say_where_they_differ() -> None:
    parts = [
        Loaded(entities=(Store(id="db", records=5, provenance=at("a.yaml")),)),
        Loaded(entities=(Store(id="db", records=7, basis=Basis.OBSERVED, name="DB", provenance=at("b.yaml")),)),
    ]
    for order in itertools.permutations(parts):
        estate = Estate.build(order)
        store = estate.entities["db"]
        assert isinstance(store, Store)
        assert (store.records, store.name, store.basis) == (7, "DB", Basis.OBSERVED)
        assert [each.file for each in store.provenance] == ["a.yaml", "b.yaml"]
        assert [str(note) for note in estate.notes] == [
            "a.yaml:1:1: contradicted: entity 'db' has records 5 here and 7 at b.yaml:1:1; kept the latter"
        ]


def test_what_several_sources_keep_beside_a_party_is_put_together() -> None:
    def said(file: str, **words: str) -> Loaded:
        place = (Provenance(source="table", file=file, line=1, column=1),)
        return Loaded(entities=(Party(id="p", governance=words, provenance=place),))

    estate = Estate.build([said("b", tier="2", notes="old"), said("a", tier="1", review="never"), said("c", tier="1")])
    party = estate.entities["p"]
    assert isinstance(party, Party)
    assert party.governance == {"tier": "1", "review": "never", "notes": "old"}
    assert [str(note) for note in estate.notes if note.kind == NoteKind.CONTRADICTED] == [
        "b:1:1: contradicted: entity 'p' has tier '2' here and '1' at a:1:1; kept the latter"
    ]


def test_what_several_sources_know_keeps_every_basis() -> None:
    ends = [Loaded(entities=(Service(id="shop"), Feed(id="prices")))]
    stated = [
        Loaded(relations=(relation(Verb.CONSUMES, "shop", "prices", basis=basis),))
        for basis in (Basis.DECLARED, Basis.OBSERVED, Basis.DECLARED, Basis.INFERRED)
    ]
    orders = [Estate.build([*ends, *order]) for order in itertools.permutations(stated)]
    known, *others = (each.relations["consumes:shop>prices"] for each in orders)
    assert {each.bases for each in (known, *others)} == {(Basis.OBSERVED, Basis.DECLARED, Basis.INFERRED)}
    again = Loaded(entities=(Service(id="shop", basis=Basis.OBSERVED), Feed(id="prices")), relations=(known,))
    estate = Estate.build([*ends, again, *stated])
    assert estate.relations[known.id].bases == known.bases
    assert [entity.bases for entity in estate.entities.values()] == [
        (Basis.DECLARED,),
        (Basis.OBSERVED, Basis.DECLARED),
    ]


def test_the_digest_does_not_depend_on_where_files_lie() -> None:
    one, other = (Estate.build([Loaded(entities=(Store(id="db", provenance=at(f)),))]) for f in ("a", "b"))
    assert one.digest == other.digest
    assert one.digest != Estate.build([Loaded(entities=(Store(id="db", records=1),))]).digest


def test_all_bad_references_are_said_at_once_with_a_way_out() -> None:
    part = Loaded(
        entities=(Party(id="acme"), Store(id="orders_db"), Credential(id="key")),
        relations=(
            relation(Verb.HOLDS, "acme", "kye", provenance=at("e.yaml", 4)),
            relation(Verb.HOLDS, "acme", "orders_db", provenance=at("e.yaml", 5)),
        ),
    )
    with pytest.raises(InputError) as error:
        Estate.build([part])
    assert error.value.problems == (
        "e.yaml:4:1: 'kye' is not declared; did you mean 'key'?",
        "e.yaml:5:1: 'orders_db' is a store; holds goes here to credential",
    )


def test_an_id_has_one_kind() -> None:
    with pytest.raises(InputError, match="b:1:1: 'x' is a store here and a party at a:1:1"):
        Estate.build([Loaded(entities=(Party(id="x", provenance=at("a")), Store(id="x", provenance=at("b"))))])


def test_a_control_where_no_rule_looks_is_refused() -> None:
    with pytest.raises(InputError, match="control 'hardened' stops nothing on store; it belongs on serves, service"):
        Estate.build([Loaded(entities=(Store(id="d", controls=(Control(kind=ControlKind.HARDENED),)),))])


def test_a_vendors_own_signature_is_void() -> None:
    verified = Control(kind=ControlKind.VERIFIED, provided_by="vendor")
    part = Loaded(
        entities=(Party(id="vendor"), Feed(id="updates"), Service(id="hosts")),
        relations=(
            relation(Verb.PUBLISHES, "vendor", "updates"),
            relation(Verb.INSTALLS, "hosts", "updates", controls=(verified,)),
        ),
    )
    estate = Estate.build([part])
    control = estate.controls["verified@installs:hosts>updates"].control
    assert estate.why_void(control, ["updates"]) == "'vendor' belongs to the vendor whose feed it vouches for"
    assert "belongs to the vendor whose feed it vouches for" in estate.notes[0].message


def test_loose_ends_are_found() -> None:
    part = Loaded(
        entities=(
            Party(id="old", contract_end="2020-01-01"),
            Credential(id="key"),
            Credential(id="lost"),
            Operation(id="op"),
            Feed(id="feed"),
        ),
        relations=(relation(Verb.HOLDS, "old", "key"), relation(Verb.GRANTS, "key", "op")),
    )
    messages = [note.message for note in Estate.build([part]).findings()]
    assert [message.split(";")[0] for message in messages] == [
        "feed 'feed' has no publisher",
        "credential 'lost' is held by nobody",
        "credential 'lost' grants nothing",
        "operation 'op' touches nothing",
        "the relationship with 'old' ended on 2020-01-01, but it still holds 'key'",
    ]


def test_the_graph_has_every_entity_and_relation() -> None:
    part = Loaded(
        entities=(Credential(id="a"), Credential(id="b"), Operation(id="o")),
        relations=(Relation(verb=Verb.GRANTS, sources=("a", "b"), targets=("o",)),),
    )
    graph = Estate.build([part]).to_networkx()
    assert set(graph.nodes) == {"a", "b", "o"}
    assert sorted(graph.edges(keys=True)) == [("a", "o", "grants:a+b>o"), ("b", "o", "grants:a+b>o")]
    assert graph.nodes["o"]["kind"] == "operation"


def test_ids_that_look_like_relations_stay_apart() -> None:
    one = Relation(verb=Verb.HOLDS, sources=("a>b",), targets=("c",))
    other = Relation(verb=Verb.HOLDS, sources=("a",), targets=("b>c",))
    assert one.id != other.id


def _build(entities: tuple[Entity, ...], stated: Relation) -> Estate:
    return Estate.build([Loaded(entities=entities, relations=(stated,))])


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"targets": ("f", "g"), "at_least": 2}, "at_least says nothing on consumes; it belongs on depends_on"),
        ({"targets": ("f", "f")}, "consumes names the same thing twice"),
        ({"targets": ("f",), "keys": ("k",)}, "keys says nothing on consumes; it belongs on calls"),
        ({"targets": ("f",), "needs": ("k",)}, "needs says nothing on consumes; it belongs on calls"),
        *(
            (
                {"verb": Verb.WRITES, "targets": ("f",), word: value},
                f"{word} says nothing on writes; it belongs on calls, ",
            )
            for word, value in (("brittle", True), ("on_bad", "halt"), ("on_missing", "default"), ("obeys", True))
        ),
    ],
)
def test_words_that_no_rule_reads_are_refused(more: dict[str, object], message: str) -> None:
    stated = Relation.model_validate({"verb": Verb.CONSUMES, "sources": ("s",), **more})
    with pytest.raises(InputError, match=message):
        _build((Service(id="s"), Feed(id="f"), Feed(id="g"), Credential(id="k")), stated)


@pytest.mark.parametrize("verb", [Verb.CONSUMES, Verb.READS])
def test_how_an_input_is_taken_in_is_said_wherever_there_is_one(verb: Verb) -> None:
    how = {"brittle": True, "on_bad": "halt", "on_missing": "default", "obeys": True}
    stated = Relation.model_validate({"verb": verb, "sources": ("s",), "targets": ("f",), **how})
    assert _build((Service(id="s"), Feed(id="f")), stated).relations == {stated.id: stated}


@pytest.mark.parametrize("hours", [float("inf"), float("nan")])
def test_hours_are_numbers_that_files_can_carry(hours: float) -> None:
    with pytest.raises(ValidationError, match="buffer_h"):
        Relation(verb=Verb.DEPENDS_ON, sources=("s",), targets=("t",), buffer_h=hours)


def test_what_a_zone_says_is_in_the_digest() -> None:
    digests = {Estate.build([Loaded(zones=(Zone(id="z", flat=flat),))]).digest for flat in (False, True)}
    assert len({*digests, Estate.build([]).digest}) == 3


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"verb": Verb.CALLS, "targets": ("o",), "keys": ("s",)}, "'s' is a service; a call is made with credentials"),
        ({"verb": Verb.CALLS, "targets": ("o",), "needs": ("kk",)}, "'kk' is not declared; did you mean 'k'?"),
        (
            {"verb": Verb.CALLS, "targets": ("o",), "needs": ("k", "k")},
            "calls names the same thing twice; name it once",
        ),
        ({"verb": Verb.PART_OF, "targets": ("d",)}, "'s' is a service, part of 'd', a store; both are of one kind"),
    ],
)
def test_keys_are_credentials_and_parts_of_the_kind_of_their_whole(stated: dict[str, object], message: str) -> None:
    things = (Service(id="s"), Operation(id="o"), Credential(id="k"), Store(id="d"))
    with pytest.raises(InputError) as error:
        _build(things, Relation.model_validate({"sources": ("s",), **stated}))
    assert error.value.problems == (message,)


def test_a_zone_holds_its_services_and_its_stores() -> None:
    built = Estate.build(
        [
            Loaded(
                entities=(Service(id="s", zone="z"), Store(id="d", zone="z"), Party(id="p", zone="z"), Service(id="o")),
                zones=(Zone(id="z", flat=True),),
            )
        ]
    )
    assert built.in_zone("z") == ["s", "d"]
    assert built.in_zone("elsewhere") == []


def test_what_is_near_to_a_name_that_is_not_there_is_suggested() -> None:
    built = Estate.build([Loaded(entities=(Service(id="billing", name="Invoices"),))])
    assert built.suggest("biling") == "; did you mean 'billing' (Invoices)?"
    assert built.suggest("warehouse") == ""


def test_an_estate_tells_how_much_there_is() -> None:
    one = Estate.build([Loaded(title="Shop", entities=(Party(id="p"),))])
    assert repr(one) == "<Estate 'Shop': 1 entity, 0 relations, 0 notes>"
    assert repr(Estate.build([])) == "<Estate: 0 entities, 0 relations, 0 notes>"


def test_what_was_counted_of_the_sources_is_added_up_and_stays_after_a_change() -> None:
    built = Estate.build(
        [Loaded(tally=Tally(facts=2, ignored=1)), Loaded(entities=(Party(id="p"),), tally=Tally(facts=3))]
    )
    assert built.tally == built.changed(entities=[Party(id="q")]).tally == Tally(facts=5, ignored=1)
    assert Estate(built.table, {}).tally == Tally()


def test_by_which_relations_a_key_opens_something_alone_or_with_others() -> None:
    built = short("grants:k>o", "grants:k+k2>c", "grants:k2>o2", entities={"k3": {}})
    assert list(built.grants_of("k")) == ["grants:k+k2>c", "grants:k>o"]
    assert list(built.grants_of("k2")) == ["grants:k+k2>c", "grants:k2>o2"]
    assert list(built.grants_of("k3")) == []


def test_what_anyone_may_have_and_what_is_a_jewel_is_told_by_id() -> None:
    built = Estate.build([Loaded(entities=(Store(id="d", public=True), Store(id="d2", crown_jewel=True)))])
    assert [built.is_public(name) for name in ("d", "d2", "nothing")] == [True, False, False]
    assert [built.crown_jewel(name) for name in ("d", "d2", "nothing")] == [False, True, False]
    public, jewel = built.columns.entities.public, built.columns.entities.crown_jewel
    assert (public.tolist(), jewel.tolist()) == ([True, False], [False, True])


def test_of_a_rule_for_all_the_scenarios_of_some_are_told() -> None:
    built = short("owns:p>s", "owns:p2>s")
    rule = Expectation(name="e", scenario=Scenario(), for_each=Selection(way="compromise"))
    one = Expectation(name="e", scenario=Scenario(compromise=("p",)))
    assert built.scenarios_of(rule) == [(name, Scenario(compromise=(name,))) for name in ("p", "p2")]
    assert built.scenarios_of(rule, {"p2", "p3"}) == [("p2", Scenario(compromise=("p2",)))]
    assert built.scenarios_of(rule, ()) == []
    assert built.scenarios_of(one, ()) == built.scenarios_of(one) == [(None, one.scenario)]


def test_the_digest_of_lines_and_objects_is_the_sum_of_both(tmp_path: Path) -> None:
    """Of objects beside lines only what no line says counts as an object."""
    lines = [f'{{"kind": "party", "id": "p{number}"}}' for number in range(4)]
    (tmp_path / "e.jsonl").write_text("\n".join(lines))
    (bulk,) = (part.loaded for part in survey([tmp_path / "e.jsonl"]).whole())
    lone = int(Estate.build([bulk]).digest, 16)
    assert lone == sum(int(hashlib.sha256(line.encode()).hexdigest(), 16) for line in lines) % 2**256
    for name in "abcdef":
        beside = Loaded(entities=(Party(id=name, zone="z"),), zones=(Zone(id="z"),))
        total = lone + int(Estate.build([beside]).digest, 16)
        assert Estate.build([bulk, beside]).digest == f"{total % 2**256:064x}"


def test_columns_of_one_file_are_taken_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "e.jsonl").write_text('{"kind": "party", "id": "p"}\n')
    (part,) = (part.loaded for part in survey([tmp_path / "e.jsonl"]).whole())
    assert Estate.build([part]).table is part.bulk


def test_a_control_that_is_put_in_place_leaves_those_of_other_kinds() -> None:
    there = (Control(kind=ControlKind.HARDENED, status="failed"), Control(kind=ControlKind.COMPARTMENT))
    changed = short("serves:s>o", controls={"s": there, "serves:s>o": Control(kind=ControlKind.SANDBOXED)}).changed(
        controls=["hardened@s", "hardened@serves:s>o"]
    )
    assert {name: placed.control.status for name, placed in changed.controls.items()} == {
        "compartment@s": "working",
        "hardened@s": "working",
        "hardened@serves:s>o": "working",
        "sandboxed@serves:s>o": "working",
    }
    assert [control.kind for control in changed.entities["s"].controls] == ["compartment", "hardened"]


def test_keys_that_have_ended_are_named_by_their_end_and_then_as_they_were_first_named(tmp_path: Path) -> None:
    ends = {"c": "2026-01-02", "a": "2026-01-03", "b": "2026-01-02", "d": "2026-01-01"}
    lines = ['{"verb": "grants", "sources": ["b"], "targets": ["o"]}', '{"kind": "operation", "id": "o"}']
    lines += [f'{{"kind": "credential", "id": "{name}", "expires": "{end}"}}' for name, end in ends.items()]
    (tmp_path / "e.jsonl").write_text("\n".join(lines))
    (note,) = Estate.build((part.loaded for part in survey([tmp_path / "e.jsonl"]).whole()), "2026-01-03").notes
    assert note.message.endswith("; ended by then: d, b, c; say `as_of`")


def test_of_objects_every_problem_is_told_and_of_lines_the_first_twenty() -> None:
    parties = tuple(Relation(verb=Verb.OWNS, sources=(f"p{number}",), targets=("s",)) for number in range(30))
    built = Loaded(entities=(Service(id="s"),), relations=parties)
    with pytest.raises(InputError) as of_objects:
        Estate.build([built])
    assert len(of_objects.value.problems) == 30
    lines = snapshot.loaded(
        ['{"clock":{},"tally":{},"columns":true}', '{"service":{"id":"s"}}', *(
            f'{{"relation":{relation.model_dump_json(exclude_unset=True)}}}' for relation in parties
        )],
        "made",
    )  # fmt: skip
    with pytest.raises(InputError) as of_lines:
        Estate.build([lines])
    assert len(of_lines.value.problems) == 20


def test_a_zone_is_meant_only_where_one_may_be() -> None:
    built = Estate.build([Loaded(entities=(Service(id="s"),), zones=(Zone(id="z", name="The hall"),))])
    assert built.resolve("The hall", zones=True) == built.resolve("z", zones=True) == "z"
    for name in ("The hall", "z"):
        with pytest.raises(UsageError, match=f"'{name}' is not in the estate"):
            built.resolve(name)
