"""Keys that have ended by the day that a workspace is of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import blastradius as br
from blastradius.model import ControlKind, Credential

ESTATE = """
blastradius: 1
credentials:
  before: {expires: 2026-01-30}
  on the day: {expires: 2026-01-31}
  said to work: {expires: 2026-01-30, controls: [{kind: expired, status: failed}]}
  open: {}
"""


def _ended(folder: Path) -> dict[str, list[str]]:
    """The keys of a workspace that have the control, with whether it is in use."""
    keys = [entity for entity in br.load(folder).entities.values() if isinstance(entity, Credential)]
    stated = {key.id: [str(it.status) for it in key.controls if it.kind == ControlKind.EXPIRED] for key in keys}
    return {name: found for name, found in stated.items() if found}


def _okta(token: str, expires: str) -> str:
    common = {"userId": "00u1", "clientName": "Okta API", "tokenWindow": "P30D"}
    return json.dumps([{"id": token, "expiresAt": f"{expires}T00:00:00.000Z", **common}])


def test_a_key_that_ended_before_the_day_of_the_workspace_is_spent(tmp_path: Path) -> None:
    (tmp_path / "estate.yaml").write_text(ESTATE)
    home = tmp_path / "blastradius.yaml"
    home.write_text("workspace: 1\nas_of: 2026-01-31\nsources: [{path: estate.yaml}]\n")
    assert _ended(tmp_path) == {"before": ["working"], "said to work": ["failed"]}
    home.write_text("workspace: 1\nsources: [{path: estate.yaml}]\n")
    assert _ended(tmp_path) == {"said to work": ["failed"]}


@pytest.mark.parametrize(
    ("options", "ended"), [("{}", {"okta:api-token/00T1"}), ("{as_of: 2025-01-01}", set()), ("{org: acme}", {"acme"})]
)
def test_a_source_may_be_of_a_day_of_its_own(tmp_path: Path, options: str, ended: set[str]) -> None:
    (tmp_path / "tokens.json").write_text(_okta("00T1", "2025-06-01"))
    stated = f"sources: [{{path: tokens.json, loader: okta, options: {options}}}]\n"
    (tmp_path / "blastradius.yaml").write_text("workspace: 1\nas_of: 2026-01-31\n" + stated)
    assert {name if name.startswith("okta") else name.partition(":")[0] for name in _ended(tmp_path)} == ended


def test_a_leak_of_a_key_that_ended_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "estate.yaml").write_text(
        "blastradius: 1\ncredentials: {key: {expires: 2026-01-30, grants: [op]}}\n"
        "operations: {op: {reads: [db]}}\nstores: {db: {}}\n"
    )
    (tmp_path / "blastradius.yaml").write_text("workspace: 1\nas_of: 2026-01-31\nsources: [{path: estate.yaml}]\n")
    assert '"db"' not in br.reach(br.load(tmp_path), leak="key").data.model_dump_json()
    assert '"db"' in br.reach(br.load(tmp_path / "estate.yaml"), leak="key").data.model_dump_json()
