"""What is read, and the garbage collector."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from blastradius.reading import uncollected


@pytest.fixture(autouse=True)
def unfrozen() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def _is_old(value: object) -> bool:
    return not any(value is young for place in (0, 1) for young in gc.get_objects(generation=place))


def test_what_was_read_counts_as_old() -> None:
    if gc.get_freeze_count():
        pytest.skip("this interpreter begins with frozen objects, which stay so")
    with uncollected():
        read = [[number] for number in range(1_000)]
        assert not gc.isenabled()
        assert not _is_old(read[0])
    assert gc.isenabled()
    assert _is_old(read[0])
    assert gc.get_freeze_count() == 0


def test_what_somebody_froze_stays_frozen() -> None:
    gc.freeze()
    frozen = gc.get_freeze_count()
    with uncollected():
        pass
    assert gc.get_freeze_count() == frozen
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    with uncollected():
        pass
    assert not gc.isenabled()
