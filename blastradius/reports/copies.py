"""Copies of the same data, which are counted once."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from blastradius.columns.ragged import Numbers, RaggedArray


def same_data(copy_of: RaggedArray) -> Numbers:
    """For each entity the first of those whose data it shares, through copies and their originals; mostly itself."""
    count = len(copy_of)
    if not len(copy_of.values):
        return np.arange(count)
    links = csr_array((np.ones(len(copy_of.values), np.int8), (copy_of.row_ids, copy_of.values)), shape=(count, count))
    _, labels = connected_components(links, directed=False)
    _, first = np.unique(labels, return_index=True)
    return first[labels]
