"""What questions beyond reach must answer, worked out from the spec in plain loops, one world after the other.

A new question is compared as soon as it has a file here and a row in ``BRUTE``: what is expected, and where its answer
says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from blastradius.answer import Answer
from blastradius.estate import Estate
from tests.campaign.brute.brief import brief, told_brief
from tests.campaign.brute.contain import contain, told_contain
from tests.campaign.brute.controls import controls, told_controls
from tests.campaign.brute.cut import cut, told_cut
from tests.campaign.brute.dependence import dependence, told_dependence
from tests.campaign.brute.exercise import exercise, told_exercise
from tests.campaign.brute.exposure import exposure, told_exposure
from tests.campaign.brute.governance import governance, told_governance
from tests.campaign.brute.grant import grant, told_grant
from tests.campaign.brute.inventory import inventory, told_inventory
from tests.campaign.brute.joint import joint, told_joint
from tests.campaign.brute.levers import levers, told_levers
from tests.campaign.brute.overgrant import overgrant, told_overgrant
from tests.campaign.brute.rank import rank, told_rank
from tests.campaign.brute.reach import reach, told_reach
from tests.campaign.brute.scenarios import scenarios, told_scenarios
from tests.campaign.brute.verify import told_verify, verify

BRUTE: dict[str, tuple[Callable[[Estate, Any], Any], Callable[[Answer], Any]]] = {
    "overgrant": (overgrant, told_overgrant),
    "brief": (brief, told_brief),
    "governance": (governance, told_governance),
    "inventory": (inventory, told_inventory),
    "dependence": (dependence, told_dependence),
    "joint": (joint, told_joint),
    "contain": (contain, told_contain),
    "exercise": (exercise, told_exercise),
    "controls": (controls, told_controls),
    "rank": (rank, told_rank),
    "exposure": (exposure, told_exposure),
    "levers": (levers, told_levers),
    "cut": (cut, told_cut),
    "grant": (grant, told_grant),
    "verify": (verify, told_verify),
    "reach": (reach, told_reach),
    "scenarios": (scenarios, told_scenarios),
}
"""For each question what its answer must be, and how it says so."""
