"""All that the author of a loader imports, besides ``reading``, ``model`` and ``errors``."""
