"""What a user may say about an Entra export that the export cannot say itself."""

from __future__ import annotations

from pydantic import Field

from blastradius.options import Name, Names
from blastradius.options import Options as Shape


class Options(Shape):
    """The options of one export.

    ``tenant`` is the id of the tenant that exported it, ``own`` the party it is. ``parties`` says which
    tenant or application id is which party. ``tables`` are further files of the same tenant that name what
    this one gives by id. ``resource`` is whose permissions a bare list of them is.
    """

    tenant: Name | None = None
    own: Name | None = None
    parties: dict[Name, Name] = Field(default_factory=dict)
    zone: Name | None = None
    as_of: Name | None = None
    tables: Names = ()
    resource: Name | None = None
