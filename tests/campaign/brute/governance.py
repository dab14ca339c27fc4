"""What hangs on each third party, and which measures are kept."""

from __future__ import annotations

from typing import Any

from blastradius.answer import Answer
from blastradius.engine import what_if
from blastradius.estate import Estate
from blastradius.model import (
    Kind,
    Verb,
)
from tests.campaign.brute.inventory import inventory
from tests.campaign.brute.overgrant import overgrant
from tests.campaign.brute.shared import felt_without, is_only_assumed, ties, works


def governance(estate: Estate, params: Any) -> Any:
    """What hangs on each third party with whom we deal, and of each measure whether it is kept."""
    base, rows = what_if(estate, params.asked), []
    grants = _verdicts(estate, params)
    for party, keys, calls, levels in inventory(estate, params):
        entity: Any = base.entities[party]
        if entity.role == "upstream":
            continue
        own, _, opened = ties(base, party)
        live = [key for key in keys if works(base, key)]
        over = entity.contract_end is not None and entity.contract_end < base.day
        states = {
            "owner": "kept" if entity.owner else "unknown",
            "last_review": "kept" if "last review" in entity.governance else "unknown",
            "contract": "lacking" if over and live else "kept" if _contract(entity) else "unknown",
        }
        held = [verdict for holders, verdict in grants if holders & (own | {party})]
        if held:
            states["least_access"] = "lacking" if "excess" in held else "unknown" if "unknown" in held else "kept"
        if live:
            ends: list[Any] = [base.entities[key] for key in live]
            states["key_expiry"] = "kept" if all(key.expires for key in ends) else "unknown"
        feeds = {name for name in own if base.entities[name].kind is Kind.FEED}
        scopes = {name for name in opened if base.entities[name].kind is Kind.SCOPE}
        doors = {*keys, *scopes, *calls, *feeds}
        if doors:
            controls = [it.control for name in doors for it in base.controls_on(name)]
            controls = [it for it in controls if it.kind not in ("revoked", "rotated", "expired")]
            lost = any(it.status in ("failed", "absent") for it in controls)
            shown = controls and not any(map(is_only_assumed, controls))
            states["checks"] = "lacking" if lost else "kept" if shown else "unknown"
            seen = any(base.entities[name].seen_by for name in doors | {party})
            states["noticed"] = "kept" if seen else "unknown"
        stops = felt_without(base, params, [party])[0]
        if stops:
            exit_plan = any("exit" in key.casefold() for key in entity.governance)
            states["exit"] = "kept" if exit_plan or entity.substitutability else "unknown"
        jewels = {jewel for names, _, _ in levels for jewel in names}
        rows.append((party, sorted(jewels), sorted(stops), states))
    return sorted(rows, key=str)


def _contract(party: Any) -> bool:
    return "contract end" in party.governance or party.contract_end is not None


def _verdicts(estate: Estate, params: Any) -> list[tuple[set[str], str]]:
    """The holders of each grant and what overgrant finds of it, from the need and the use."""
    asked = type("Asked", (), {"holder": None, "asked": params.asked})()
    base, found = what_if(estate, params.asked), []
    for name, need, use, *_ in overgrant(estate, asked):
        keys = base.relations[name].sources
        holders = {it.sources[0] for it in base.relations.values() if it.verb is Verb.HOLDS and it.targets[0] in keys}
        holders = {it for it in holders if getattr(base.entities[it], "role", None) != "self"}
        excess = need != "needed" and use != "used" and (need, use) != ("unsaid", "unsaid")
        found.append((holders, "excess" if excess else "unknown" if need == use == "unsaid" else "fine"))
    return found


def told_governance(answer: Answer) -> Any:
    rows = answer.data.model_dump()["rows"]
    states = ({it["id"]: it["state"] for it in row["measures"] if it["id"] != "validated"} for row in rows)
    both = zip(rows, states, strict=True)
    return sorted(
        ((row["party"], sorted(row["crown_jewels"] or ()), sorted(row["stops"] or ()), of) for row, of in both), key=str
    )
