"""What was changed in an estate has a digest of its own, that does not depend on how it came about."""

from __future__ import annotations

import pickle
from typing import Any

from tests.engine.short import estate

BUILT = estate("owns:p>s", "runs_on:s>s2", "holds:s>k")


def test_every_change_changes_the_digest() -> None:
    changes: tuple[dict[str, Any], ...] = (
        {"without": ["owns:p>s"]},
        {"without": ["runs_on:s>s2"]},
        {"controls": ["hardened@s"]},
        {"without": ["owns:p>s"], "controls": ["hardened@s"]},
    )
    digests = {BUILT.digest, *(BUILT.changed(**change).digest for change in changes)}
    assert len(digests) == 1 + len(changes)


def test_the_order_of_changes_does_not_count() -> None:
    one = BUILT.changed(without=["owns:p>s"]).changed(controls=["hardened@s"])
    other = BUILT.changed(controls=["hardened@s"]).changed(without=["owns:p>s"])
    assert one.digest == other.digest == BUILT.changed(without=["owns:p>s"], controls=["hardened@s"]).digest


def test_nothing_changed_is_the_same_estate() -> None:
    assert BUILT.changed() is BUILT


def test_a_changed_estate_has_the_same_digest_in_another_process() -> None:
    changed = BUILT.changed(without=["owns:p>s"])
    assert pickle.loads(pickle.dumps(changed)).digest == changed.digest
