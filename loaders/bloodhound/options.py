"""What a user may say about a BloodHound graph that it cannot say itself."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from blastradius.loaderkit.options import Name, Names
from blastradius.loaderkit.options import Options as Shape
from blastradius.model import Verb

from .words import How, Role

Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,80}$")]


def _meaning(value: Any) -> Any:
    """What an edge is said to give, as one of our words."""
    if value == "ignore":
        return value
    for words in (How, Verb):
        if isinstance(value, str) and value in set(words):
            return words(value)
    raise ValueError(f"expected ignore, {', '.join(How)}, or a verb: {', '.join(Verb)}")


Meaning = Annotated[How | Verb | Literal["ignore"], BeforeValidator(_meaning)]


class Options(Shape):
    """The options of one file; ``kinds`` and ``edges`` go before what is known of a kind."""

    kinds: dict[Word, Role] = Field(default_factory=dict, description="what nodes of a kind are")
    edges: dict[Word, Meaning] = Field(
        default_factory=dict,
        description="what edges of a kind give of their end: a verb, a way to hold it, or `ignore`",
    )
    parties: dict[Name, Name] = Field(
        default_factory=dict, description="whose a domain, a tenant, an organisation or an app is, by its id or name"
    )
    own: Names = Field((), description="organisations that are ours")
