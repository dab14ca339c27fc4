"""What holds of every question: it has its tests, keeps its contract and prints in every format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from blastradius import plugins
from blastradius.api import ask
from blastradius.cli import main
from blastradius.cli.output import emit
from blastradius.cli.wanted import Wanted
from blastradius.errors import UsageError
from blastradius.estate import Estate
from tests.queries.degenerate import ESTATES

ASKED: dict[str, dict[str, Any]] = {
    "reach": {"compromise": "acme"},
    "rank": {},
    "verify": {},
    "exposure": {"entity": "customer_db"},
    "explain": {"compromise": "acme", "entity": "orders_db"},
    "levers": {"compromise": "acme"},
    "grant": {"holder": "acme", "grant": "segments.read"},
    "overgrant": {},
    "seen": {},
    "cut": {"assume": "takeover"},
    "brief": {"assume": "abused"},
    "contain": {"compromise": "acme", "at": "8"},
    "inventory": {"assume": "abused"},
    "governance": {"assume": "abused"},
    "controls": {"assume": "abused"},
    "dependence": {"hours": "30"},
    "joint": {"set": "Alpha FX,Beta FX"},
    "exercise": {"compromise": "acme"},
    "scenarios": {"template": "stolen-tokens"},
}
"""Something to ask of the example retailer, question by question."""

every_question = pytest.mark.parametrize("question", ASKED)


def test_every_question_is_asked_here_and_has_a_file_of_tests() -> None:
    assert ASKED.keys() == plugins.query_titles().keys()
    assert {f"test_{question}.py" for question in ASKED} <= {file.name for file in Path(__file__).parent.iterdir()}


@pytest.mark.slow
@every_question
def test_every_question_in_every_format(
    question: str, northwind: Path, retailer: Estate, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the command prints as JSON fits its schema; one answer is printed in all the others."""
    query = plugins.query(question)
    more = [word for name, value in ASKED[question].items() for word in (f"--{name}", value)]
    assert main([question, str(northwind), *more, "--format", "json"]) == 0
    assert query.data is not None
    jsonschema.validate(json.loads(printed(capsys)), query.data.model_json_schema(mode="serialization"))
    answer = ask(question, retailer, **ASKED[question]).answer
    for form in ("table", "csv", "markdown"):
        emit(answer, Wanted(form), query.main)
        assert printed(capsys)


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    """What was printed, to the end of a line, without colors, and not a word of anything wrong."""
    shown = capsys.readouterr()
    assert shown.err == ""
    assert "\x1b" not in shown.out
    assert shown.out.endswith("\n")
    return shown.out


@every_question
@pytest.mark.parametrize("estate", ESTATES.values(), ids=ESTATES)
def test_a_degenerate_estate_is_answered_or_what_it_lacks_is_said(question: str, estate: Estate) -> None:
    """Asked with what it has of each kind; the answer speaks of nothing that is not there."""
    first = {kind: next((name for name in estate.entities if name[0] == kind), None) for kind in "pksdoc"}
    of_question: dict[str, dict[str, Any]] = {
        "reach": {"compromise": first["p"] or "p"},
        "explain": {"compromise": first["p"] or "p", "entity": first["s"] or "s"},
        "exposure": {"entity": first["d"] or "d"},
        "levers": {"compromise": first["p"] or "p"},
        "contain": {"compromise": first["p"] or "p", "at": 8.0},
        "exercise": {"compromise": first["p"] or "p"},
        "grant": {"holder": first["p"] or "p", "grant": first["c"] or first["o"] or "c"},
    }
    stated = of_question.get(question, {})
    if question == "cut":
        with pytest.raises(UsageError, match=r"no crown jewel is marked; mark some|no party but ourselves"):
            ask(question, estate)
        return
    missing = sorted({name for name in stated.values() if isinstance(name, str) and name not in estate.entities})
    if missing:
        with pytest.raises(UsageError, match=rf"'({'|'.join(missing)})' is not in the estate"):
            ask(question, estate, **stated)
        return
    answer = ask(question, estate, **stated).answer
    assert answer.headline
    named = {row["entity"] for rows in _rows(answer.data.model_dump(mode="json")) for row in rows if "entity" in row}
    assert named <= estate.entities.keys()


def _rows(data: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """The lists of rows in an answer."""
    return [value for value in data.values() if isinstance(value, list) and all(isinstance(row, dict) for row in value)]


@every_question
def test_an_unknown_parameter_is_refused(question: str, retailer: Estate) -> None:
    with pytest.raises(UsageError, match="nonsense"):
        ask(question, retailer, **ASKED[question], nonsense=1)
