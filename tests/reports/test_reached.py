"""The table of what is reached: every hold, and in brief what matters most first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import blastradius as br
from blastradius.answer import Table
from blastradius.estate import Estate
from tests.engine.test_rules_needed import estate


def reached(built: Estate, **asked: Any) -> Table:
    return next(table for table in br.reach(built, **asked).answer.tables if table.id == "reached")


def test_a_thing_has_one_line_with_the_strongest_hold_of_each_level(northwind: Path) -> None:
    table = reached(br.load(northwind), compromise="acme", assume="lateral")
    assert table.brief is not None
    ids = [row[3] for row in table.brief]
    assert len(ids) == len(set(ids)) < len(table.rows)
    jewel = next(row for row in table.brief if row[3] == "orders_db")
    assert (jewel[0], jewel[1], jewel[5]) == ("granted", "★", "can read part of it; abused: can read all of it")


def test_crown_jewels_come_first_and_then_processes(northwind: Path) -> None:
    rows = reached(br.load(northwind), compromise="acme", assume="lateral").brief or ()
    ranks = [(row[1] != "★", row[2] != "process") for row in rows]
    assert ranks == sorted(ranks)
    assert ranks[0] == (False, False)
    assert (True, False) in ranks


def test_what_fares_alike_is_told_in_one_line_from_four_on() -> None:
    doors = [f"grants:k>o{number}" for number in range(4)]
    table = reached(estate(*doors, "grants:k>s1"), leak="k")
    assert [row[4] for row in table.brief or ()] == ["4 operations: o0, o1 and 2 more", "s1"]
    few = reached(estate(*doors[:3]), leak="k")
    assert [row[4] for row in few.brief or ()] == ["o0", "o1", "o2"]


def test_what_is_only_assumed_says_so_where_it_stands() -> None:
    table = reached(estate("grants:k>o basis=assumed"), leak="k")
    assert [row[5] for row in table.brief or ()] == ["can use it (assumed)"]


def test_a_mistake_has_no_level_and_an_outage_has_hours() -> None:
    built = estate("depends_on:b>s buffer_h=24", "publishes:s>f")
    assert reached(built, wrong="f").columns[0] == ""
    out = reached(built, outage="s=48")
    assert out.columns[0] == "when"
    assert [row[0] for row in out.brief or () if row[3] == "b"] == ["at 24 h"]
