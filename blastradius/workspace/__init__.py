"""A workspace: the sources of an estate, what they speak for, and which of their names are one thing.

Pure functions over what loaders gave; the files themselves are read by ``blastradius.loading``.
"""

from blastradius.workspace.defaults import prefixed, spoken_for
from blastradius.workspace.linking import joined
from blastradius.workspace.proposals import Proposed, as_sections, proposals
from blastradius.workspace.scaffold import FileSurvey, first_workspace, said_of
from blastradius.workspace.schema import SourceShape, Workspace, is_workspace, read_workspace, schema

__all__ = [
    "FileSurvey",
    "Proposed",
    "SourceShape",
    "Workspace",
    "as_sections",
    "first_workspace",
    "is_workspace",
    "joined",
    "prefixed",
    "proposals",
    "read_workspace",
    "said_of",
    "schema",
    "spoken_for",
]
