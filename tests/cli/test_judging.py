"""The rules as the gate of a pull request, in a real repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

from blastradius.cli import main
from tests.render.sarif_schema import results_of
from tests.repositories import committed

ESTATE = """\
blastradius: 1
as_of: 2026-11-30
parties:
  us: {role: self, owns: [customers, parcels]}
  acme: {name: Acme Logistics, holds: acme_key}
credentials:
  acme_key:
    grants:
      - parcels.read
scopes:
  parcels.read: {permits: read_parcels}
  customers.read: {permits: read_customers}
operations:
  read_parcels: {reads: parcels}
  read_customers: {reads: customers}
stores:
  customers: {crown_jewel: true}
  parcels: {}
expect:
  - name: no partner reads a crown jewel as granted
    compromise: {role: partner}
    assume: granted
    out_of_reach: {crown_jewel: true, capability: read}
"""
NARROW = "      - parcels.read\n"
WIDE = f"{NARROW}      - customers.read\n"


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of an estate in a repository of its own, where the command is run."""
    (tmp_path / "estate").mkdir()
    file = tmp_path / "estate" / "access.yaml"
    file.write_text(ESTATE)
    monkeypatch.chdir(tmp_path)
    committed(tmp_path)
    return file


def judged(*arguments: str) -> tuple[int, list[dict[str, Any]], Any]:
    code = main(["verify", "estate", "--sarif", "out.sarif", "--junit", "out.xml", "-o", "comment.md", *arguments])
    results = results_of(Path("out.sarif").read_text())
    return code, results, fromstring(Path("out.xml").read_text())


def test_the_gate_fails_one_scope_too_many_at_its_line_and_passes_when_it_is_narrowed(estate: Path) -> None:
    assert judged()[:2] == (0, [])
    estate.write_text(ESTATE.replace(NARROW, WIDE))
    code, (result,), suites = judged("--base", "main:estate")
    line = estate.read_text().splitlines().index("      - customers.read") + 1
    place = result["locations"][0]["physicalLocation"]
    assert (code, place["artifactLocation"], place["region"]["startLine"]) == (
        1,
        {"uri": "estate/access.yaml"},
        line,
    )
    assert suites.get("failures") == "1"
    comment = Path("comment.md").read_text()
    assert comment.startswith("**1 of 1 expected fact, in 1 expectation, does not hold**")
    assert f"estate/access.yaml:{line}" in comment
    estate.write_text(ESTATE)
    assert judged("--base", "main:estate")[:2] == (0, [])


def test_a_finding_keeps_its_fingerprint_when_lines_move(estate: Path) -> None:
    estate.write_text(ESTATE.replace(NARROW, WIDE))
    (before,) = judged()[1]
    estate.write_text("# a line more\n" + estate.read_text())
    (after,) = judged()[1]
    assert before["partialFingerprints"] == after["partialFingerprints"]
    assert before["locations"] != after["locations"]


def test_an_accepted_exception_passes_the_gate_and_is_told(estate: Path) -> None:
    accepted = "    accepted: {start: acme, why: until the new API, owner: J. M., until: 2026-12-31}\n"
    estate.write_text(ESTATE.replace(NARROW, WIDE) + accepted)
    code, (result,), suites = judged()
    assert (code, result["suppressions"][0]["status"], suites.get("skipped")) == (0, "accepted", "1")
    estate.write_text(estate.read_text().replace("as_of: 2026-11-30", "as_of: 2027-01-01"))
    code, (result,), _ = judged()
    assert (code, "suppressions" in result) == (1, False)


def test_a_base_without_sarif_is_refused(estate: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "estate", "--base", "main:estate"]) == 2
    assert "--base: it says where failures stand in SARIF; add --sarif FILE" in capsys.readouterr().err
