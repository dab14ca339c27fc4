"""The estates that every question is asked of."""

from __future__ import annotations

from pathlib import Path

import pytest

import blastradius as br
from blastradius.estate import Estate


@pytest.fixture(scope="session")
def retailer(northwind: Path) -> Estate:
    """The example retailer, loaded once."""
    return br.load(northwind)
