"""What a user may say about an Entra export that the export cannot say itself."""

from __future__ import annotations

from pydantic import Field

from blastradius.loaderkit.options import Name, Names
from blastradius.loaderkit.options import Options as Shape


class Options(Shape):
    """The options of one export."""

    tenant: Name | None = Field(default=None, description="id of the tenant that was exported")
    own: Name | None = Field(default=None, description="the party that this tenant is")
    parties: dict[Name, Name] = Field(
        default_factory=dict, description="which party a tenant, an application or a service principal is, by its id"
    )
    zone: Name | None = Field(default=None, description="where our own apps lie")
    as_of: Name | None = Field(default=None, description="the day from which an end date is past, as 2026-12-31")
    also: Names = Field(default=(), description="further exports of the tenant beside this one, read as one with it")
    tables: Names = Field(default=(), description="files beside this one that name what it gives by id")
    resource: Name | None = Field(
        default=None, description="application id of the API whose permissions a bare list has"
    )
