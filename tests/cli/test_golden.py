"""What every command prints for the examples, 80 columns wide, as a board member, a planner, an architect would get it.

Read what changes before it is accepted: ``pytest tests/cli/test_golden.py --snapshot-update``.
"""

from __future__ import annotations

import shutil
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
    "dependence": "dependence examples/northwind",
    "brief": "brief examples/northwind",
    "governance": "governance examples/northwind",
    "controls": "controls examples/northwind",
    "controls_scenario": "controls examples/northwind --compromise acme --assume lateral",
    "overgrant": "overgrant examples/northwind",
    "contain": "contain examples/northwind --compromise acme --assume lateral --at 8",
    "joint": "joint examples/northwind",
    "joint_outage": "joint examples/northwind --fall outage",
    "scenarios": "scenarios examples/northwind --top 5",
    "exercise": "exercise examples/northwind --compromise acme --assume lateral --also poison=carrier_rates",
    "exercise_participants": "exercise examples/northwind --compromise acme --assume lateral --edition participants",
    "exercise_outage": "exercise examples/northwind --outage paywell --hours 24",
    "rank": "rank examples/northwind",
    "rank_outage": "rank examples/northwind --outage",
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
    "grant": "grant examples/northwind --holder acme --grant orders:customers.read",
    "grant_newco": "grant examples/northwind --proposal examples/newco.yaml",
    "seen": "seen examples/northwind",
    "batch": "batch examples/northwind/questions.txt examples/northwind",
    "demo": "demo",
    "draw": "draw examples/northwind --compromise acme --assume lateral -o acme.svg",
}
MERIDIAN = {
    "check": "check examples/meridian",
    "verify": "verify examples/meridian",
    "brief": "brief examples/meridian",
    "inventory": "inventory examples/meridian",
    "scenarios": "scenarios examples/meridian --top 3",
    "rank": "rank examples/meridian --assume lateral",
    "reach": "reach examples/meridian --compromise Courierly\xa0Ltd --assume lateral --notes",
    "explain": "explain examples/meridian --compromise Courierly\xa0Ltd --assume lateral --entity customers_db",
    "exposure": "exposure examples/meridian --entity customers_db",
    "levers": "levers examples/meridian --compromise Courierly\xa0Ltd --assume lateral",
    "seen": "seen examples/meridian",
    "cut": "cut examples/meridian --compromise Segmenta\xa0GmbH --assume lateral",
    "draw": "draw examples/meridian --compromise Courierly\xa0Ltd --assume lateral -o courierly.svg",
    "init": "init examples/meridian --force",
}
LARKFIELD = {
    "check": "check examples/larkfield",
    "rank": "rank examples/larkfield",
    "reach": "reach examples/larkfield --compromise Chat\xa0Nook",
    "verify": "verify examples/larkfield",
    "draw": "draw examples/larkfield --compromise Chat\xa0Nook -o chatnook.svg",
    "init": "init examples/larkfield --force",
}
ANY = {
    "brief_appendix": "brief examples/signers --appendix",
    "help": "--help",
    "loaders": "loaders",
    "loader": "loaders openapi",
    "queries": "queries",
    "export": "export --help",
}
ASKED = {
    f"{estate}_{name}": line
    for estate, lines in (
        ("northwind", NORTHWIND),
        ("meridian", MERIDIAN),
        ("larkfield", LARKFIELD),
        ("any", ANY),
    )
    for name, line in lines.items()
}


SLOW = {"northwind_levers"}
"""What takes seconds, where another estate is asked the same."""


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in ASKED])
def test_every_command_prints_what_its_reader_was_promised(
    name: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("incidents"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    code = main([word.replace("\xa0", " ") for word in ASKED[name].split(" ")])
    out, err = capsys.readouterr()
    printed = err if "_draw" in name else out
    assert code in (0, 1)
    assert max(map(cell_len, printed.splitlines())) <= 80
    golden = GOLDEN / f"{name}.txt"
    if request.config.getoption("--snapshot-update"):
        golden.write_text(printed, encoding="utf-8")
    assert printed == golden.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert {file.stem for file in GOLDEN.iterdir()} == set(ASKED)
