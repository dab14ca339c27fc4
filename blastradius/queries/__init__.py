"""The queries that ship with blastradius; in a checkout their files stand in the top-level folder ``queries/``."""

from pathlib import Path

_checkout = Path(__file__).parents[2] / "queries"
if (_checkout.parent / "pyproject.toml").is_file() and _checkout.is_dir():
    __path__.append(str(_checkout))
