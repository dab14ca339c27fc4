"""What a raw path is an example of: ids inside it become ``{id}``, so that an operation is one thing.

A route that a framework states is kept, only written in one way. In a raw path a part is an id when it is
a number, a UUID, a date, hexadecimal of eight or more characters, an address, percent-encoded, a word with a
number of three or more digits behind it (``order-1042``), a run of letters and digits mixed, longer than 64
characters, or like a secret. Words, versions (``v2``) and file names stay. Routes that the user states come
before all of this.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from blastradius.secrets import looks_secret

METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"])
STATIC = "(static files)"
_STATIC = re.compile(
    r"\.(?:png|jpe?g|gif|svg|ico|webp|avif|bmp|css|js|mjs|map|woff2?|ttf|eot|otf|mp[34]|webm|wasm)$", re.IGNORECASE
)
_ID = re.compile(
    r"""(?x)
      \d+
    | (?=\D*\d)[0-9a-zA-Z]{8}-[0-9a-zA-Z]{4}-[0-9a-zA-Z]{4}-[0-9a-zA-Z]{4}-[0-9a-zA-Z]{12}
    | \d{4}-\d\d(?:-\d\d)?(?:T.*)?
    | (?=\D*\d)[0-9a-fA-F]{8,}
    | [A-Za-z]+[-_:](?:\d{3,}|(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9]{6,})
    """
)
_MIXED = re.compile(r"(?=(?:[A-Za-z]*\d){2})(?=\d*[A-Za-z])[A-Za-z0-9]{8,}")
_GROUP = re.compile(r"\(\?P<(\w+)>[^()]*\)")
_PARTS = re.compile(r"[-_.~=:+,!]")
_PARAMETER = re.compile(
    r"^(?::(?P<colon>\w+)[?*+]?|<(?:\w+(?:\([^)]*\))?:)?(?P<angle>\w+)>|\{\*?(?P<brace>\w+)[^{}]*\})$"
)


def route(declared: str) -> str:
    """A route as a framework states it, its parameters written ``{name}`` and without a query."""
    plain = _GROUP.sub(r"{\1}", declared).strip().lstrip("^").rstrip("$")
    parts = _path_of(plain.rpartition(" ")[2]).split("/")
    return _rooted("/".join(map(_parameter, parts)))


def _parameter(part: str) -> str:
    found = _PARAMETER.match(part)
    return f"{{{found['colon'] or found['angle'] or found['brace']}}}" if found else part


def raw(path: str, routes: Routes | None = None) -> str:
    """The route that a raw path is an example of."""
    return _templated(_path_of(path), routes)


def _path_of(target: str) -> str:
    """The path of a path or URL, without query, fragment and path parameters."""
    if "://" in target:
        rest = target.split("://", 1)[1]
        target = rest[rest.find("/") :] if "/" in rest else "/"
    path = re.split(r"[?#]", target, maxsplit=1)[0] or "/"
    return "/".join(part.partition(";")[0] for part in path.split("/")) if ";" in path else path


@lru_cache(maxsize=65536)
def _templated(path: str, routes: Routes | None) -> str:
    declared = routes.match(path) if routes else None
    if declared is not None:
        return declared
    return _rooted("/".join("{id}" if _is_id(part) else part for part in path.split("/")))


def named(name: str) -> str:
    """The name of a piece of work with the ids taken out of it."""
    return " ".join("/".join("{id}" if _is_id(part) else part for part in word.split("/")) for word in name.split())


def _is_id(part: str) -> bool:
    if not part:
        return False
    if len(part) > 64 or "@" in part or "%" in part:
        return True
    return bool(_ID.fullmatch(part)) or any(map(_MIXED.fullmatch, _PARTS.split(part))) or looks_secret(part)


def _rooted(path: str) -> str:
    return path if path.startswith("/") or path == "*" else f"/{path}"


def is_static(path: str) -> bool:
    """Whether a path names a picture, a style sheet, a script or a font."""
    return _STATIC.search(_path_of(path)) is not None


def method(declared: str | None) -> str | None:
    """An HTTP method in capitals, or ``None`` for what is none."""
    upper = (declared or "").strip().upper()
    return upper if upper in METHODS else None


class Routes:
    """Routes that the user states, such as ``/orders/{id}``; the one with the most fixed parts wins."""

    def __init__(self, declared: Iterable[str]) -> None:
        ordered = sorted(declared, key=lambda item: (-_fixed(item), item))
        self._known = [(path, re.compile(_pattern(path))) for path in ordered]

    def match(self, path: str) -> str | None:
        """The stated route that a raw path is an example of."""
        return next((declared for declared, pattern in self._known if pattern.fullmatch(path)), None)


def _fixed(declared: str) -> int:
    return sum("{" not in part for part in declared.split("/"))


def _pattern(declared: str) -> str:
    """``{name}`` stands for one part of a path, ``{name...}`` for one or more."""
    pieces = re.split(r"(\{[^{}]*\})", declared)
    return "".join(_piece(piece) for piece in pieces) + "/?"


def _piece(piece: str) -> str:
    if not piece.startswith("{"):
        return re.escape(piece)
    return ".+" if piece.endswith("...}") else "[^/]+"
