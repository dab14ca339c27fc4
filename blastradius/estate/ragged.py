"""Ragged arrays, under the names that the engine has for them."""

from blastradius.columns.ragged import Flags, Numbers, RaggedArray, Small, joined
from blastradius.columns.ragged import RaggedArray as Lists

__all__ = ["Flags", "Lists", "Numbers", "RaggedArray", "Small", "joined"]
