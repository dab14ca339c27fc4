"""Workspace files: what fits, what is refused and where, and what a source speaks for."""

from __future__ import annotations

from pathlib import Path

import pytest

import blastradius as br
from blastradius.errors import InputError
from blastradius.loading import survey
from blastradius.model import Operation

ESTATE = """
blastradius: 1
parties: {acme: {holds: [key]}}
credentials: {key: {grants: [op]}}
operations: {op: {api: orders, reads: [{to: db, extent: subset}]}, facing: {direction: internal}}
services: {svc: {serves: [op]}, there: {zone: elsewhere, owner: Them}}
stores: {db: {controls: [encrypted_elsewhere]}}
"""


def workspace(folder: Path, text: str, estate: str = ESTATE) -> Path:
    (folder / "estate.yaml").write_text(estate)
    (folder / "blastradius.yaml").write_text("workspace: 1\n" + text)
    return folder


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "1:1: 'sources' is missing"),
        ("sources: []\n", r"2:1: 'sources' is \[\]; list at least 1"),
        ("sources: [{path: estate.yaml, loadr: native}]\n", "2:31: 'loadr' is not known here; did you mean 'loader'"),
        (
            "sources: [{path: estate.yaml, loader: nativ}]\n",
            "2:31: there is no loader 'nativ' here; did you mean 'native'",
        ),
        ("sources: [{path: estat.yaml}]\n", "2:12: 'estat.yaml' is no file and matches none"),
        ("sources: [{path: '*.csv'}]\n", r"2:12: '\*.csv' is no file and matches none"),
        (
            r"sources: [{path: 'sub\*.yaml'}]",
            r"2:12: 'sub\\\*.yaml' matches no file; write / between folders on every system: 'sub/\*.yaml'",
        ),
        (r'sources: [{path: "C:\Users\x.yaml"}]', r"2:\d+: not YAML: a backslash in double quotes begins an escape"),
        (r'sources: [{path: "sub\*.yaml"}]', r"2:\d+: not YAML: a backslash in double quotes .*; write / in paths"),
        ("sources:\n\t- path: a.yaml\n", "3:1: not YAML: a tab where the line is indented; use spaces"),
        ("sources: [{path: estate.yaml}]\nsame: {a: [b], b: [c]}\n", "3:12: 'b' has an entry of its own"),
        ("sources: [{path: estate.yaml}]\nsame: {a: [x], b: [x]}\n", "3:20: 'x' is the same as 'a' already"),
        ("sources: [{path: estate.yaml}]\napis: {a: {also: [x]}, b: {also: [x]}}\n", "3:35: 'x' is the same as 'a' al"),
        ("sources: [{path: estate.yaml}]\nparties: {a: ['1'], b: ['1']}\n", "3:25: '1' is of 'a' already"),
        ("sources: [{path: estate.yaml}]\nas_of: today\n", "3:1: 'as_of' is 'today'"),
        (
            "sources: [{path: estate.yaml}]\ncontrols: [{kind: mfa, on: store}]\n",
            "3:12: control 'mfa' stops nothing on store; it belongs on credential, grants",
        ),
        (
            "sources: [{path: estate.yaml, controls: [{kind: mfaa, on: store}]}]\n",
            "2:43: 'mfaa' is not one of .*did you mean 'mfa'",
        ),
    ],
)
def test_what_does_not_fit_is_refused_at_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InputError, match=rf"blastradius\.yaml:{says}"):
        br.load(workspace(tmp_path, text))


def test_an_option_that_a_loader_does_not_know_is_refused_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("vendor\nAcme\n")
    with pytest.raises(InputError, match=r"blastradius\.yaml:2:35: 'colums' is not known here; did you mean 'columns'"):
        br.load(workspace(tmp_path, "sources: [{path: v.csv, options: {colums: {}}}]\n"))


def test_a_source_speaks_for_what_its_files_leave_out(tmp_path: Path) -> None:
    estate = br.load(workspace(tmp_path, "sources: [{path: estate.yaml, zone: dmz, owner: Us, direction: exposed}]\n"))
    assert {entity.id: entity.zone for entity in estate.entities.values() if entity.zone} == {
        "svc": "dmz",
        "db": "dmz",
        "there": "elsewhere",
    }
    assert {entity.id: entity.owner for entity in estate.entities.values()} == dict.fromkeys(
        ("key", "op", "facing", "svc", "db"), "Us"
    ) | {"acme": None, "there": "Them"}
    facing = {entity.id: entity.direction for entity in estate.entities.values() if isinstance(entity, Operation)}
    assert facing == {"op": "exposed", "facing": "internal"}


def test_controls_stand_where_nothing_is_said_of_their_kind(tmp_path: Path) -> None:
    text = """sources:
  - path: estate.yaml
    controls:
      - {kind: object_authz, on: reads, match: "reads:op>*", status: working, why: tested in May}
      - {kind: encrypted_elsewhere, on: store, status: failed}
controls:
  - {kind: object_authz, on: reads, status: failed}
  - {kind: ip_allowlist, on: credential, match: other-*}
"""
    estate = br.load(workspace(tmp_path, text))
    assert {name: (placed.control.status, placed.control.basis) for name, placed in estate.controls.items()} == {
        "object_authz@reads:op>db": ("working", "assumed"),
        "encrypted_elsewhere@db": ("working", "declared"),
    }
    placed = estate.controls["object_authz@reads:op>db"].control
    assert str(placed.provenance[0]).endswith("blastradius.yaml:5:9")


def test_a_prefix_keeps_two_sources_apart_and_the_own_names_of_the_workspace(tmp_path: Path) -> None:
    text = """sources:
  - {path: estate.yaml, prefix: "a:"}
  - {path: again.yaml, prefix: "b:"}
parties: {acme: []}
"""
    (tmp_path / "again.yaml").write_text(ESTATE.replace("acme", "omega"))
    estate = br.load(workspace(tmp_path, text))
    assert {"a:db", "b:db", "acme", "b:omega"} <= estate.entities.keys()
    assert "a:acme" not in estate.entities
    assert {entity.api for entity in estate.entities.values() if isinstance(entity, Operation)} == {
        "a:orders",
        "b:orders",
        None,
    }


def test_the_names_of_a_party_reach_the_loaders_that_ask_whose_things_are(tmp_path: Path) -> None:
    (tmp_path / "apps.json").write_text(
        '[{"id": "0oa1", "label": "Tracker", "signOnMode": "OPENID_CONNECT", "status": "ACTIVE",'
        ' "credentials": {"oauthClient": {"client_id": "c1"}}}]'
    )
    text = "sources: [{path: apps.json, loader: okta}]\nparties: {acme: [0oa1, '464622532012']}\n"
    assert "owns:acme>okta:app/0oa1" in br.load(workspace(tmp_path, text)).relations


def test_files_belong_to_the_first_source_that_names_them(tmp_path: Path) -> None:
    for name in ("one", "two", "draft"):
        (tmp_path / f"{name}.yaml").write_text(f"blastradius: 1\nservices: {{{name}: {{}}}}\n")
    text = """sources:
  - {path: one.yaml, zone: first}
  - {path: "*.yaml", zone: rest, exclude: [draft.yaml, estate.yaml]}
"""
    estate = br.load(workspace(tmp_path, text))
    assert {entity.id: entity.zone for entity in estate.entities.values()} == {"one": "first", "two": "rest"}


def test_a_file_that_holds_two_tables_can_be_two_sources(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("vendor,app\nAcme,Tracker\n")
    text = """sources:
  - {path: v.csv, loader: table, options: {rows: vendors, columns: {party: vendor}}}
  - {path: v.csv, loader: table, options: {rows: components, columns: {service: app}}}
"""
    estate = br.load(workspace(tmp_path, text))
    assert {"Acme", "service:Tracker"} <= estate.entities.keys()


def test_one_bad_file_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("a: [\n")
    found = survey([workspace(tmp_path, "sources: [{path: [bad.yaml, estate.yaml]}]\n")])
    assert [part.file.rpartition("/")[2] for part in found.files] == ["blastradius.yaml", "estate.yaml"]
    assert len(found.problems) == 1
    with pytest.raises(InputError, match=r"bad\.yaml:2:1: not YAML"):
        br.load(tmp_path)


def test_hidden_files_and_links_out_of_the_folder_are_not_matched(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    (inside / ".git").mkdir(parents=True)
    (inside / ".git" / "x.yaml").write_text("blastradius: 1\nservices: {hidden: {}}\n")
    (tmp_path / "out.yaml").write_text("blastradius: 1\nservices: {out: {}}\n")
    (inside / "link.yaml").symlink_to(tmp_path / "out.yaml")
    estate = br.load(workspace(inside, "sources: [{path: '**/*.yaml', exclude: blastradius.yaml}]\n"))
    assert not {"hidden", "out"} & estate.entities.keys()
