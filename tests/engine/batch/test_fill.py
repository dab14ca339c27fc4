"""Both back ends fill the rows of any network with the bits that plain loops find."""

from __future__ import annotations

import random
from typing import Literal

import numpy as np
import pytest

from blastradius.columns.ragged import Flags, RaggedArray
from blastradius.engine.batch import fill_numpy
from blastradius.engine.batch.network import AND, AT_LEAST, OR, QUORUM, Network
from blastradius.engine.batch.schedule import Edges, in_order
from blastradius.engine.batch.solve import back_end_of, unpacked
from blastradius.engine.check.quorum import is_outvoted
from tests.counts import few

Engine = Literal["numpy", "fast"]
WIDTHS = (0, 1, 1, 2, 2, 3, 4, 6)
WIDE = (15, 16, 17, 49, 50, 51, 98, 99, 100, 101, 127, 128, 130)
"""How many inputs a row has, around where another way of combining them begins or a count leaves a byte."""


@pytest.mark.parametrize(("engine", "some"), [("numpy", False), ("numpy", True), ("fast", False)])
@pytest.mark.parametrize("seed", few(range(24), 4))
def test_rows_are_filled(seed: int, engine: Engine, *, some: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of few and of many inputs, in circles and not, over one word of worlds and several.

    With ``some`` circles are filled as large ones are: whole while half of the rows change, and then those that do.
    """
    if some:
        monkeypatch.setattr(fill_numpy, "_SMALL", -1)
        monkeypatch.setattr(fill_numpy, "_FEW", 2)
    rng = random.Random(seed)
    for count in (200, *(rng.choice((2, 3, 5, 12, 25)) for _ in range(10))):
        network = random_network(rng, count)
        words, numbers = rng.choice((1, 2, 3)), np.random.default_rng(seed)
        state = np.zeros((count, words), np.uint64)
        for share in (1, 3):  # what is added later is filled in, too
            seeds = numbers.random(count) < rng.choice((0.1, 0.4))
            drawn = numbers.random((count, 64 * words)) < rng.choice((0.02, 0.2, 0.5)) / share
            state |= np.packbits(drawn & seeds[:, np.newaxis], axis=1, bitorder="little").view("<u8")
            wanted = filled(network, unpacked(state, 64 * words))
            network.filler(back_end_of(engine))(state)
            assert (unpacked(state, 64 * words) == wanted).all()


def random_network(rng: random.Random, count: int) -> Network:
    """Rows that are made of others, most of few; with many rows some are made of very many."""
    widths = [min(rng.choice(WIDTHS), count) for _ in range(count)]
    if count > max(WIDE):
        widths[:40] = rng.choices(WIDE, k=40)
    ops = [rng.choice((OR, OR, AND, AT_LEAST, QUORUM)) for _ in range(count)]
    ahead = rng.random() < 0.5 and count > 1  # without a circle: only of rows before
    made = []
    for row, width in enumerate(widths):
        known = range(row) if ahead else range(count)
        inputs = rng.sample(known, min(width, len(known)))
        made.append(inputs[: len(inputs) // 2 * 2] if ops[row] == QUORUM else inputs)
        ops[row] = ops[row] if made[row] else OR
    need = [rng.randint(1, len(inputs) + 2) for inputs in made]
    lists = RaggedArray.of(made)
    order = in_order(Edges(lists.values, lists.row_ids).renamed(np.arange(count)), count)
    place = np.argsort(order.rows)
    placed = lists.take(order.rows)
    some = np.arange(count)
    return Network(
        *(some, some, {}, np.array(ops)[order.rows], np.array(need)[order.rows]),
        *(RaggedArray(placed.indptr, place[placed.values]), order.indptr, order.cycles, 0),
    )


def filled(network: Network, held: Flags) -> Flags:
    """The same rows of truth values, once nothing changes any more."""
    before = np.zeros_like(held)
    held = held.copy()
    while (before != held).any():
        before = held.copy()
        for row, inputs in enumerate(network.inputs.tolist()):
            if inputs:
                held[row] |= made_of(int(network.op[row]), int(network.need[row]), held[inputs])
    return held


def made_of(op: int, need: int, inputs: Flags) -> Flags:
    """What a row is of its inputs (inputs, worlds)."""
    if op in (OR, AND):
        met: Flags = (np.any if op == OR else np.all)(inputs, axis=0)
        return met
    if op == AT_LEAST:
        enough: Flags = inputs.sum(axis=0) >= need
        return enough
    feeds = len(inputs) // 2
    wrong, down = inputs[:feeds], inputs[feeds:]
    return is_outvoted(feeds, wrong.sum(axis=0), down.sum(axis=0), (wrong & down).sum(axis=0), need)
