"""Links from other pages restore a scenario as the page's own links do."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from blastradius.cli import main
from blastradius.model import Level, Scenario
from blastradius.render.page.link import address_of, fragment_of, state_of
from tests.engine.random_estates import random_controls, random_estate, random_relations, random_scenario
from tests.render.page.asking import NODE
from tests.render.page.telling import said

ACME = Scenario(compromise=("acme",), assume=Level.GRANTED)


@pytest.mark.skipif(NODE is None, reason="no Node.js here, which reads links as the page does")
def test_a_fragment_is_the_one_that_the_page_writes() -> None:
    rng = random.Random(5)
    estate = random_estate(rng)
    asked = [random_scenario(rng, estate) for _ in range(30)]
    controls = tuple(f"{kind}@{host}" for kind, host in random_controls(rng, estate))
    asked += [
        Scenario(),
        Scenario(outage=("é <b>\U0001f600",), hours=8.0),
        Scenario(outage=("x",), hours=0.5, controls=controls, without=random_relations(rng, estate)),
    ]
    fragments = [fragment_of(scenario) for scenario in asked]
    run = "return given.map((text) => { const state = fromFragment(text); return [state, toFragment(state)]; });"
    (read,) = said(estate, [(run, fragments)])
    assert [state for state, _ in read] == [state_of(scenario) for scenario in asked]
    assert [again for _, again in read] == fragments


@pytest.mark.parametrize(
    ("page", "written", "address"),
    [
        ("explorer.html", "brief.html", "explorer.html"),
        ("out/explorer.html", "brief.html", "out/explorer.html"),
        ("explorer.html", "out/brief.html", "../explorer.html"),
        ("/a/b/e.html", "/a/c/x.html", "../b/e.html"),
        ("my #1: 50%.html", "x.html", "my%20%231%3A%2050%25.html"),
    ],
)
def test_an_address_is_relative_and_names_a_file_whatever_it_is_called(page: str, written: str, address: str) -> None:
    assert address_of(page, written, ACME) == address + fragment_of(ACME)


def test_what_is_played_is_asked_further_but_not_by_participants(
    northwind: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    played = ["exercise", str(northwind), "--compromise", "acme", "--assume", "granted", "--explorer"]
    target, hidden, page = (tmp_path / name for name in ("x.html", "y.html", "e.html"))
    assert main([*played, str(page), "-o", str(target)]) == 0
    link = f'<a href="e.html{fragment_of(ACME)}">compromise of Acme Logistics, level granted</a>'
    assert link in target.read_text("utf-8")
    assert main([*played, str(page), "-o", str(hidden), "--edition", "participants"]) == 2
    assert "this answer has nothing that a page could open with" in capsys.readouterr().err
    assert not hidden.exists()


def test_a_link_stands_in_a_page(northwind: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["brief", str(northwind), "--explorer", "e.html"]) == 2
    assert "links stand in a page; write it with -o FILE.html" in capsys.readouterr().err


def test_a_change_leads_to_who_could_reach_more(northwind: Path, tmp_path: Path) -> None:
    head, target = tmp_path / "head", tmp_path / "diff.html"
    shutil.copytree(northwind, head)
    access = head / "access.yaml"
    stated = access.read_text("utf-8")
    assert stated.count("grants: [send_mail]") == 1
    more = stated.replace("grants: [send_mail]", 'grants: [send_mail, "orders:orders.read"]')
    access.write_text(more, "utf-8")
    options = ["-o", str(target), "--explorer", str(tmp_path / "e.html"), "--exit-zero"]
    assert main(["diff", str(northwind), str(head), *options]) == 0
    asked = Scenario(compromise=("mailbird",), assume=Level.LATERAL)
    assert f'href="e.html{fragment_of(asked)}"' in target.read_text("utf-8")
