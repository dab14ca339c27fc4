"""A workspace: the sources of an estate, what they speak for, and which of their names are one thing.

Pure functions over what loaders gave; the files themselves are read by ``blastradius.loading``.
"""

from blastradius.workspace.defaults import prefixed, spoken_for
from blastradius.workspace.joining import joined
from blastradius.workspace.proposals import Proposed, proposals
from blastradius.workspace.shape import SourceShape, Workspace, is_workspace, read_workspace, schema
from blastradius.workspace.starting import Looked, first_workspace

__all__ = [
    "Looked",
    "Proposed",
    "SourceShape",
    "Workspace",
    "first_workspace",
    "is_workspace",
    "joined",
    "prefixed",
    "proposals",
    "read_workspace",
    "schema",
    "spoken_for",
]
