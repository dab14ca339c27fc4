"""The examples hold what they promise, and their commands answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

import blastradius as br
from blastradius.model import SEEDS, Basis, Expectation, ExpectedFact, Fact

EXAMPLES = Path(__file__).parents[1] / "examples"
ESTATES = [
    EXAMPLES / "larkfield",
    EXAMPLES / "meridian",
    EXAMPLES / "northwind",
    EXAMPLES / "mail_agent",
    EXAMPLES / "signers",
    *sorted(file.parent for file in EXAMPLES.glob("incidents/*/estate.yaml")),
]


INCIDENTS = ESTATES[5:]
COUNTED = ("happened", "found", "kept apart", "claimed all the same")


def test_all_eighteen_incidents_are_here() -> None:
    assert len(INCIDENTS) == 18


@pytest.mark.parametrize("folder", ESTATES, ids=lambda folder: folder.name)
def test_expectations_hold(folder: Path) -> None:
    checks = br.verify(br.load(folder)).data.model_dump()["checks"]
    assert len(checks) >= 5
    assert [check for check in checks if not check["holds"]] == []


@pytest.mark.parametrize("folder", ESTATES, ids=lambda folder: folder.name)
def test_the_readme_shows_a_picture_that_is_there(folder: Path) -> None:
    text = (folder / "README.md").read_text(encoding="utf-8")
    names = re.findall(r"!\[[^]]*\]\(([^)]+)\)", text)
    assert names
    assert all((folder / name).read_bytes().startswith(b"<?xml") or (folder / name).is_file() for name in names)


Counts = tuple[int, ...]


def _counts(folder: Path) -> Counts:
    """How much happened and was found, how much was kept apart and claimed all the same: facts, in that order."""
    reports = [said for said in br.load(folder).expectations if said.basis == Basis.OBSERVED]
    missed = _facts(said.not_reached for said in reports if said.name == "missed")
    claimed = _facts(said.reached for said in reports if said.name == "falsely claimed")
    right = [said for said in reports if said.name not in ("missed", "falsely claimed")]
    found, kept = _facts(said.reached for said in right), _facts(said.not_reached for said in right)
    assert not found & missed
    assert not kept & claimed
    return len(found | missed), len(found), len(kept | claimed), len(claimed)


def _facts(groups: Iterable[tuple[ExpectedFact, ...]]) -> set[Fact]:
    return {Fact(fact.entity, fact.capability) for group in groups for fact in group}


def _summed(counts: Iterable[Counts]) -> Counts:
    return tuple(map(sum, zip(*counts, strict=True)))


def _written_from_before() -> list[Path]:
    return [folder for folder in INCIDENTS if "## What was known before" in _readme(folder)]


def _readme(folder: Path) -> str:
    return (folder / "README.md").read_text(encoding="utf-8")


def test_the_table_of_incidents_says_what_their_estates_say() -> None:
    before = _written_from_before()
    with_outcome = [folder for folder in INCIDENTS if folder not in before]
    rows: dict[str, Counts] = {}
    for folders, total in ((with_outcome, "all nine, outcome at hand"), (before, "all nine, from before")):
        counts = {folder: _counts(folder) for folder in folders}
        rows |= {br.load(folder).title or folder.name: counted for folder, counted in counts.items()}
        rows[total] = _summed(counts.values())
    table = [f"| {' | '.join(('incident', *COUNTED))} |", "|---|---|---|---|---|"]
    table += [f"| {' | '.join((name, *map(str, counted)))} |" for name, counted in rows.items()]
    assert "\n".join(table) in _readme(EXAMPLES / "incidents")


def test_the_shares_of_those_written_from_before_are_what_their_estates_say() -> None:
    before = _written_from_before()
    assert len(before) == 9
    happened, found, kept, claimed = _summed(map(_counts, before))
    shares = f"{found / happened:.0%} of what happened was found, and {claimed / kept:.0%} of what was kept apart"
    assert shares.replace("%", " %") in " ".join(_readme(EXAMPLES / "incidents").split())


@pytest.mark.parametrize("folder", INCIDENTS, ids=lambda folder: folder.name)
def test_where_an_incident_starts_is_not_counted(folder: Path) -> None:
    for said in br.load(folder).expectations:
        if said.basis == Basis.OBSERVED:
            assert not _starts(said) & {fact.entity for fact in said.reached}


def _starts(said: Expectation) -> set[str]:
    asked = said.scenario
    return {name for way in SEEDS for name in getattr(asked, way)}


def test_northwind_has_a_surprise_at_every_level() -> None:
    estate = br.load(EXAMPLES / "northwind")
    facts = br.reach(estate, compromise="acme", assume="lateral").data.model_dump(mode="json")["facts"]
    levels = {(fact["entity"], fact["capability"]): fact["level"] for fact in facts}
    assert levels["pricing_decision", "taint"] == "granted"
    assert levels["orders_db", "read"] == "abused"
    assert levels["label_svc", "control"] == "takeover"
    assert levels["customer_replica", "read"] == "lateral"
    assert ("customer_db", "read") not in levels


def test_meridian_joins_what_nine_sources_say_on_one_way_to_the_customers() -> None:
    estate = br.load(EXAMPLES / "meridian")
    told = {provenance.source for entity in estate.entities.values() for provenance in entity.provenance}
    assert told >= {"aws_iam", "backstage", "dbt", "kong", "kubernetes", "native", "okta", "openapi", "table", "zipkin"}
    way = br.explain(
        estate, compromise="Courierly Ltd", assume="takeover", entity="customers_db", capability="read"
    ).data.model_dump(mode="json")
    assert [(step["rule"], step["entity"]) for step in way["steps"]] == [
        ("seed", "Courierly Ltd"),
        ("R2", "kong:key-auth/courierly"),
        ("R3", "kong:group couriers by key-auth from addresses of service orders-svc"),
        ("R3b", "api:default/orders:getOrder"),
        ("R12", "orders"),
        ("closure", "orders"),
        ("R13", "api:default/customers:getDeliveryAddress"),
        ("R12", "customers"),
        ("R13", "customers_db"),
    ]


def test_meridian_answers_who_can_reach_the_customers() -> None:
    ways = br.exposure(br.load(EXAMPLES / "meridian"), "customer_exports", assume="granted").data.model_dump(
        mode="json"
    )
    assert {row["start"] for row in ways["exposed_to"] if row["capability"] == "read"} == {
        "Segmenta GmbH",
        "arn:aws:iam::111122223333:role/segmenta-export-reader session",
        "arn:aws:iam::111122223333:role/segmenta-export-reader session of arn:aws:iam::444455556666:root",
    }


def test_a_weaker_hold_from_a_lower_level_on_is_told_beside_the_stronger_one() -> None:
    shown = br.exposure(br.load(EXAMPLES / "meridian"), "customers_db", assume="takeover").data.model_dump(mode="json")
    helpdesk = [row for row in shown["exposed_to"] if row["start"] == "Helpdeskly Inc"]
    assert [(row["level"], row["capability"]) for row in helpdesk] == [
        ("granted", "read_subset"),
        ("takeover", "read"),
        ("takeover", "write"),
        ("takeover", "deny"),
    ]


def test_meridian_has_no_loose_end_but_the_one_that_is_meant() -> None:
    found = br.load(EXAMPLES / "meridian").findings()
    ended = [note.message for note in found if "ended on" in note.message]
    assert len(ended) == 1
    assert ended[0].startswith("the relationship with 'PedalPost' ended on 2026-06-30, but it still holds")


def test_a_notebook_shows_the_picture() -> None:
    shown = br.reach(br.load(EXAMPLES / "northwind"), compromise="acme")
    assert "Acme Logistics" in shown.svg()
    assert shown.svg().partition("<svg")[2] in shown._repr_html_() + "\n"
    assert "could be reached" in repr(shown)
