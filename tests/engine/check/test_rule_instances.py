"""The checker's rule instances lead to what the spec says: at every level, in the same hour, on the same basis."""

from __future__ import annotations

import random
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.columns.tables import NO_INDEX
from blastradius.engine.check.rule_instances import RuleInstance, RuleInstances, all_instances
from blastradius.engine.check.rule_instances.names import TAKING_IN, Names
from blastradius.engine.check.spec import arrivals_at
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import (
    STEPPING_STONES,
    Capability,
    Control,
    ControlKind,
    Credential,
    Entity,
    Fact,
    Feed,
    Kind,
    Level,
    Operation,
    Relation,
    Scenario,
    Service,
    Store,
    Verb,
    input_id,
)
from tests.counts import examples
from tests.engine.check.naive import arrivals
from tests.engine.random_estates import random_estate, random_scenario

K = ControlKind


def agree(built: Estate, asked: Scenario) -> None:
    instances = tuple(all_instances(built))
    for level in Level:
        if level <= asked.assume:
            assert arrivals(built, instances, asked, level) == arrivals_at(built, asked, level), (level, asked)


@examples(1 / 4)
@given(st.integers(0, 2**40))
def test_instances_lead_where_the_spec_does(seed: int) -> None:
    rng = random.Random(seed)
    built = random_estate(rng)
    agree(built, random_scenario(rng, built))


# what random estates seldom make


@examples(1 / 4)
@given(st.integers(0, 2**40))
def test_keys_together(seed: int) -> None:
    """Keys of which some are passwords, some driven, some copied, with all that stops copies in all places."""
    rng = random.Random(seed)
    hosts = ("k0", "k1", "k2", "o")
    kinds = (K.MFA, K.MFA, K.HARD_MFA, K.TOKEN_BINDING, K.IP_ALLOWLIST, K.DEVICE_POLICY, K.REVOKED)

    def controls() -> tuple[Control, ...]:
        chosen = {kind: rng.random() < 0.6 for kind in rng.sample(kinds, rng.choice((0, 0, 1, 2)))}
        return tuple(Control(kind=kind, phishable=phishable and kind == K.MFA) for kind, phishable in chosen.items())

    keys = [Credential(id=key, type=rng.choice(("password", "api_key")), controls=controls()) for key in hosts[:3]]
    opened: list[Entity] = [*keys, Operation(id="o", controls=controls()), Operation(id="o2"), Service(id="s")]
    relations = [
        Relation(verb=Verb.GRANTS, sources=hosts[: rng.choice((2, 3))], targets=("o",), controls=controls()),
        Relation(verb=Verb.CALLS, sources=("s",), targets=("o2",), needs=hosts[: rng.choice((1, 2))]),
    ]
    built = Estate.build([Loaded(entities=tuple(opened), relations=tuple(relations))])
    ways = {key: rng.choice(("leak", "use", "neither")) for key in hosts[:3]}
    leak, use = (tuple(key for key in ways if ways[key] == way) for way in ("leak", "use"))
    agree(built, Scenario(leak=leak, use=use, compromise=("s",), assume=Level.ABUSED))
    agree(built, Scenario(leak=leak, use=use, compromise=("s",), assume=Level.ABUSED, distrust=("mfa",)))


@examples(1 / 4)
@given(st.integers(0, 2**40))
def test_input_that_is_dropped(seed: int) -> None:
    """A consumer that does without what is wrong, or slow: lost, strained, outvoted, beside others and in the end."""
    rng = random.Random(seed)
    feeds = ("f0", "f1", "f2")
    some = tuple(sorted(rng.sample(feeds, rng.choice((1, 2, 3)))))
    taken = {
        "on_bad": rng.choice(("drop", "drop", "keep")),
        "vote_min": rng.choice((None, 1, 2)),
        "dependency": rng.choice(("hard", "hard", "soft")),
        "buffer_h": rng.choice((None, 4.0)),
    }
    relations = [
        Relation.model_validate({"verb": Verb.CONSUMES, "sources": ("s",), "targets": some, **taken}),
        Relation(verb=Verb.DEPENDS_ON, sources=("s",), targets=feeds, at_least=rng.choice((1, 2, 3))),
        Relation(verb=Verb.DEPENDS_ON, sources=("s2",), targets=("s",)),
        Relation(verb=Verb.PUBLISHES, sources=("s3",), targets=("f0",)),
        Relation(verb=Verb.DEPENDS_ON, sources=("s3",), targets=("f2",), dependency="soft"),
    ]
    entities = (*(Feed(id=feed) for feed in feeds), *(Service(id=service) for service in ("s", "s2", "s3")))
    built = Estate.build([Loaded(entities=entities, relations=tuple(relations))])
    wrong, outage = ([feed for feed in feeds if rng.random() < 0.4] for _ in range(2))
    hours = rng.choice((None, 3.0, 9.0))
    agree(built, Scenario(wrong=tuple(wrong), outage=tuple(outage), hours=hours))


SECOND_FACTORS = (Control(kind=K.MFA), Control(kind=K.MFA, phishable=True), Control(kind=K.HARD_MFA))
ON_COPIES = (K.TOKEN_BINDING, K.IP_ALLOWLIST, K.DEVICE_POLICY)


@pytest.mark.parametrize("others", [("password",), ("api_key",), ("api_key", "api_key")])
def test_keys_that_are_needed_together_are_had_in_every_way(others: tuple[str, ...]) -> None:
    """A password and others, up to two of them driven and the rest copied, with each control in each place."""
    types = dict(zip(("k1", "k2", "k3"), ("password", *others), strict=False))
    for control, host in product((*SECOND_FACTORS, *map(_control, ON_COPIES)), ("k1", "k2", "o", "the grant")):
        on = {place: (control,) if place == host else () for place in (*types, "o", "the grant")}
        keys = [Credential.model_validate({"id": key, "type": of, "controls": on[key]}) for key, of in types.items()]
        grants = Relation(verb=Verb.GRANTS, sources=tuple(types), targets=("o",), controls=on["the grant"])
        built = Estate.build([Loaded(entities=(*keys, Operation(id="o", controls=on["o"])), relations=(grants,))])
        for driven in ((), ("k1",), ("k2",), ("k1", "k2")):
            copied = tuple(key for key in types if key not in driven)
            agree(built, Scenario(use=driven, leak=copied, assume=Level.ABUSED))


def _control(kind: ControlKind) -> Control:
    return Control(kind=kind)


def instances(*relations: Relation, entities: tuple[Entity, ...] = ()) -> list[RuleInstance]:
    return list(all_instances(Estate.build([Loaded(entities=entities, relations=relations)])))


def test_instances_are_the_same_as_objects_and_as_columns() -> None:
    """Whatever facts they are about: controls, APIs, zones and inputs among them."""
    spoken = set()
    for seed in range(30):
        built = random_estate(random.Random(seed))
        whole = all_instances(built)
        again = RuleInstances.of(built, tuple(whole))
        bare = [instance._replace(guards=instance.guards._replace(places=())) for instance in whole]
        assert list(again) == bare
        assert whole[len(whole) - 1 :] == list(whole)[-1:]
        spoken |= {instance.conclusion.capability for instance in whole}
    assert spoken >= STEPPING_STONES - {Capability.ANYONE}


@pytest.mark.parametrize(
    ("key", "mfa", "rules"),
    [
        ("password", Control(kind=K.MFA, phishable=True), {"R3", "R3p"}),
        ("password", Control(kind=K.MFA), {"R3"}),
        ("password", Control(kind=K.MFA, phishable=True, status="absent"), {"R3"}),
        ("api_key", Control(kind=K.MFA, phishable=True), {"R3"}),
    ],
)
def test_mfa_that_can_be_phished_makes_another_way(key: str, mfa: Control, rules: set[str]) -> None:
    """For passwords only, and only where it is in use."""
    entities = (Credential.model_validate({"id": "k", "type": key, "controls": (mfa,)}), Operation(id="o"))
    found = instances(Relation(verb=Verb.GRANTS, sources=("k",), targets=("o",)), entities=entities)
    assert {instance.rule for instance in found} == rules


def test_what_is_put_in_place_would_stop_where_it_stands() -> None:
    """Instances say where a control of ours would stop them; where only those of others count, nowhere."""
    reads = Relation(verb=Verb.READS, sources=("o",), targets=("d",), extent="subset")
    found = instances(reads, entities=(Operation(id="o"), Store(id="d")))
    controlled = next(instance for instance in found if instance.premises == (Fact("o", Capability.CONTROL),))
    would = {(host, kind) for hosts, kinds in controlled.guards.places for host in hosts for kind in kinds}
    encrypted = {(host, "encrypted_elsewhere") for host in ("o", "d", reads.id)}
    assert would == {*encrypted, ("d", "object_authz")}


def test_every_name_has_a_number_and_every_number_a_name() -> None:
    """Entities, controls, APIs, flat zones, the internet, and inputs that are dropped; nothing else."""
    inputs = 0
    for seed in range(25):
        built = random_estate(random.Random(seed))
        columns, names = built.columns, Names(built.columns)
        entities = columns.entities
        dropped = {(taker, x) for taker in built.entities for x in built.entities if drops(built, taker, x)}
        said = {
            Capability.TAINT: list(entities.ids),
            Capability.INACTIVE: list(columns.controls.ids),
            Capability.CALLABLE: list(entities.apis),
            Capability.FOOTHOLD: list(entities.flat_zones),
            Capability.ANYONE: ["internet"],
            Capability.LOST: [
                input_id(entities.ids[number // names.count], entities.ids[number % names.count])
                for number in map(int, names.dropped)
            ],
        }
        texts = [text for of_kind in said.values() for text in of_kind]
        assert names.texts(np.arange(names.total)) == [names.name(number) for number in range(names.total)] == texts
        assert {input_id(*ends) for ends in dropped} == set(said[Capability.LOST])
        facts = [Fact(text, capability) for capability, of_kind in said.items() for text in of_kind]
        assert [names.name_number(fact) for fact in facts] == list(range(names.total))
        assert [names.fact(names.number(fact)) for fact in facts] == facts
        assert {names.number(Fact("moon", capability)) for capability in Capability} == {NO_INDEX}
        takers, suppliers = np.divmod(np.arange(names.count**2), names.count)
        found = np.flatnonzero(names.inputs(takers, suppliers) != NO_INDEX)
        assert found.tolist() == names.dropped.tolist()
        assert [names.name(number) for number in names.inputs(takers, suppliers)[found]] == said[Capability.LOST]
        inputs += len(dropped)
    assert inputs > 5


def drops(built: Estate, taker: str, supplier: str) -> bool:
    """Whether a service or a process takes something in and does without it once it is wrong."""
    kinds = (Kind.SERVICE, Kind.PROCESS)
    return built.kind_of(taker) in kinds and any(
        relation.verb in TAKING_IN and relation.on_bad == "drop" and supplier in relation.targets
        for relation in built.relations.values()
        if relation.sources[0] == taker
    )
