"""``check`` on a workspace: every record accounted for, whatever could be read; links proposed; exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from blastradius.cli import main

SAME = ("same name", "same firm")
MERIDIAN = Path(__file__).parents[2] / "examples" / "meridian"


@pytest.fixture
def meridian(tmp_path: Path) -> Path:
    """A copy without its workspace: what the teams exported."""
    folder = Path(shutil.copytree(MERIDIAN, tmp_path / "meridian"))
    (folder / "blastradius.yaml").unlink()
    return folder


def check(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    code = main(["check", str(folder), "--format", "json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, found


def test_from_a_folder_of_exports_to_one_estate(meridian: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (meridian / "estate.yaml").unlink()  # it speaks of the ids that a person has chosen already
    assert main(["init", str(meridian)]) == 0
    capsys.readouterr()
    code, found = check(meridian, capsys)
    assert code == 1
    assert found["problems"] == []
    assert all(
        source["records"] == source["facts"] + source["rejected"] + source["ignored"] for source in found["sources"]
    )
    proposed = {tuple(proposal["ids"]) for proposal in found["proposals"] if proposal["why"] in SAME}
    assert {
        ("Courierly Ltd", "kong:consumer/courierly"),
        ("PedalPost", "kong:consumer/pedalpost"),
        ("okta:app/0oaHelpdeskly", "service:Helpdeskly"),
        ("component:default/customers", "customers-svc", "k8s:shop/deployment/customers-svc"),
        ("component:default/orders", "k8s:shop/deployment/orders-svc", "kong:service/orders-svc", "orders-svc"),
        ("postgresql:customers-db", "resource:default/customers-db"),
        ("api:default/customers:customers.read", "okta:server/partners/customers.read"),
    } == proposed


def test_what_was_proposed_can_be_pasted(meridian: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", str(meridian)])
    capsys.readouterr()
    (meridian / "estate.yaml").unlink()
    _, before = check(meridian, capsys)
    links = [
        proposal["write"].removeprefix("same: {").removesuffix("}")
        for proposal in before["proposals"]
        if "same" in proposal["write"]
    ]
    workspace = meridian / "blastradius.yaml"
    text = workspace.read_text().replace('  - path: "estate.yaml"\n    loader: native\n', "")
    workspace.write_text(f"{text}\nsame:\n" + "".join(f"  {link}\n" for link in links))
    _, after = check(meridian, capsys)
    assert after["problems"] == []
    assert after["entities"] < before["entities"]
    assert not [proposal for proposal in after["proposals"] if proposal["why"] == "same name"]


def test_a_source_that_cannot_be_read_hides_nothing(meridian: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(MERIDIAN / "blastradius.yaml", meridian)
    (meridian / "gateway" / "kong.yaml").write_text("services: [\n")
    code, found = check(meridian, capsys)
    assert code == 3
    (problem,) = found["problems"]
    assert (Path(problem["places"][0]["file"]).name, problem["places"][0]["line"]) == ("kong.yaml", 2)
    assert problem["message"].startswith("not YAML")
    assert {source["loader"] for source in found["sources"]} >= {"backstage", "okta", "aws_iam", "zipkin"}
    assert main(["reach", str(meridian), "--compromise", "PedalPost"]) == 3
    assert "kong.yaml:2:1: not YAML" in capsys.readouterr().err


def test_sources_that_contradict_each_other_in_kind_are_all_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, section in (("one", "services"), ("two", "stores")):
        (tmp_path / f"{name}.yaml").write_text(f"blastradius: 1\n{section}: {{orders: {{}}}}\n")
    (tmp_path / "blastradius.yaml").write_text("workspace: 1\nsources: [{path: [one.yaml, two.yaml]}]\n")
    code, found = check(tmp_path, capsys)
    assert code == 3
    assert "two.yaml:2:10: 'orders' is a store here and a service at" in found["problems"][0]["text"]
    assert [source["facts"] for source in found["sources"]] == [0, 1, 1]


def test_many_findings_of_one_wording_are_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = ", ".join(f"key-{number}: {{}}" for number in range(40))
    (tmp_path / "e.yaml").write_text(f"blastradius: 1\ncredentials: {{{keys}}}\n")
    assert main(["check", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert out.count("grants nothing") == 1
    assert "(and 39 more like it)" in out
    assert len(check(tmp_path, capsys)[1]["findings"]) == 80


def test_the_workspace_of_the_current_folder(
    meridian: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(meridian)
    assert main(["rank"]) == 2
    assert (
        "name an estate: a file, a folder or a workspace; there is no blastradius.yaml here" in capsys.readouterr().err
    )
    shutil.copy(MERIDIAN / "blastradius.yaml", meridian)
    assert main(["rank", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["question"] == "rank"


def test_all_the_real_files_are_accounted_for(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(shutil.copytree(shared / "data", tmp_path / "data", copy_function=shutil.copyfile))
    assert main(["init", str(folder)]) == 0
    capsys.readouterr()
    _, found = check(folder, capsys)
    assert found["problems"] == []
    assert sum(source["records"] for source in found["sources"]) > 40_000
    assert all(
        source["records"] == source["facts"] + source["rejected"] + source["ignored"] for source in found["sources"]
    )
    assert all(sum(source["by_class"].values()) <= source["ignored"] for source in found["sources"])
    listed = (folder / "blastradius.yaml").read_text()
    unaccounted = [
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.is_file() and file.name != "blastradius.yaml" and not _told(file.relative_to(folder), listed)
    ]
    assert unaccounted == []


def _told(file: Path, listed: str) -> bool:
    """Whether a file is a source, by name or by glob, or left out with its reason."""
    return f'"{file.as_posix()}"' in listed or f'"{file.parent.as_posix()}/*{file.suffix}"' in listed
