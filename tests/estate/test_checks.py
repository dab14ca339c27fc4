"""What is refused when facts become an estate."""

from __future__ import annotations

import re

import pytest

from blastradius.errors import InputError
from tests.queries.written import written


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "parties: {p: {owns: [{to: s, controls: [mfa]}]}}\nservices: {s: }",
            "estate.yaml:2:22: control 'mfa' stops nothing on owns; it belongs on",
        ),
        ("stores: {d: {controls: [mfa]}}", "estate.yaml:2:10: control 'mfa' stops nothing on store; it belongs on"),
        (
            "services: {s: {depends_on: [{to: t, controls: [{kind: fallback, provided_by: nobody}]}]}, t: }",
            "estate.yaml:2:29: 'nobody' is not declared; declare it as",
        ),
        (
            "services: {s: {controls: [{kind: hardened, provided_by: nobody}]}}",
            "estate.yaml:2:12: 'nobody' is not declared; declare it as",
        ),
    ],
)
def test_a_control_where_no_rule_looks_for_it_or_that_nobody_provides_is_refused(text: str, says: str) -> None:
    with pytest.raises(InputError, match=re.escape(says)):
        written(text)


def test_only_the_relation_that_a_wrong_control_stands_on_is_told() -> None:
    with pytest.raises(InputError) as refused:
        written(
            "parties: {p: {owns: [{to: s, controls: [mfa]}, {to: t, controls: [compartment]}]}}\nservices: {s: , t: }"
        )
    (problem,) = refused.value.problems
    assert "'mfa' stops nothing on owns" in problem


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "services: {s: {depends_on: [{of: [t, u], at_least: 3}]}, t: , u: }",
            ["estate.yaml:2:29: at_least 3 of 2 can never be met"],
        ),
        ("services: {s: {depends_on: [{of: [t, u], at_least: 2}]}, t: , u: }", []),
        ("services: {s: {part_of: x}}", ["estate.yaml:2:16: 'x' is not declared; declare it as"]),
        ("services: {s: {part_of: x, depends_on: [xx]}}\nstores: {d: {controls: [mfa]}}", [
            "estate.yaml:2:41: 'xx' is not declared; declare it as feed, operation, party",
            "estate.yaml:2:16: 'x' is not declared; declare it as",
            "estate.yaml:3:10: control 'mfa' stops nothing on store; it belongs on",
        ]),
    ],
)  # fmt: skip
def test_all_that_is_wrong_is_told_in_order_and_each_once(text: str, says: list[str]) -> None:
    try:
        written(text)
        problems: tuple[str, ...] = ()
    except InputError as refused:
        problems = refused.problems
    assert [problem[: len(begin)] for problem, begin in zip(problems, says, strict=True)] == says
