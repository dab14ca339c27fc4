"""What a proposal takes from the estate that it stands in."""

from __future__ import annotations

from blastradius.engine import compile_system, propose
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Control, ControlKind, Credential, Operation, Party, Relation, Store, Verb


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
