"""A network has the rows that it needs and no more."""

from __future__ import annotations

from collections import Counter

import pytest

from blastradius.columns.ragged import distinct
from blastradius.columns.tables import NO_INDEX
from blastradius.engine import World, compile_system
from blastradius.engine.batch.frame import Frame
from blastradius.engine.batch.network import AND, AT_LEAST, OR, QUORUM, network_of
from blastradius.engine.batch.solve import back_end_of, batch_of
from blastradius.model import Control, ControlKind, Level
from tests.engine.short import estate, fact, facts, scenario

FALLBACK = {"depends_on:b>s1+s2+s3": Control(kind=ControlKind.FALLBACK, provided_by="s9")}


@pytest.mark.parametrize(
    ("relations", "controls", "start", "distrust", "rows"),
    [
        (("connects:s1>s2", "connects:s2>s1"), {}, "compromise s1", (), {OR: 1}),  # both fall by each other: one row
        (("depends_on:b>s1+s2",), {}, "outage s1", (), {OR: 6}),
        (("depends_on:b>s1+s2 at_least=1",), {}, "outage s1", (), {OR: 6, AND: 2}),
        (("depends_on:b>s1+s2+s3 at_least=2",), {}, "outage s1", (), {OR: 8, AT_LEAST: 2}),
        # so many are out, and the fallback has fallen; where it is distrusted in all worlds, it has
        (("depends_on:b>s1+s2+s3 at_least=2",), FALLBACK, "outage s1", (), {OR: 11, AT_LEAST: 2, AND: 2}),
        (("depends_on:b>s1+s2+s3 at_least=2",), FALLBACK, "outage s1", ("fallback",), {OR: 11, AT_LEAST: 2}),
        (("consumes:s>f1+f2+f3 vote_min=2",), {}, "wrong f1", (), {OR: 8, QUORUM: 1, AND: 1}),
        # what nobody provides falls nowhere
        (("connects:s1>s2",), {"s2": Control(kind=ControlKind.SEGMENTED)}, "compromise s1", (), {}),
    ],
)
def test_rows(
    relations: tuple[str, ...],
    controls: dict[str, Control],
    start: str,
    distrust: tuple[str, ...],
    rows: dict[int, int],
) -> None:
    system = compile_system(estate(*relations, controls=controls))
    network = network_of(Frame(system, [World(scenario(start, distrust=distrust))]), {})
    assert Counter(network.op.tolist()) == rows
    assert len(network.inputs) == len(network.need) == network.rows == network.indptr[-1]


def test_of_many_worlds_only_rows_that_may_hold_are_kept() -> None:
    """And one more, which stays empty."""
    system = compile_system(estate("connects:s1>s2", "consumes:s>f1+f2+f3 vote_min=2", "depends_on:b>s9"))
    worlds = [World(scenario("wrong f1 wrong f2"))] * 65
    network = batch_of(system, worlds, back_end_of("numpy")).network
    assert len(network.inputs) == len(network.need) == network.rows == network.indptr[-1]
    held = {system.facts.fact(number) for number in network.facts[network.places != NO_INDEX].tolist()}
    assert fact("taint(s)") in held
    assert fact("deny(b)") not in held
    assert network.rows < batch_of(system, worlds[:64], back_end_of("numpy")).network.rows


def test_of_seeds_alone_only_what_may_come_of_them_has_a_row() -> None:
    system = compile_system(estate("grants:k1+k2>o", "reads:o>d", "reads:o2>d2", "grants:k1>o2"))
    frame = Frame(system, [World(scenario("leak k1"))])
    network = network_of(frame, {}, distinct(frame.seeds[0]))
    placed = {system.facts.fact(number) for number in network.facts.tolist()}
    assert fact("read(d2)") in placed
    assert not placed & facts("use(o) read(d)")


def test_what_differs_between_worlds_is_a_row() -> None:
    """Once where it differs, and not at all where it is so in all worlds or in none."""
    built = estate("connects:s1>s2", "connects:s2>s3", "connects:s3>s4")
    system = compile_system(built)

    def variables(*worlds: World) -> set[object]:
        return set(network_of(Frame(system, worlds), {}).variables)

    high, low = scenario("compromise s1"), scenario("compromise s1", Level.TAKEOVER)
    some, other = "connects:s1>s2", "connects:s2>s3"
    assert variables(World(high), World(high)) == set()
    assert variables(World(high), World(low)) == {("level", Level.LATERAL)}
    assert variables(World(high, without=(some,)), World(high, without=(some, other))) == {("without", other)}
    assert variables(World(high, without=(some,)), World(low, without=(other,))) == {
        ("level", Level.LATERAL),
        ("without", some),
        ("without", other),
    }
