"""What is loose in an inventory, or can never hold: one finding each, with its place."""

from __future__ import annotations

import pytest

from blastradius.estate import Estate
from blastradius.loading import survey

HEAD = "blastradius: 1\nas_of: 2026-06-01\n"
ODD = {
    "parties: {p: {publishes: [f, g]}}\nfeeds: {f: {}, g: {}}\n"
    "services:\n  s: {consumes: [{of: [f, g], vote_min: 5}]}\n": (
        "6:18: vote_min 5 of 2 feeds can never be met; name more feeds, or ask for fewer"
    ),
    "services:\n  a: {depends_on: [{of: b, dependency: none, capacity_loss: true}]}\n  b: {}\n": (
        "4:20: capacity_loss says nothing where the dependency is 'none'; leave one of them out"
    ),
    "stores:\n  d: {copy_of: d}\n": "4:3: 'd' is a copy of itself (d > d); name the original",
    "stores:\n  a: {copy_of: b}\n  b: {copy_of: a}\n": "4:3: 'a' is a copy of itself (a > b > a); name the original",
    "stores:\n  d: {copy_of: s}\nservices: {s: {}}\n": "4:3: 'd' is a copy of 's', which is a service; "
    "copy_of goes to a store",
}
FINE = (
    "parties: {p: {publishes: [f, g]}}\nfeeds: {f: {}, g: {}}\n"
    "services: {s: {consumes: [{of: [f, g], vote_min: 2}]}}\n",
    "services: {a: {depends_on: [{of: b, dependency: soft, capacity_loss: true}]}, b: {}}\n",
    "stores: {a: {copy_of: b}, b: {copy_of: c}, c: {}}\n",
    "operations: {o: {reads: [d]}}\nstores: {d: {}}\nparties: {p: {holds: [k, l]}}\n"
    "credentials:\n  k: {grants: [o], expires: 2026-06-01}\n"
    "  l: {grants: [o], expires: 2026-05-31, controls: [expired]}\n",
)


def said(text: str, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    file = tmp_path_factory.mktemp("estate") / "e.yaml"
    file.write_text(HEAD + text)
    estate: Estate = survey([file]).estate()
    return [f"{note.provenance[0].line}:{note.provenance[0].column}: {note.message}" for note in estate.findings()]


@pytest.mark.parametrize(("text", "finding"), ODD.items())
def test_what_can_never_hold_is_a_finding(text: str, finding: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert said(text, tmp_path_factory)[0] == finding


@pytest.mark.parametrize("text", FINE)
def test_what_can_hold_is_none(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert said(text, tmp_path_factory) == []
