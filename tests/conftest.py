"""Where the examples and the shared input are, and which random examples are tried."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]

# The same examples every time, and no clock, so that whoever changes nothing sees nothing change; CI draws others for
# each commit.
settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that reads the shared input is slow: it is there for every real file, not for while one types."""
    for item in items:
        if isinstance(item, pytest.Function) and "shared" in item.fixturenames:
            item.add_marker(pytest.mark.slow)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say plainly that nothing was tried on a Neo4j server, where there was none."""
    skipped = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", ())]
    left_out = sum("no Neo4j server" in reason for reason in skipped)
    if left_out:
        way_out = "set NEO4J_URI, or install Java 17 and Maven"
        terminalreporter.write_line(f"Neo4j: {left_out} tests were left out, for there is no server here; {way_out}")


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
