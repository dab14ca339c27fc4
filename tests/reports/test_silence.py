"""Where the estate says nothing further: silence is told apart from safety."""

from __future__ import annotations

from blastradius.engine import solve
from blastradius.estate import Estate
from blastradius.reports.silence import SilenceRow, silence_rows, told
from tests.engine.short import estate, scenario


def silent(built: Estate, asked: str) -> dict[str, SilenceRow]:
    return {row.entity: row for row in silence_rows(solve(built, scenario(asked)))}


def test_what_leads_nowhere_is_named() -> None:
    built = estate("grants:k1>o1", "grants:k1>c1", "owns:p>k1", "owns:p>f1", "reads:o2>d1", "grants:k1>o2", "owns:p>k2")
    found = silent(built, "compromise p")
    assert {name: row.unsaid for name, row in found.items()} == {
        "o1": ("what it touches",),
        "c1": ("what it permits",),
        "f1": ("who takes it in",),
        "k2": ("what it opens",),
    }
    assert not any(row.stated for row in found.values())


def test_what_is_stated_to_be_unknown_is_named_even_where_something_is_said() -> None:
    built = estate("grants:k1>o1", "reads:o1>d1", entities={"o1": {"unknown": ("writes",)}})
    assert silent(built, "leak k1") == {"o1": SilenceRow(entity="o1", name="o1", unsaid=("writes",), stated=True)}


def test_what_is_not_reached_is_not_named() -> None:
    assert silent(estate("grants:k1>o1", "owns:p>k2"), "leak k2").keys() == {"k2"}


def test_it_is_told_in_one_sentence() -> None:
    built = estate(*(f"grants:k1>o{number}" for number in range(6)))
    rows = silence_rows(solve(built, scenario("leak k1")))
    assert told(rows) == (
        "nothing is said about: o0: what it touches; o1: what it touches; o2: what it touches; "
        "o3: what it touches and 2 more; silence is not safety"
    )
    assert told(()) is None
