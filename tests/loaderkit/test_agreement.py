"""What follows a count of one."""

from __future__ import annotations

import pytest

from blastradius.loaderkit.agreement import agreeing


@pytest.mark.parametrize(
    ("said", "agreed"),
    [
        ("1 requirements take any valid key of their scheme", "1 requirement takes any valid key of its scheme"),
        ("1 entries of 'tests': not modelled, ignored", "1 entry of 'tests': not modelled, ignored"),
        ("1 boundaries drawn as a line, which do not say it", "1 boundary drawn as a line, which do not say it"),
        ("1 calls that settings name are let in by nothing", "1 call that settings name is let in by nothing"),
        ("1 times an output is taken so", "1 time an output is taken so"),
        ("1 paths also require one of more", "1 path also requires one of more"),
        ("1 groups and users are taken as ours", "1 group or user is taken as ours"),
        ("1 grants and tokens that are revoked: ignored", "1 grant or token that is revoked: ignored"),
        ("1 statements speak of all but what they name", "1 statement speaks of all but what it names"),
        ("1 switches are open", "1 switch is open"),
        ("1 cors plug-ins: ignored", "1 cors plug-ins: ignored"),
        ("1 access rights of an object", "1 access rights of an object"),
        ("2 requirements take any valid key", "2 requirements take any valid key"),
        ("11 keys are old", "11 keys are old"),
        ("'1 keys are old' is a name", "'1 keys are old' is a name"),
        ("1 key is old", "1 key is old"),
        ("", ""),
    ],
)
def test_one_is_in_the_singular_and_all_else_as_it_was(said: str, agreed: str) -> None:
    assert agreeing(said) == agreed
