"""A file of records of which none can be read is refused, whichever loader read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from blastradius import loading
from blastradius.cli import main
from blastradius.errors import InputError

_BACKSTAGE = {"apiVersion": "backstage.io/v1alpha1", "kind": "Component", "metadata": {}}
_CYCLONEDX = {"bomFormat": "CycloneDX", "specVersion": "1.6", "services": [{"endpoints": ["https://a.example"]}]}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (_BACKSTAGE, "none of 1 record could be read as Backstage"),
        (_CYCLONEDX, "none of 2 records could be read as CycloneDX"),
    ],
)
def test_a_full_file_that_comes_to_nothing_is_refused(data: Any, says: str, tmp_path: Path) -> None:
    file = tmp_path / "input.json"
    file.write_text(json.dumps(data))
    with pytest.raises(InputError) as refused:
        loading.load([file])
    assert says in refused.value.problems[0]
    assert len(refused.value.problems) > 1, "what was wrong with them is said"


def test_a_file_of_which_something_can_be_read_is_not(tmp_path: Path) -> None:
    file = tmp_path / "input.json"
    file.write_text(json.dumps({**_CYCLONEDX, "services": [*_CYCLONEDX["services"], {"name": "s"}]}))
    assert set(loading.load([file]).entities) == {"s"}


def test_a_register_of_which_nothing_came_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = {"documentInfo": {"extends": ["http://www.eba.europa.eu/eu/fr/xbrl/crr/fws/dora/4.0/mod/dora.json"]}}
    (tmp_path / "report.json").write_text(json.dumps(report))
    (tmp_path / "b_01.01.csv").write_text("LEI,Name\nL1,Quay Bank\n")
    (tmp_path / "b_99.01.csv").write_text("c0010\nx\n")
    assert main(["check", str(tmp_path / "report.json")]) == 1
    assert "nothing came of its 2 records as dora" in capsys.readouterr().out


def test_a_file_of_nothing_that_is_modelled_is_a_finding_where_it_is_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = tmp_path / "people.yaml"
    people.write_text("apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: ann}\n")
    assert main(["check", str(people)]) == 1
    assert "nothing came of its 1 record as backstage" in capsys.readouterr().out
    (tmp_path / "service.yaml").write_text("apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: a}\n")
    main(["check", str(people), str(tmp_path / "service.yaml")])
    assert "nothing came of" not in capsys.readouterr().out
