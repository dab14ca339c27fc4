"""What questions share in rows."""

from __future__ import annotations

import blastradius as br
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Credential, Party, Relation, Store, Verb
from blastradius.reports.rows import every_start


def ours() -> Estate:
    """We own a store and hold a key; a partner holds nothing."""
    entities = (Party(id="us", role="self"), Party(id="partner"), Store(id="orders"), Credential(id="key"))
    relations = (
        Relation(verb=Verb.OWNS, sources=("us",), targets=("orders",)),
        Relation(verb=Verb.HOLDS, sources=("us",), targets=("key",)),
    )
    return Estate.build([Loaded(entities=entities, relations=relations)])


def test_we_ourselves_are_no_start_unless_asked() -> None:
    estate = ours()
    assert [entity.id for entity, _ in every_start(estate)] == ["partner", "key"]
    assert [entity.id for entity, _ in every_start(estate, insiders=True)] == ["partner", "us", "key"]


def test_rank_and_exposure_leave_us_out_unless_asked() -> None:
    estate = ours()
    ranked = {insiders: br.rank(estate, insiders=insiders).data.rows for insiders in (False, True)}
    assert {name: [row.start for row in rows] for name, rows in ranked.items()} == {
        False: ["key", "partner"],
        True: ["us", "key", "partner"],
    }
    assert br.exposure(estate, "orders").data.exposed_to == ()
    assert [row.start for row in br.exposure(estate, "orders", insiders=True).data.exposed_to] == ["us"]
