"""The clock of an estate: how many hours steps of a rule take."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from blastradius.rules import RULES

_RULES = tuple(rule.id for rule in RULES)


def _known(text: str) -> str:
    if text not in _RULES:
        raise ValueError(f"no rule is called {text!r}; the rules are {', '.join(_RULES)}")
    return text


Clock = dict[Annotated[str, AfterValidator(_known)], Annotated[float, Field(ge=0, allow_inf_nan=False)]]
"""Hours by the id of a rule."""
