"""Where the examples and the shared input are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that reads the shared input is slow: it is there for every real file, not for while one types."""
    for item in items:
        if isinstance(item, pytest.Function) and "shared" in item.fixturenames:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def northwind() -> Path:
    """The example retailer."""
    return ROOT / "examples" / "northwind"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real and hostile input; skips where it is not."""
    folder = Path(os.environ.get("BLASTRADIUS_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip("the shared input is not here")
    return folder
