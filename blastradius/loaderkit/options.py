"""Shapes of the options that a user may give a loader: names, lists, controls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from blastradius.loaderkit.names import MAX_ID, harmless
from blastradius.model import Control, ControlKind


def _checked(text: str) -> str:
    if not harmless(text) or len(text) > MAX_ID:
        raise ValueError(f"a name has 1 to {MAX_ID} characters and no control characters")
    return text


def listed(value: Any) -> Any:
    """One thing, or none, where a list is expected."""
    return [value] if isinstance(value, (str, dict)) else [] if value is None else value


def keyed(key: str) -> Callable[[Any], Any]:
    """What reads a text, where a mapping is expected, as the mapping's ``key``."""
    return lambda value: {key: value} if isinstance(value, str) else value


Name = Annotated[str, AfterValidator(_checked)]
Names = Annotated[tuple[str, ...], BeforeValidator(listed, json_schema_input_type=str | tuple[str, ...])]
_Control = Annotated[Control, BeforeValidator(keyed("kind"), json_schema_input_type=ControlKind | Control)]
Controls = Annotated[
    tuple[_Control, ...], BeforeValidator(listed, json_schema_input_type=_Control | tuple[_Control, ...])
]


class Options(BaseModel):
    """What the options of every loader have in common: closed to unknown names, frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
