"""How far would a compromised partner, a poisoned feed or a failed provider reach?

    import blastradius as br
    estate = br.load("examples/northwind")
    reach = br.reach(estate, compromise="acme")

Every question is a function here; its keywords are the question's parameters. The answer shows its picture in
a notebook, and carries its data as ``.data``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from blastradius.api import Shown, explain, export, exposure, levers, load, rank, reach, review, verify

__all__ = ["Shown", "explain", "export", "exposure", "levers", "load", "rank", "reach", "review", "verify"]


def __getattr__(name: str) -> Any:
    """Import on first use, so that importing the package costs nothing."""
    if name in __all__:
        from blastradius import api

        return getattr(api, name)
    raise AttributeError(f"module 'blastradius' has no attribute {name!r}")
