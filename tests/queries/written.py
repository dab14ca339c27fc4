"""Estates written as people write them."""

from __future__ import annotations

from blastradius import plugins
from blastradius.estate import Estate
from blastradius.reading.document import parse_document


def written(text: str) -> Estate:
    """The estate of a file of ours, from what stands below its first line."""
    document = parse_document(f"blastradius: 1\n{text}", "estate.yaml")
    return Estate.build([plugins.loaders()["native"].load(document, {})])
