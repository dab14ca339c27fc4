"""The page as it is written: what it carries, what it may do, and what it refuses."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from blastradius import loading
from blastradius.cli import main
from blastradius.engine import compile_system
from blastradius.errors import UsageError
from blastradius.estate.things import LazyEntities
from blastradius.render.page import explorer
from blastradius.render.page.explorer import SCRIPTS, Written
from blastradius.reports.words import label
from tests.estate.test_one_estate import facts_of
from tests.estate.test_one_estate import written as written_lines

FOLDER = Path(explorer.__file__).parent


@pytest.fixture(scope="module")
def page(northwind: Path) -> str:
    written = Written("How far?", (str(northwind),))
    return explorer.explorer(compile_system(loading.load([str(northwind)])), written)


def carried(page: str) -> dict[str, Any]:
    found = re.search(r'id="estate">([^<]*)<', page)
    assert found
    data: dict[str, Any] = json.loads(gzip.decompress(b64decode(found[1])))
    return data


def test_a_page_of_lines_is_written_without_an_object_for_each_thing(
    northwind: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made anew for each part of the page, they took most of the time of a large one, in which no gap is looked for."""
    monkeypatch.setattr(explorer, "MANY", 0)
    estate = loading.load([written_lines(facts_of(loading.load([str(northwind)])), tmp_path / "e.jsonl")])
    data = explorer.carried(compile_system(estate), Written("How far?"))
    assert isinstance(estate.entities, LazyEntities)
    assert len(estate.entities.known) < len(estate.entities) / 5, "those that rules look closely at"
    assert [name or data["entities"][n] for n, name in enumerate(data["told"]["names"])] == [
        label(estate, name) for name in estate.entities
    ]


def hashed(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def test_the_policy_lets_its_own_script_and_style_run_and_nothing_else(page: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    rules = dict(rule.split(" ", 1) for rule in policy[1].split("; "))
    script, style = (re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL) for tag in ("script", "style"))
    assert [*map(hashed, script)] == [rules["script-src"].removesuffix(" 'wasm-unsafe-eval'")]
    assert [*map(hashed, style)] == [rules["style-src"]]
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert not {"connect-src", "object-src", "frame-src"} & rules.keys()


def test_nothing_of_it_lies_elsewhere(page: str) -> None:
    markup = re.sub(r"<script.*?</script>|<template.*?</template>", "", page, flags=re.DOTALL)
    assert re.findall(r'(?:src|href)="(?!#)[^"]*"|url\((?!data:)|@import', markup) == []


def test_the_same_estate_gives_the_same_page(page: str, northwind: Path) -> None:
    again = explorer.explorer(compile_system(loading.load([str(northwind)])), Written("How far?", (str(northwind),)))
    assert again == page


def test_it_is_small_enough_for_a_mail(page: str) -> None:
    assert len(page.encode()) < 1_000_000


def test_names_are_data(tmp_path: Path) -> None:
    hostile = "</script><script>alert(1)</script>"
    source = tmp_path / "estate.yaml"
    source.write_text(f"blastradius: 1\nparties:\n  x: {{name: '{hostile}'}}\n", "utf-8")
    assert main(["explore", str(source), "-o", str(tmp_path / "x.html"), "--title", "<b>$script</b>"]) == 0
    page = (tmp_path / "x.html").read_text("utf-8")
    assert hostile not in page
    assert "<title>&lt;b&gt;$script&lt;/b&gt;</title>" in page
    assert carried(page)["told"]["names"] == [hostile]


def test_scripts_write_no_markup_and_run_no_text() -> None:
    forbidden = re.compile(
        r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|setAttribute\(\"on|fetch\(|"
        r"XMLHttpRequest|WebSocket|sendBeacon|localStorage|import\()"
    )
    found = {name: forbidden.findall((FOLDER / name).read_text("utf-8")) for name in SCRIPTS}
    assert {name: words for name, words in found.items() if words} == {}


def test_no_two_scripts_declare_the_same_name() -> None:
    declared = re.compile(r"^(?:async )?(?:function|class|const|let|var) (\w+)", re.MULTILINE)
    names = [name for script in SCRIPTS for name in declared.findall((FOLDER / script).read_text("utf-8"))]
    assert sorted({name for name in names if names.count(name) > 1}) == []
    assert {path.name for path in FOLDER.glob("*.js")} == {*SCRIPTS}


def test_too_many_things_are_refused_with_their_number(monkeypatch: pytest.MonkeyPatch, northwind: Path) -> None:
    estate = loading.load([str(northwind)])
    monkeypatch.setattr(explorer, "MOST", 100)
    with pytest.raises(UsageError, match=r"159 things are too many for a page, which carries 100 at most; .*--around"):
        explorer.refuse_too_many(estate)
    with pytest.raises(UsageError, match=r"159 things are too many .* the part that was asked for; name with --from"):
        explorer.refuse_too_many(estate, is_part=True)


def test_of_many_things_the_command_says_a_word(
    monkeypatch: pytest.MonkeyPatch, northwind: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(explorer, "MANY", 100)
    assert main(["explore", str(northwind), "-o", str(tmp_path / "x.html")]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "it carries the whole estate: 159 things" in said
    assert "more than 100 things takes seconds" in said


def test_it_opens_with_the_scenario_that_is_named(northwind: Path, tmp_path: Path) -> None:
    target = str(tmp_path / "x.html")
    options = ["--compromise", "Acme Logistics", "--assume", "lateral", "--distrust", "hardened@orders_api"]
    assert main(["explore", str(northwind), "-o", target, *options]) == 0
    start = carried(Path(target).read_text("utf-8"))["about"]["start"]
    assert (start["compromise"], start["assume"], start["distrust"]) == (["acme"], 4, ["hardened@orders_api"])


PLAYED = ["-o", "x.html", "--exercise", "--compromise", "acme"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-o", "x.pdf"], "name a file that ends in .html"),
        (["-o", "x.html", "--from", "acme", "--around", "acme"], "leave out one of them"),
        (["-o", "x.html", "--from", "nobody at all"], "nobody at all"),
        (["-o", "x.html", "--compromise", "acme", "--around", "buildly"], "acme"),
        (
            ["-o", "x.html", "--compromise", "acme", "--minutes", "90"],
            "--minutes: that is for an exercise; add --exercise",
        ),
        (["-o", "x.html", "--exercise"], "a scenario starts somewhere"),
        ([*PLAYED, "--decide", "inject-1=revoke:nothing"], "which is not there"),
        ([*PLAYED, "--decide", "inject-1=revoke:acme_token", "--redact", "names"], "decide it in the page"),
    ],
)
def test_what_cannot_be_written_is_refused_in_a_sentence(
    options: list[str], message: str, northwind: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(["explore", str(northwind), *options]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "x.html").exists()


def test_a_page_without_names_carries_none(northwind: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.html"
    assert main(["explore", str(northwind), "-o", str(target), "--redact", "names", "--compromise", "acme"]) == 0
    page = target.read_text("utf-8")
    data = carried(page)
    assert (data["about"]["redacted"], data["about"]["paths"]) == (True, [])
    assert [name.split(" ")[0] for name in data["about"]["start"]["compromise"]] == ["party"]
    assert "acme" not in json.dumps(data).casefold() + page.partition("<script")[0].casefold()
