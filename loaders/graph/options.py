"""What a user says about a graph of other tools: which attributes and words stand for ours."""

from __future__ import annotations

from pydantic import Field

from blastradius.loaderkit.options import Name
from blastradius.loaderkit.options import Options as Shape
from blastradius.model import Kind, Verb


class Options(Shape):
    """The options of one graph."""

    kind: Name = Field(default="kind", description="attribute of a node that says what it is")
    verb: Name = Field(default="verb", description="attribute of an edge that says what it means")
    name: Name = Field(default="name", description="attribute of a node that is its display name")
    id: Name | None = Field(default=None, description="attribute of a node that is its id, where not the graph's own")
    kinds: dict[str, Kind] = Field(default_factory=dict, description="which kind of ours a word of theirs stands for")
    verbs: dict[str, Verb] = Field(default_factory=dict, description="which verb of ours a word of theirs stands for")
