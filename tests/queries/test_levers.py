"""The question ``levers``: what one grant less would cut, what one failed control would open."""

from __future__ import annotations

from typing import Any

import blastradius as br
from blastradius.estate import Estate
from tests.queries.degenerate import ESTATES


def test_levers_are_what_distrust_and_a_smaller_file_say(retailer: Estate) -> None:
    found: Any = br.levers(retailer, compromise="acme", assume="takeover", top=1000).data
    assert found.removals_tried == 17
    assert {row.change for row in found.removed} == {
        "grants:acme_token>orders:orders.read",
        "grants:acme_label_key>print_label",
        "grants:acme_token>orders:shipments.write",
    }
    now: Any = br.reach(retailer, compromise="acme", assume="takeover").data
    for row in found.failed[:5]:
        open_: Any = br.reach(retailer, compromise="acme", assume="takeover", distrust=row.change).data
        gained = {one.entity for one in open_.facts} - {one.entity for one in now.facts}
        assert (len(gained), set(row.crown_jewels) <= gained) == (row.entities, True)


def test_what_is_taken_away_is_of_the_verb_that_is_asked(retailer: Estate) -> None:
    data: Any = br.levers(retailer, compromise="acme", assume="takeover", along="holds").data
    assert data.removed
    assert all(row.change.startswith("holds:") for row in data.removed)


def test_degenerate_estates() -> None:
    alone: Any = br.levers(ESTATES["alone"], compromise="p").data
    assert (alone.removed, alone.failed, alone.reached.entities) == ((), (), 0)
    open_: Any = br.levers(ESTATES["open"], compromise="p").data
    assert [(row.change, row.entities) for row in open_.removed] == [("grants:k>o", 2)]
    guarded: Any = br.levers(ESTATES["guarded"], compromise="p").data
    assert (guarded.removed, [(row.change, row.entities) for row in guarded.failed]) == (
        (),
        [("compartment@owns:p>s", 2)],
    )
