"""The Mermaid flowchart: what it shows, and that no name is more than a name."""

from __future__ import annotations

import html
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

import blastradius as br
from blastradius.errors import UsageError
from blastradius.escape import cut, visible
from blastradius.estate import Estate
from blastradius.exports.mermaid import MAX_EDGES, label
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Party, Relation, Service, Store, Verb, Zone

LINES = (
    r"flowchart LR",
    r'  subgraph z\d+\["[^"<>`\[\]{}()|&\\]*"\]',
    r"  end",
    r' {2,4}n\d+(\(\[|>|\{\{|\[|\(|\[\(|\[/|\[\[)"[^"<>`\[\]{}()|&\\]*"(\]\)|\]|\}\}|\)|\)\]|/\]|\]\])',
    r'  n\d+ -->\|"[a-z#0-9; ]+"\| n\d+',
)


def chart(*names: str) -> str:
    services = tuple(Service(id=f"s{number}", name=name, zone=name[:400] or None) for number, name in enumerate(names))
    return br.export(Estate.build([Loaded(entities=services)]), "mermaid")


def test_it_reads_like_this() -> None:
    things = (
        Party(id="acme", name="Acme"),
        Service(id="till", zone="shop"),
        Store(id="db", name="Sales_2", zone="shop"),
    )
    ties = ((Verb.OWNS, "acme", "till"), (Verb.WRITES, "till", "db"))
    relations = tuple(Relation(verb=verb, sources=(one,), targets=(other,)) for verb, one, other in ties)
    zones = (Zone(id="shop", name="Shop floor"), Zone(id="empty"))
    assert br.export(Estate.build([Loaded(entities=things, relations=relations, zones=zones)]), "mermaid") == (
        "flowchart LR\n"
        '  subgraph z0["Shop floor"]\n'
        '    n1[("Sales#95;2")]\n'
        '    n2("till")\n'
        "  end\n"
        '  n0(["Acme"])\n'
        '  n0 -->|"owns"| n2\n'
        '  n2 -->|"writes"| n1\n'
    )


def test_every_line_is_one_of_few_kinds(northwind: Path, shared: Path) -> None:
    listed = json.loads((shared / "badinput" / "generated" / "hostile_names.json").read_text(encoding="utf-8"))
    names = [entry["name"] for entry in listed if not re.search("[\ud800-\udfff]", entry["name"])]
    more = ['"]; click n0 "javascript:alert(1)"', "%%{init: {}}%%", "end", "#quot;", "`md`", "x --> y", "fa:fa-bomb"]
    for text in (chart(*names, *more), br.export(br.load(northwind), "mermaid")):
        odd = [line for line in text.splitlines() if not any(re.fullmatch(kind, line) for kind in LINES)]
        assert odd == []


@pytest.mark.parametrize(
    "name", ['<img src=x onerror="alert(1)">', "a\nb", "größe & co", "100%", "#35;", "a_b*c*", "\u202ex"]
)
def test_a_label_shows_the_name(name: str) -> None:
    shown = re.sub(r"#(\d+);", lambda found: html.unescape(f"&#{found.group(1)};"), label(name))
    assert shown == visible(name)


def test_a_long_name_is_cut() -> None:
    assert label("x" * 500) == cut("x" * 500, 80).replace("…", "#8230;")


def test_more_than_mermaid_draws_is_refused() -> None:
    names = [f"s{number}" for number in range(MAX_EDGES + 2)]
    services = tuple(Service(id=name) for name in names)
    relations = tuple(Relation(verb=Verb.CONNECTS, sources=(one,), targets=(other,)) for one, other in pairwise(names))
    with pytest.raises(UsageError, match="501 edges, and Mermaid draws 500; choose another format"):
        br.export(Estate.build([Loaded(entities=services, relations=relations)]), "mermaid")
    with pytest.raises(UsageError, match=r"characters, and Mermaid draws 50,000"):
        chart(*("§" * 80 for _ in range(200)))


def test_an_empty_estate_is_an_empty_chart() -> None:
    assert chart() == "flowchart LR\n"
