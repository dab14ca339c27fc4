"""An estate in the formats of other tools: one file a format, ending in ``EXPORT``; nothing here computes reach."""
