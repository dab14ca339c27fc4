"""All sources as one estate."""

from blastradius.estate.estate import Estate
from blastradius.estate.naming import OfAnotherKindError
from blastradius.estate.placement import PlacedControl

__all__ = ["Estate", "OfAnotherKindError", "PlacedControl"]
