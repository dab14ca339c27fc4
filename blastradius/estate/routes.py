"""Which operations have one route: an API, a method, and a path whose parameters count by place and not by name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from blastradius.model import Entity, Operation

Route = tuple[str, str, str]
"""An API, a method in capitals, and a path as ``template`` gives it."""

_PARAMETER = re.compile(
    r"""(?x)
      \{ [^/{}]* \}                # {id}, {id...}, {+id}: OpenAPI, Go, Google
    | \( \? P? < \w+ > [^()]* \)    # (?<id>[^/]+), (?P<id>\d+): Kong, Django
    | (?<=/) : [^/]+              # :id, :id(\d+): Express, Rails
    | (?<=/) < [^/<>]+ >          # <int:id>: Flask
    | (?<=/) \*+ (?=/|$)          # *, **: gateways
    """
)
"""How formats write a part of a path that varies."""


def route(thing: Entity, bases: Iterable[str] = ()) -> Route | None:
    """The route of an operation; ``None`` for anything else, and where its API, method or path is not known."""
    if not isinstance(thing, Operation) or not (thing.api and thing.method and thing.path):
        return None
    return thing.api, thing.method.upper(), template(thing.path, bases)


def template(path: str, bases: Iterable[str] = ()) -> str:
    """A path with its parameters nameless, its end bare, and without the first of the bases that it begins with.

    A path that begins with ``~`` is a regular expression, as Kong has them.
    """
    if path.startswith("~"):
        path = path[1:].removeprefix("^").removesuffix("$").replace("\\", "")
    base = next((base.rstrip("/") for base in bases if path.startswith(base.rstrip("/") + "/")), "")
    return _PARAMETER.sub("{}", path[len(base) :]).rstrip("/") or "/"
