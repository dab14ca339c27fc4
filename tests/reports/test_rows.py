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
    rank, exposure = br.rank(estate).data.model_dump(), br.exposure(estate, "orders").data.model_dump()
    assert [row["start"] for row in rank["rows"]] == ["key", "partner"]
    assert exposure["exposed_to"] == ()
    rank = br.rank(estate, insiders=True).data.model_dump()
    exposure = br.exposure(estate, "orders", insiders=True).data.model_dump()
    assert [row["start"] for row in rank["rows"]] == ["us", "key", "partner"]
    assert [row["start"] for row in exposure["exposed_to"]] == ["us"]
