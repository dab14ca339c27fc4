"""A file of records of which none can be read is refused, whichever loader read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from blastradius import loading
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
