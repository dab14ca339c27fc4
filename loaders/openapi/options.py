"""What a user may say about an OpenAPI description that the description cannot say itself."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from blastradius.loaderkit.api_effects import ApiOptions


class Options(ApiOptions):
    """The options of one description."""

    scopes: Literal["any", "all"] = Field(
        default="any", description="whether any of several scopes in one requirement suffices, or all are needed"
    )
