"""Links to a state of a page: a relative address, and the fragment that restores the state."""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any
from urllib.parse import quote

from blastradius.model import SEEDS, Level, Scenario
from blastradius.render.page.data import asked_of_page

_EMPTY = Scenario(assume=Level.ABUSED)


def state_of(scenario: Scenario) -> dict[str, Any]:
    """A scenario as the page asks it; ``State`` in ``state.js``, in the order of its fields."""
    asked = asked_of_page(scenario)
    put = [list(control.split("@", 1)) for control in scenario.controls]
    rest = {name: asked[name] for name in ("anyone", "hours", "assume", "distrust", "without")}
    return {**{way: asked["seeds"][way] for way in SEEDS}, **rest, "with": put, "basis": asked["basis"]}


def fragment_of(scenario: Scenario) -> str:
    """The fragment that restores a scenario, as ``toFragment`` in ``state.js`` writes it: only what is not as usual."""
    usual = state_of(_EMPTY)
    stated = {name: value for name, value in state_of(scenario).items() if value != usual[name]}
    if isinstance(stated.get("hours"), float) and stated["hours"].is_integer():
        stated["hours"] = int(stated["hours"])  # as JavaScript writes it
    text = json.dumps(stated, ensure_ascii=False, separators=(",", ":"))
    return f"#ask={urlsafe_b64encode(text.encode()).decode().rstrip('=')}"


def address_of(page: str, written: str, scenario: Scenario) -> str:
    """Where a scenario is asked in a page, seen from a file that is written: a relative address.

    ``page`` and ``written`` are paths as the user names them.
    """
    way = os.path.relpath(page, Path(written).parent)
    return quote(Path(way).as_posix()) + fragment_of(scenario)
