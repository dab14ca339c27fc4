"""End to end on a real description: a partner with three Slack scopes, to operations, to our stores."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import blastradius as br

SCOPES = ("channels:history", "files:read", "users:read")
ESTATE = {
    "blastradius": 1,
    "parties": {"bot_maker": {"holds": ["bot_token"]}},
    "credentials": {"bot_token": {"type": "oauth_token", "grants": [f"slack:{scope}" for scope in SCOPES]}},
    "stores": {"chat": {"crown_jewel": True}, "files": {}, "people": {}, "billing": {}},
    "apis": [
        {
            "openapi": "slack.json",
            "api": "slack",
            "direction": "consumed",
            "effects": [
                {"match": "conversations_history", "reads": ["chat"]},
                {"match": "files_*", "reads": ["files"]},
                {"match": "users_list", "reads": ["people"]},
                {"match": "team_billableInfo", "reads": ["billing"]},
            ],
        }
    ],
}


def test_three_slack_scopes(shared: Path, tmp_path: Path) -> None:
    source = shared / "data" / "openapi" / "slack_web_openapi_v2.json"
    shutil.copy(source, tmp_path / "slack.json")
    (tmp_path / "estate.json").write_text(json.dumps(ESTATE))
    answer = br.reach(br.load(tmp_path), compromise="bot_maker").data.model_dump(mode="json")
    used = {f["entity"] for f in answer["facts"] if f["kind"] == "operation" and f["capability"] == "use"}
    assert used == opened_by_naive_count(source)
    reached = {f["entity"] for f in answer["facts"] if f["kind"] == "store"}
    assert reached == {"chat", "files", "people"}
    assert any("several scopes" in note["message"] for note in answer["notes"])
    assert {stop["by"][0] for stop in answer["stopped"] if stop["entity"] == "slack:team_billableInfo"} == {
        "a check of which functions were granted"
    }


def opened_by_naive_count(source: Path) -> set[str]:
    """Which operations list one of the scopes, by plain loops over the JSON; none asks for nothing at all."""
    document = json.loads(source.read_text())
    operations = [call for item in document["paths"].values() for key, call in item.items() if key in ("get", "post")]
    wanted = set(SCOPES)
    return {
        f"slack:{call['operationId']}"
        for call in operations
        if any(wanted & set(scopes) for requirement in call.get("security", ()) for scopes in requirement.values())
    }
