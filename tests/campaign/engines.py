"""Every property of the engines that is tested on random estates, on new ones: spec, solver, many worlds, audits."""

from __future__ import annotations

import importlib
import inspect
import json
import random
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from unittest.mock import patch

from blastradius.estate import Estate
from tests.campaign.estates import reduced_estate
from tests.campaign.trial import BrokenError
from tests.engine.random_estates import random_estate

Property = Callable[[int], None]
MODULES = ("tests.engine.test_agreement", "tests.engine.batch.test_worlds", "tests.engine.single.test_arrivals")


def attempt(rng: random.Random, _home: Path) -> str:
    """Try one property on a new estate.

    Raises:
        BrokenError: it does not hold; with the smallest estate found on which it does not.
    """
    named = properties()
    name = rng.choice(sorted(named))
    seed = rng.getrandbits(40)
    why = failure(named[name], seed)
    if why is not None:
        smallest = reduced_estate(
            random_estate(random.Random(seed)), lambda estate: failure(named[name], seed, estate) == why
        )
        shown = {"property": name, "seed": seed, "estate": smallest}
        raise BrokenError(f"{name} does not hold: {why}", {"shown.json": json.dumps(shown, indent=1)})
    return name.removeprefix("test_")


@cache
def properties() -> dict[str, Property]:
    """The tests that take a seed and nothing else, without what tries them on many."""
    return dict(_properties())


def _properties() -> Iterator[tuple[str, Property]]:
    for module in map(importlib.import_module, MODULES):
        for name, test in inspect.getmembers(module, lambda each: hasattr(each, "hypothesis")):
            inner = test.hypothesis.inner_test
            if list(inspect.signature(inner).parameters) == ["seed"]:
                yield name, inner


def failure(holds: Property, seed: int, estate: Estate | None = None) -> str | None:
    """What a property fails with, as the kind of error; ``estate`` stands in for the one that the seed makes."""

    def instead(rng: random.Random) -> Estate:
        made = random_estate(rng)
        return made if estate is None else estate

    try:
        with patch.dict(inspect.unwrap(holds).__globals__, random_estate=instead):
            holds(seed)
    except Exception as error:  # whatever it is, it is what is looked for
        return type(error).__name__
    return None
