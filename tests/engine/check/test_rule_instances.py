"""The checker's rule instances lead to what the spec says: at every level, in the same hour, on the same basis."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.engine.check.rule_instances import RuleInstance, RuleInstances, all_instances
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
    Level,
    Operation,
    Relation,
    Scenario,
    Service,
    Store,
    Verb,
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
