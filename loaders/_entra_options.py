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

    tenant: Name | None = Field(None, description="id of the tenant that was exported")
    own: Name | None = Field(None, description="the party that this tenant is")
    parties: dict[Name, Name] = Field(
        default_factory=dict, description="which party a tenant, an application or a service principal is, by its id"
    )
    zone: Name | None = Field(None, description="where our own apps lie")
    as_of: Name | None = Field(None, description="the day from which an end date is past, as 2026-12-31")
    tables: Names = Field((), description="files beside this one that name what it gives by id")
    resource: Name | None = Field(None, description="application id of the API whose permissions a bare list has")
