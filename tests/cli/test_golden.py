"""What every command prints for the examples, 80 columns wide, as a board member, a planner, an architect would get it.

Read what changes before it is accepted: ``pytest tests/cli/test_golden.py --snapshot-update``.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from blastradius.cli import main

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
NORTHWIND = {
    "check": "check examples/northwind",
    "verify": "verify examples/northwind",
    "inventory": "inventory examples/northwind",
    "rank": "rank examples/northwind",
    "rank_takeover_ids": "rank examples/northwind --assume takeover --ids",
    "reach": "reach examples/northwind --compromise acme --assume lateral",
    "reach_outage": "reach examples/northwind --outage paywell=8",
    "reach_mistake": "reach examples/northwind --wrong agent_content",
    "reach_poison": "reach examples/northwind --poison carrier_rates --assume lateral",
    "reach_stranger": "reach examples/northwind --anyone",
    "explain": "explain examples/northwind --compromise acme --assume lateral --entity customer_replica",
    "explain_not": "explain examples/northwind --compromise acme --entity customer_db --capability read",
    "explain_outage": "explain examples/northwind --outage paywell --entity refunds",
    "exposure": "exposure examples/northwind --entity orders_db",
    "exposure_none": "exposure examples/northwind --entity customer_db",
    "levers": "levers examples/northwind --compromise acme --assume lateral",
    "review": "review examples/northwind --holder acme --grant orders:customers.read",
    "seen": "seen examples/northwind",
}
MERIDIAN = {
    "check": "check examples/meridian",
    "verify": "verify examples/meridian",
    "inventory": "inventory examples/meridian",
    "rank": "rank examples/meridian --assume lateral",
    "reach": "reach examples/meridian --compromise Courierly\xa0Ltd --assume lateral --notes",
    "explain": "explain examples/meridian --compromise Courierly\xa0Ltd --assume lateral --entity customers_db",
    "exposure": "exposure examples/meridian --entity customers_db",
    "levers": "levers examples/meridian --compromise Courierly\xa0Ltd --assume lateral",
    "seen": "seen examples/meridian",
}
ASKED = {
    f"{estate}_{name}": line
    for estate, lines in (("northwind", NORTHWIND), ("meridian", MERIDIAN))
    for name, line in lines.items()
}


@pytest.mark.parametrize("name", ASKED)
def test_every_command_prints_what_its_reader_was_promised(
    name: str, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "80")
    code = main([word.replace("\xa0", " ") for word in ASKED[name].split(" ")])
    printed = capsys.readouterr().out
    assert code in (0, 1)
    assert max(map(cell_len, printed.splitlines())) <= 80
    golden = GOLDEN / f"{name}.txt"
    if request.config.getoption("--snapshot-update"):
        golden.write_text(printed, encoding="utf-8")
    assert printed == golden.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert {file.stem for file in GOLDEN.iterdir()} == set(ASKED)
