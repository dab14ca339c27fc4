"""What a user says about a graph of other tools: which attributes and words stand for ours."""

from __future__ import annotations

from pydantic import Field

from blastradius.model import Kind, Verb
from blastradius.options import Name
from blastradius.options import Options as Shape


class Options(Shape):
    """The options of one graph.

    ``kind``, ``name`` and ``id`` are attributes of nodes, ``verb`` one of edges; ``kinds`` and ``verbs`` say which of
    our words stands for one of theirs.
    """

    kind: Name = "kind"
    verb: Name = "verb"
    name: Name = "name"
    id: Name | None = None
    kinds: dict[str, Kind] = Field(default_factory=dict)
    verbs: dict[str, Verb] = Field(default_factory=dict)
