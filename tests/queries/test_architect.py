"""The architect's journey: a new partner, a grant too wide, a smaller one, a rule that covers whoever comes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from blastradius.cli import main


def asked(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, Any]:
    code = main([*map(str, arguments), "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_grant_is_narrowed_until_it_may_be_given(
    northwind: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    review = ("grant", northwind, "--new-partner", "newco")
    code, wide = asked(capsys, *review, "--grant", "orders:customers.read", "--grant", "orders:returns.write")
    assert code == 1
    assert (wide["crown_jewels"], wide["is_new"], wide["fails"]) == (["customer_db"], True, True)
    assert [(row["start"], row["entity"]) for row in wide["broken"]] == [("newco", "customer_db")]

    code, needed = asked(capsys, *review, "--grant", "orders:returns.write", "--needs", "Get a return")
    assert code == 0
    smallest = needed["smaller"][0]
    assert ([means["name"] for means in smallest["means"]], smallest["saves"]) == (["orders:getReturn"], 3)

    code, narrow = asked(capsys, *review, "--grant", "orders:getReturn")
    assert (code, narrow["crown_jewels"], narrow["broken"]) == (0, [], [])
    assert narrow["entities"] < wide["entities"]
    assert asked(capsys, *review, "--grant", "orders:getReturn", "--fail-on", "new")[0] == 1

    (tmp_path / "newco.yaml").write_text(
        "blastradius: 1\nparties: {newco: {name: New & Co, holds: newco_key}}\n"
        "credentials: {newco_key: {grants: ['orders:customers.read']}}\n"
    )
    code, verified = asked(capsys, "verify", northwind, tmp_path / "newco.yaml")
    broken = [(row["start"], row["entity"]) for row in verified["checks"] if not row["holds"]]
    assert (code, broken) == (1, [("newco", "customer_db")])


def test_a_control_that_is_not_believed_is_not_believed_of_the_grant_either(
    northwind: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    review = ("grant", northwind, "--new-partner", "newco", "--grant", "orders:createReturn")

    def over_returns(*more: str) -> set[tuple[str, str]]:
        found = asked(capsys, *review, *more)[1]["added"]
        return {(row["capability"], row["level"]) for row in found if row["entity"] == "returns_db"}

    assert over_returns() == {("read_subset", "granted"), ("read", "abused"), ("taint", "granted")}
    assert over_returns("--distrust", "object_authz") == over_returns() | {("write", "abused"), ("deny", "abused")}
    checked = over_returns("--with", "object_authz@reads:orders:createReturn>returns_db")
    assert checked == {("read_subset", "granted"), ("taint", "granted")}
