"""The loaders that ship with blastradius; in a checkout their files stand in the top-level folder ``loaders/``."""

from pathlib import Path

_checkout = Path(__file__).parents[2] / "loaders"
if (_checkout.parent / "pyproject.toml").is_file() and _checkout.is_dir():
    __path__.append(str(_checkout))
