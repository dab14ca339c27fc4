"""The smallest grants that serve a need: those of brute force, over all that could be granted."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from blastradius import plugins
from blastradius.engine import plain
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Control, ControlKind
from blastradius.reports.grants import Asked, Means, Serving, serving
from tests.campaign.brute.grant import counted, smaller
from tests.engine.short import estate as short

OPERATIONS, SCOPES, STORES = ("o1", "o2", "o3", "o4"), ("c1", "c2", "c3"), ("d1", "d2")
PLACED = {"s1": ControlKind.HARDENED, "o1": ControlKind.APPROVAL, "c1": ControlKind.REVOKED}


def api_estate(rng: random.Random) -> Estate:
    """A partner, two APIs whose operations scopes permit, joint ones among them, and what lies behind."""
    relations = ["holds:p>k1", "holds:s1>k2", "connects:s1>s2", f"grants:k1>{rng.choice((*SCOPES, 'o4'))}"]
    relations += [f"contains:{rng.choice(STORES)}>k2", f"grants:k2>{rng.choice(OPERATIONS)}", "reads:s2>d2"]
    accesses = []
    for operation in OPERATIONS:
        scopes = "+".join(sorted(rng.sample(SCOPES, rng.choice((0, 1, 1, 2)))))
        relations += [f"permits:{scopes}>{operation}"] if scopes else []
        relations.append(f"serves:{rng.choice(('s1', 's2'))}>{operation}")
        accesses.append(f"{rng.choice(('reads', 'reads', 'writes'))}:{operation}>{rng.choice(STORES)}")
    relations += [f"{access} extent={rng.choice(('all', 'subset'))}" for access in accesses]
    relations += ["issues:o4>c2"] if rng.random() < 0.2 else []
    placed = PLACED | dict.fromkeys(accesses, ControlKind.OBJECT_AUTHZ)
    controls = {host: Control(kind=kind) for host, kind in placed.items() if rng.random() < 0.35}
    return short(*relations, controls=controls, entities={name: {"api": rng.choice("ab")} for name in OPERATIONS})


def question(rng: random.Random) -> Any:
    return plugins.query("grant").params(
        holder="p",
        key=rng.choice((None, "k1", "k2")),
        needs=tuple(rng.sample(OPERATIONS, rng.choice((1, 2, 2)))),
        assume=rng.choice(("granted", "abused", "takeover", "lateral")),
        distrust=rng.choice(((), (), ("function_authz",))),
    )


def proposed(estate: Estate, params: Any) -> list[Serving]:
    return serving(estate, Asked(params.holder, params.key, plain(params.asked)), params.needs)


@pytest.mark.parametrize("seed", [*range(8), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(8, 60))])
def test_they_are_those_of_brute_force(seed: int) -> None:
    rng = random.Random(seed)
    estate, params = api_estate(rng), question(rng)
    found = set()
    for one in proposed(estate, params):
        names = counted(estate, (fact.entity for fact in one.added), params.needs)
        changes = {change for means in one.means for change in means.changes}
        found.add((tuple(sorted(changes)), frozenset(fact for fact in one.added if fact.entity in names)))
    assert found == smaller(estate, params)


def test_the_random_estates_have_all_that_can_be_proposed() -> None:
    kinds: Counter[str] = Counter()
    for seed in range(12):
        rng = random.Random(seed)
        estate, params = api_estate(rng), question(rng)
        found = proposed(estate, params)
        kinds.update("several" for _ in found[1:2])
        kinds.update({means.kind for one in found for means in one.means})
    assert kinds.keys() == {"several", "scope", "operation", "own rows"}


def means(estate: Estate, *needs: str, key: str | None = None) -> list[set[Means]]:
    params = plugins.query("grant").params(holder="p", needs=needs, key=key)
    return [set(one.means) for one in proposed(estate, params)]


def test_what_is_held_already_is_not_granted_again() -> None:
    estate = short("holds:p>k", "grants:k>c1", "permits:c1+c2>o", "permits:c1>o1", entities={"o2": {}})
    assert means(estate, "o1") == [set()]
    assert means(estate, "o") == [{Means("scope", "c2")}]


def test_an_operation_is_granted_alone_only_where_that_adds_less() -> None:
    lone = short(
        "permits:c>o",
        "reads:o>d extent=subset",
        controls={"reads:o>d": Control(kind=ControlKind.OBJECT_AUTHZ)},
        entities={"p": {}},
    )
    assert means(lone, "o") == [{Means("scope", "c")}]
    wide = short("permits:c>o", "permits:c>o2", entities={"p": {}})
    assert sorted(means(wide, "o"), key=str) == [{Means("operation", "o")}, {Means("scope", "c")}]


def test_what_is_revoked_serves_nothing() -> None:
    estate = short("permits:c>o", controls={"o": Control(kind=ControlKind.REVOKED)}, entities={"p": {}})
    assert means(estate, "o") == []


def test_an_approval_is_no_reason_not_to_grant() -> None:
    estate = short("permits:c>o", controls={"o": Control(kind=ControlKind.APPROVAL)}, entities={"p": {}})
    assert {Means("scope", "c")} in means(estate, "o")


def test_too_many_ways_are_refused() -> None:
    names = [f"o{number}" for number in range(8)]
    estate = short(*(f"permits:c{name}>{name}" for name in names), entities={"p": {}})
    with pytest.raises(UsageError, match="needs: there are 6,561 ways to serve these 8 operations; ask about fewer"):
        means(estate, *names)
