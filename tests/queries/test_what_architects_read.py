"""What an architect reads at a terminal of 80 columns, whole: `grant` and `levers` of the two examples."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from blastradius.cli import main

ROOT = Path(__file__).parents[2]
QUESTIONS = {
    "a grant too wide": "grant northwind --holder acme --grant orders:customers.read --grant orders:returns.write "
    "--needs orders:getReturn",
    "a grant that may be given": "grant northwind --new-partner newco --grant orders:getReturn",
    "nothing new": "grant northwind --holder acme --grant orders:orders.read --key acme_token",
    "what a need takes": "grant northwind --new-partner newco --needs 'Get a customer' --needs 'Get a return'",
    "what helps against a partner": "levers northwind --compromise acme --assume lateral --top 5",
    "what helps against a poisoned feed": "levers northwind --poison carrier_rates --add --top 3",
    "what helps at the other example": "levers meridian --compromise PedalPost --assume takeover --top 5",
    "a grant at the other example": "grant meridian --holder PedalPost --grant addresses.read --fail-on new",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", QUESTIONS)
def test_what_is_read(
    name: str, snapshot: SnapshotAssertion, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    question, example, *others = shlex.split(QUESTIONS[name])
    code = main([question, f"examples/{example}", *others])
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert f"{shown}exit code {code}\n" == snapshot
