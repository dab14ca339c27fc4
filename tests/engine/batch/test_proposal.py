"""What a proposal takes from the estate that it stands in."""

from __future__ import annotations

from blastradius.engine import World, compile_system, propose, solve_worlds
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Control, ControlKind, Credential, Operation, Party, Relation, Store, Verb
from tests.engine.random_estates import facts_of_worlds
from tests.engine.short import estate, fact, scenario


def test_a_control_that_a_copy_provides_is_proposed_around() -> None:
    """What runs a control may say of itself what is not around: whose copy it is, in which zone it stands."""
    provided = Control(kind=ControlKind.EXPIRED, provided_by="copy")
    known = (
        Party(id="acme"),
        Operation(id="orders.read", controls=(provided,)),
        Store(id="copy", copy_of=("original",), zone="dmz"),
        Store(id="original"),
    )
    system = compile_system(Estate.build([Loaded(entities=known)]))
    proposed = (
        Relation(verb=Verb.HOLDS, sources=("acme",), targets=("key",)),
        Relation(verb=Verb.GRANTS, sources=("key",), targets=("orders.read",)),
    )
    proposal = propose(system, proposed, (Credential(id="key"),))
    assert {step.relation for step in proposal.steps} == {relation.id for relation in proposed}
    assert list(proposal.estate.entities) == ["acme", "copy", "key", "orders.read"]


def test_what_is_proposed_holds_where_it_is_and_so_does_what_follows() -> None:
    """A world that is solved by itself, for what it is without, has it only where it says so, too."""
    system = compile_system(estate("owns:p>s", "reads:o>d", "contains:d>k2", "grants:k2>o2"))
    grants = (
        Relation(verb=Verb.HOLDS, sources=("p",), targets=("k",)),
        Relation(verb=Verb.GRANTS, sources=("k",), targets=("o",)),
    )
    proposal = propose(system, grants, (Credential(id="k"),))
    asked = scenario("compromise p")
    worlds = [World(asked, without, (), proposed) for without in ((), ("owns:p>s",)) for proposed in (False, True)]
    found = {
        place: (fact("use(o2)") in held, fact("control(s)") in held)
        for block in solve_worlds(system, worlds, proposal=proposal)
        for place, held in zip(block.places.tolist(), facts_of_worlds(block), strict=True)
    }
    assert found == {0: (False, True), 1: (True, True), 2: (False, False), 3: (True, False)}
