"""Which controls stop nothing, as who provides them stands or falls with what they are for."""

from __future__ import annotations

import pytest

from blastradius.estate import Estate
from blastradius.model import ControlKind
from tests.queries.written import written


def why(built: Estate) -> str | None:
    """Why the fallback of the shop stops nothing."""
    (relation,) = (it for it in built.relations.values() if it.controls)
    (control,) = relation.controls
    assert control.kind == ControlKind.FALLBACK
    return built.why_void(control, relation.targets)


@pytest.mark.parametrize(
    ("stand_in", "says"),
    [
        ("second: {}", None),
        ("second: {depends_on: [first]}", "the fallback 'second' rests on 'first'"),
        ("second: {runs_on: [first]}", "the fallback 'second' rests on 'first'"),
        ("second: {depends_on: [{to: first, dependency: soft}]}", None),
        ("second: {calls: [{to: of_first, dependency: hard}]}", "the fallback 'second' rests on 'first'"),
        ("second: {calls: [of_first]}", None),
        ("second: {depends_on: [third]}, third: {depends_on: [first]}", "the fallback 'second' rests on 'first'"),
        ("second: {consumes: [{to: list, dependency: hard}]}", "the fallback 'second' rests on 'first'"),
        ("second: {zone: here}", "the fallback 'second' shares zone 'here' with 'first'"),
    ],
)
def test_a_fallback_that_falls_with_what_it_replaces_stops_nothing(stand_in: str, says: str | None) -> None:
    """Who serves an operation, or publishes a feed, is what stands behind it."""
    built = written(
        "zones: {here: }\noperations: {of_first: }\nfeeds: {list: }\nservices:\n"
        "  first: {zone: here, serves: [of_first], publishes: [list]}\n"
        "  shop: {depends_on: [{to: first, controls: [{kind: fallback, provided_by: second}]}]}\n"
        + "".join(f"  {each}\n" for each in stand_in.replace("}, third", "}|third").split("|"))
    )
    assert why(built) == says
