"""All sources as one estate."""

from blastradius.estate.estate import Estate, PlacedControl

__all__ = ["Estate", "PlacedControl"]
