"""What a user may say about an API description that the description cannot say itself."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, model_validator

from blastradius.model import Verb
from blastradius.options import Controls, Name, Names, listed
from blastradius.options import Options as Shape


def _item(value: Any) -> Any:
    return {"to": value} if isinstance(value, str) else value


class Target(Shape):
    """One thing an operation touches."""

    to: Name
    extent: Literal["all", "subset"] = "all"
    controls: Controls = ()


Targets = Annotated[tuple[Annotated[Target, BeforeValidator(_item)], ...], BeforeValidator(listed)]


class Effect(Shape):
    """What the operations that match touch."""

    match: Names = ()
    scopes: Names = ()
    reads: Targets = ()
    writes: Targets = ()
    controls_target: Targets = ()
    disables: Targets = ()

    @model_validator(mode="after")
    def _says_enough(self) -> Effect:
        if not self.match and not self.scopes:
            raise ValueError("an effect needs 'match' or 'scopes', to say which operations it is of")
        if any(each.extent != "all" for each in (*self.controls_target, *self.disables)):
            raise ValueError("'extent' goes with 'reads' and 'writes' only")
        return self

    def targets(self) -> tuple[tuple[Verb, Target], ...]:
        """What is touched, each with the verb."""
        words = (
            (Verb.READS, self.reads),
            (Verb.WRITES, self.writes),
            (Verb.CONTROLS, self.controls_target),
            (Verb.DISABLES, self.disables),
        )
        return tuple((verb, each) for verb, targets in words for each in targets)


class Options(Shape):
    """The options of one description."""

    api: Name | None = None
    direction: Literal["exposed", "consumed", "internal"] | None = None
    served_by: Name | None = None
    owner: str | None = None
    scopes: Literal["any", "all"] = "any"
    effects: Annotated[tuple[Effect, ...], BeforeValidator(listed)] = ()
