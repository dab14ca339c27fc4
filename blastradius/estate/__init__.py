"""All sources as one estate."""

from blastradius.estate.estate import Estate
from blastradius.estate.placement import PlacedControl

__all__ = ["Estate", "PlacedControl"]
