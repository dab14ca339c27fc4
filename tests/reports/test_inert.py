"""A control that no step can meet where it stands is a finding, with the nearest place where it would count."""

from __future__ import annotations

from pathlib import Path

import pytest

import blastradius as br
from blastradius.cli import main
from blastradius.engine import compile_system
from blastradius.engine.guarding import guarded_hosts
from blastradius.meanings import VOCABULARY
from blastradius.model import ControlKind
from blastradius.reports.inert import inert_controls

HEAD = "blastradius: 1\n"
INERT = {
    "credentials: {k: {grants: [s]}}\nscopes: {s: {permits: [o]}}\n"
    "operations: {o: {reads: [d], controls: [ip_allowlist]}}\nstores: {d: {}}\n": (
        "4:41: control 'ip_allowlist' on 'o' guards nothing there",
        "it would count on 's'",
    ),
    "credentials: {k: {type: session, controls: [mfa], grants: [o]}}\noperations: {o: {}}\n": (
        "2:45: control 'mfa' on 'k' guards nothing there: it stops use of a copied password",
        "take it out, or say what it guards",
    ),
    "credentials: {k: {grants: [o]}}\n"
    "operations: {o: {writes: [{to: d, controls: [human_review]}]}}\nstores: {d: {}}\n": (
        "3:46: control 'human_review' on 'writes:o>d' guards nothing there",
        "that a second person has to agree to a change is 'approval'",
    ),
    "credentials: {k: {controls: [revoked]}}\n": (
        "2:30: control 'revoked' on 'k' guards nothing there",
        "take it out, or say what it guards",
    ),
    "services: {s: {consumes: [f]}}\nfeeds: {f: {controls: [quarantined]}}\n": (
        "3:24: control 'quarantined' on 'f' guards nothing there",
        "it would count on 'consumes:s>f'",
    ),
    "services: {s: {reads: [{to: d, controls: [object_authz]}]}}\nstores: {d: {}}\n": (
        "2:43: control 'object_authz' on 'reads:s>d' guards nothing there",
        "take it out, or say what it guards",
    ),
    "services: {s: {calls: [{to: o, dependency: none, controls: [fallback]}]}}\noperations: {o: {}}\n": (
        "2:61: control 'fallback' on 'calls:s>o' guards nothing there",
        "take it out, or say what it guards",
    ),
}
GUARDING = (
    "credentials: {k: {type: password, controls: mfa, grants: [{to: o, controls: token_binding}]}}\n"
    "operations: {o: {}}\n",
    "services: {s: {calls: [o]}}\noperations: {o: {writes: [d], controls: [validated]}}\nstores: {d: {}}\n",
    "services: {s: {serves: [o]}, w: {}}\noperations:\n"
    "  o: {reads: [{to: d, extent: subset, controls: [{kind: object_authz, provided_by: w}]}]}\nstores: {d: {}}\n",
    "credentials: {k: {type: session, controls: [{kind: mfa, status: absent}], grants: [o]}}\noperations: {o: {}}\n",
)


def said(text: str, tmp_path: Path) -> list[str]:
    file = tmp_path / "e.yaml"
    file.write_text(HEAD + text)
    return [f"{note.provenance[0]}: {note.message}".removeprefix(f"{file}:") for note in inert_controls(br.load(file))]


@pytest.mark.parametrize(("text", "ends"), INERT.items())
def test_a_control_that_guards_nothing_is_a_finding(text: str, ends: tuple[str, str], tmp_path: Path) -> None:
    (message,) = said(text, tmp_path)
    assert message.startswith(ends[0])
    assert message.endswith(f"; {ends[1]}")


@pytest.mark.parametrize("text", GUARDING)
def test_a_control_that_guards_something_is_none(text: str, tmp_path: Path) -> None:
    assert said(text, tmp_path) == []


def test_what_a_workspace_puts_everywhere_is_no_finding(tmp_path: Path) -> None:
    (tmp_path / "e.yaml").write_text(
        f"{HEAD}credentials: {{k: {{type: session, grants: o}}}}\noperations: {{o: {{}}}}\n"
    )
    (tmp_path / "blastradius.yaml").write_text(
        "workspace: 1\nsources: [{path: e.yaml}]\ncontrols: [{kind: mfa, on: credential}]\n"
    )
    estate = br.load(tmp_path)
    assert "mfa@k" in estate.controls
    assert inert_controls(estate) == ()


def test_a_place_guards_where_putting_the_control_there_stops_a_step(northwind: Path) -> None:
    """The hosts of all kinds at once are those that the compiled steps tell one by one."""
    estate = br.load(northwind)
    system = compile_system(estate)
    kinds = (ControlKind.IP_ALLOWLIST, ControlKind.HARDENED, ControlKind.FALLBACK, ControlKind.VALIDATED)
    found = guarded_hosts(estate, kinds, provided=False)
    for number, host in enumerate((*estate.entities, *estate.relations)):
        for kind in kinds:
            assert bool(len(system.stopped_by(kind, host))) == bool(found[kind][number]), (kind, host)


def test_every_control_can_be_told_of() -> None:
    assert set(VOCABULARY) == set(ControlKind)


def test_check_tells_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "e.yaml"
    file.write_text(HEAD + next(iter(INERT)))
    assert main(["check", str(file), "--format", "json"]) == 1
    assert "guards nothing there" in capsys.readouterr().out
