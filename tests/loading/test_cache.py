"""Estates that are kept once they are loaded: the same as those that are read, or read again."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import random
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import blastradius as br
from blastradius import loading
from blastradius.cli import main
from blastradius.columns.ragged import RaggedArray
from blastradius.estate import Estate
from blastradius.estate.snapshot import stamped
from blastradius.loading import cache, session
from blastradius.reading.inputs import noting
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes and links are those of POSIX")

EXAMPLES = sorted(
    file.parent for file in (ROOT / "examples").rglob("*.yaml") if file.name in ("blastradius.yaml", "estate.yaml")
)
NATIVE = "blastradius: 1\nparties: {acme: {name: Acme}}\ncredentials: {key: {expires: 2026-06-01}}\n"
LINES = '{"kind": "party", "id": "acme", "name": "Acme"}\n{"kind": "credential", "id": "key"}\n'
LINES += '{"verb": "holds", "sources": ["acme"], "targets": ["key"]}\n'


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that estates are kept in."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    for name in ("BLASTRADIUS_CACHE", "BLASTRADIUS_ALLOW_OUTSIDE", "BLASTRADIUS_PLUGINS"):
        monkeypatch.setenv(name, "")
    return tmp_path / "caches/blastradius/estates"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was read so far, the paths each time."""
    found: list[object] = []
    survey = session.survey

    def noted(paths: Any, *rest: Any) -> session.Survey:
        found.append(paths)
        return survey(paths, *rest)

    monkeypatch.setattr(session, "survey", noted)
    return found


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with an estate in two files, one of them lines."""
    found = tmp_path / "home"
    found.mkdir()
    (found / "estate.jsonl").write_text(LINES)
    (found / "more.yaml").write_text(NATIVE.replace("key", "other_key"))
    return found


def _loaded(path: Path, *others: Path) -> Estate:
    return loading.load([path, *others], cache=True)


def _all_of(estate: Estate) -> list[object]:
    """All that an estate says, in its order, with the place of each thing."""
    columns = [
        (array.indptr.tolist(), array.values.tolist()) if isinstance(array, RaggedArray) else [*array]
        for table in (estate.columns.entities, estate.columns.relations, estate.columns.controls)
        for array in table
    ]
    said = (estate.title, estate.digest, estate.notes, estate.findings(), estate.day, estate.census, estate.footing)
    return [stamped(estate), columns, said, [*estate.entities], [*estate.relations], [*estate.controls.values()]]


def _is_the_same(reads: list[object], *paths: Path) -> None:
    plain = loading.load(paths, cache=False)
    first = _loaded(*paths)
    count = len(reads)
    again = _loaded(*paths)
    assert len(reads) == count
    assert _all_of(again) == _all_of(first) == _all_of(plain)
    assert again.in_columns == plain.in_columns
    ranked = [br.ask("rank", estate).data.model_dump_json() for estate in (plain, again)]
    assert ranked[0] == ranked[1]


@pytest.mark.parametrize("name", ["northwind", "meridian"])
def test_an_example_that_is_kept_is_the_one_that_was_read(name: str, reads: list[object]) -> None:
    _is_the_same(reads, ROOT / "examples" / name)


@pytest.mark.slow
@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_every_example_that_is_kept_is_the_one_that_was_read(folder: Path, reads: list[object]) -> None:
    _is_the_same(reads, folder)


def test_lines_are_kept_as_columns_by_themselves_and_beside_others(home: Path, reads: list[object]) -> None:
    (home / "second.jsonl").write_text(LINES.replace("acme", "second").replace("key", "second_key"))
    _is_the_same(reads, home / "estate.jsonl")
    _is_the_same(reads, home / "second.jsonl", home / "estate.jsonl", home / "more.yaml")
    _is_the_same(reads, home)


def test_an_empty_file_beside_it_is_kept(home: Path, reads: list[object]) -> None:
    (home / "empty.jsonl").write_text("")
    _is_the_same(reads, home)


def test_a_command_says_the_same_of_what_is_kept(
    home: Path, reads: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    said = []
    for option in ([], ["--cache"], ["--cache"]):
        assert main([*option, "reach", str(home), "--compromise", "acme", "--format", "json"]) == 0
        said.append(capsys.readouterr())
    assert said[0] == said[1] == said[2]
    assert f'"file": "{home}/estate.jsonl"' in said[0].out
    assert len(reads) == 2


def test_it_is_wished_for_by_an_option_a_variable_or_in_python(
    home: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    br.load(home)
    monkeypatch.setenv("BLASTRADIUS_CACHE", "1")
    br.load(home, cache=False)
    assert not kept.exists()
    br.load(home)
    assert [(file.suffix, stat.S_IMODE(file.stat().st_mode)) for file in kept.iterdir()] == [(".estate", 0o600)]
    assert all(stat.S_IMODE(folder.stat().st_mode) == 0o700 for folder in (kept, kept.parent))


def test_a_day_that_is_not_stated_is_that_of_the_question(
    home: Path, reads: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Later(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Later:
            return cls(2031, 1, 1, tzinfo=tz)

    assert _loaded(home).today < "2031"
    monkeypatch.setattr("blastradius.estate.estate.datetime", SimpleNamespace(datetime=Later, UTC=datetime.UTC))
    again = _loaded(home)
    assert (again.today, len(reads)) == ("2031-01-01", 1)
    assert "today, 2031-01-01, is taken" in again.notes[-1].message


# what counts


@pytest.fixture
def read_again(reads: list[object]) -> Callable[[Path], None]:
    """That a path is read again, and comes to what it says now."""

    def check(path: Path) -> None:
        count = len(reads)
        found = _loaded(path)
        assert len(reads) == count + 1
        assert _all_of(found) == _all_of(loading.load([path], cache=False))

    return check


@pytest.mark.slow
def test_each_byte_of_each_file_counts(tmp_path: Path, read_again: Callable[[Path], None]) -> None:
    folder = tmp_path / "estate"
    shutil.copytree(ROOT / "examples/larkfield", folder)
    with noting() as inputs:
        loading.load([folder], cache=False)
    files = [Path(name) for name, content in inputs.files.items() if content.digest]
    assert len(files) > 2
    _loaded(folder)
    for file in files:
        raw = file.read_bytes()
        file.write_bytes(raw + b"\n")
        read_again(folder)
        file.write_bytes(raw)
        read_again(folder)


def _a_new_file(home: Path) -> None:
    (home / "new.yaml").write_text("blastradius: 1\nparties: {new: {}}\n")


def _a_file_gone(home: Path) -> None:
    (home / "more.yaml").unlink()


def _another_name(home: Path) -> None:
    (home / "more.yaml").rename(home / "other.yaml")


def _same_size_and_time(home: Path) -> None:
    file = home / "more.yaml"
    found = file.stat()
    file.write_text(file.read_text().replace("Acme", "Emca"))
    os.utime(file, ns=(found.st_atime_ns, found.st_mtime_ns))


def _a_workspace(home: Path) -> None:
    (home / "blastradius.yaml").write_text("workspace: 1\nsources: [{path: more.yaml}]\n")


def _a_link_elsewhere(home: Path) -> None:
    (home / "link.yaml").symlink_to(home.parent / "caches")


@pytest.mark.parametrize(
    "change", [_a_new_file, _a_file_gone, _another_name, _same_size_and_time, _a_workspace, _a_link_elsewhere]
)
def test_every_change_of_a_folder_counts(
    change: Callable[[Path], None], home: Path, read_again: Callable[[Path], None]
) -> None:
    _loaded(home)
    change(home)
    read_again(home)


def test_a_file_that_was_asked_for_and_missing_counts(home: Path, read_again: Callable[[Path], None]) -> None:
    file = home / "api.yaml"
    file.write_text(
        "openapi: 3.0.0\ninfo: {title: T, version: '1'}\npaths:\n  /a: {$ref: 'paths.yaml#/a'}\n"
        "  /b: {get: {responses: {}}}\n"
    )
    _loaded(file)
    (home / "paths.yaml").write_text("a: {get: {operationId: getA, responses: {}}}\n")
    read_again(file)
    assert "getA" in "".join(_loaded(file).entities)


@pytest.mark.parametrize("what", ["version", "path", "code"])
def test_another_program_counts(
    what: str, home: Path, read_again: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    _loaded(home)
    if what == "version":
        monkeypatch.setattr(sys, "version", "3.99")
    elif what == "path":
        monkeypatch.syspath_prepend(str(home))
    else:
        monkeypatch.setattr(cache, "_code", lambda folder: iter([(folder, 1, 1)]))
    read_again(home)


def test_another_folder_to_ask_from_counts(
    home: Path, reads: list[object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copytree(home, tmp_path / "twin")
    for folder in ("home", "twin"):
        monkeypatch.chdir(tmp_path / folder)
        _loaded(Path("estate.jsonl"))
    assert len(reads) == 2


# what is not kept


def test_what_comes_from_elsewhere_is_not_kept(home: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "plugins/loaders").mkdir(parents=True)
    for name, value in (("BLASTRADIUS_ALLOW_OUTSIDE", "1"), ("BLASTRADIUS_PLUGINS", str(home / "plugins"))):
        with monkeypatch.context() as changed:
            changed.setenv(name, value)
            _loaded(home)
    assert not kept.exists()


def test_a_folder_with_a_link_to_another_one_is_not_kept(home: Path, kept: Path, tmp_path: Path) -> None:
    (home / "link").symlink_to(tmp_path)
    _loaded(home)
    assert [*kept.iterdir()] == []


def test_what_changes_while_it_is_read_is_not_kept(home: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    survey = session.survey

    def slow(paths: Any, *rest: Any) -> session.Survey:
        found = survey(paths, *rest)
        (home / "more.yaml").write_text(NATIVE)
        return found

    monkeypatch.setattr(session, "survey", slow)
    _loaded(home)
    assert [*kept.iterdir()] == []


# what is damaged, or another's


def _cut_off(raw: bytes) -> Iterator[bytes]:
    yield from (raw[:length] for length in (0, 1, 64, 65, 66, 200, len(raw) // 2, len(raw) - 1))


def _flipped(raw: bytes) -> Iterator[bytes]:
    for place in (0, 63, 64, 65, 70, *random.Random(7).sample(range(len(raw)), 7)):
        yield raw[:place] + bytes([raw[place] ^ 4]) + raw[place + 1 :]


def _made_up(raw: bytes) -> Iterator[bytes]:
    """What is none of ours, though its sum is right."""
    body = raw.partition(b"\n")[2]
    for rest in (b"x", body[:-100], body.replace(b'"names"', b'"nomes"'), b"PK\x03\x04" + body[4:300], b"\x80\x04."):
        yield hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest


@pytest.mark.parametrize("damage", [_cut_off, _flipped, _made_up])
def test_what_is_damaged_is_read_again(
    damage: Callable[[bytes], Iterator[bytes]], home: Path, kept: Path, reads: list[object]
) -> None:
    sound = _all_of(_loaded(home))
    (file,) = kept.iterdir()
    raw = file.read_bytes()
    for wrong in damage(raw):
        file.write_bytes(wrong)
        count = len(reads)
        assert _all_of(_loaded(home)) == sound
        assert len(reads) == count + 1
        assert file.read_bytes() == raw


def test_what_is_kept_for_another_question_is_not_taken(home: Path, kept: Path, reads: list[object]) -> None:
    _loaded(home / "estate.jsonl")
    (one,) = kept.iterdir()
    _loaded(home / "more.yaml")
    (other,) = set(kept.iterdir()) - {one}
    one.write_bytes(other.read_bytes())
    assert [*_loaded(home / "estate.jsonl").relations] == ["holds:acme>key"]
    assert len(reads) == 3


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
def test_a_file_that_others_can_read_or_write_is_not_used(
    mode: int, home: Path, kept: Path, read_again: Callable[[Path], None]
) -> None:
    _loaded(home)
    (file,) = kept.iterdir()
    file.chmod(mode)
    read_again(home)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600  # it was written anew


def test_a_folder_that_others_can_look_into_is_not_used(home: Path, kept: Path, reads: list[object]) -> None:
    _loaded(home)
    for folder in (kept, kept.parent):
        folder.chmod(0o750)
        _loaded(home)
        folder.chmod(0o700)
    assert len(reads) == 3


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root gives files away")
def test_what_is_anothers_is_not_used(home: Path, kept: Path, reads: list[object]) -> None:
    _loaded(home)
    (file,) = kept.iterdir()
    os.chown(file, 12345, -1)
    _loaded(home)
    os.chown(kept, 12345, -1)
    _loaded(home)
    assert len(reads) == 3


def test_no_link_is_followed(home: Path, kept: Path, tmp_path: Path, reads: list[object]) -> None:
    _loaded(home)
    (file,) = kept.iterdir()
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    _loaded(home)
    kept.rename(tmp_path / "estates")
    kept.symlink_to(tmp_path / "estates")
    _loaded(home)
    assert len(reads) == 3


def test_a_disk_that_takes_nothing_is_no_error(home: Path, kept: Path, reads: list[object]) -> None:
    kept.mkdir(parents=True, mode=0o700)
    kept.parent.chmod(0o700)
    for file in (kept / "x", kept.parent / "y"):
        file.write_text("")
    _loaded(home)
    (file,) = (file for file in kept.iterdir() if file.suffix == ".estate")
    file.unlink()
    file.mkdir()
    assert _all_of(_loaded(home)) == _all_of(_loaded(home))
    assert len(reads) == 3


# many


def test_what_was_not_used_for_longest_goes(home: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _loaded(home)
    (first,) = kept.iterdir()
    left_over = kept / ".blastradius-0123456789abcdef.tmp"
    left_over.write_bytes(b"half")
    os.utime(first, (1, 1))
    monkeypatch.setattr(cache, "MOST_BYTES", first.stat().st_size + 10)
    _loaded(home / "more.yaml")
    assert not first.exists()
    assert left_over.exists()  # somebody may be writing it
    os.utime(left_over, (1, time.time() - 7200))
    _loaded(home)
    assert not left_over.exists()


@pytest.mark.parametrize("name", ["a'b.jsonl", "ü\n.jsonl", "$(x).jsonl", "..jsonl", "%00.jsonl", "\udcff.jsonl"])
def test_hostile_names_are_kept_like_others(name: str, home: Path, reads: list[object]) -> None:
    file = home / name
    file.write_text(LINES)
    found, again = _loaded(file), _loaded(file)
    assert found.entities["acme"] == again.entities["acme"]
    assert again.entities["acme"].provenance[0].file == str(file)
    assert len(reads) == 1


_WRITER = """
import sys, time
from blastradius import loading
from blastradius.loading import cache
import blastradius.writing as writing
replace = writing.Path.replace
def slow(made, target):
    print("written", flush=True)
    time.sleep(60)
writing.Path.replace = slow
loading.load([sys.argv[1]], cache=True)
"""


@pytest.mark.slow
def test_a_process_that_is_killed_as_it_writes_leaves_nothing_that_is_used(
    home: Path, kept: Path, reads: list[object]
) -> None:
    with subprocess.Popen([sys.executable, "-c", _WRITER, str(home)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        process.kill()
    assert [file.suffix for file in kept.iterdir()] == [".tmp"]
    assert _all_of(_loaded(home)) == _all_of(_loaded(home))
    assert len(reads) == 1


@pytest.mark.slow
def test_processes_that_keep_one_estate_at_once_do_not_harm_each_other(home: Path, kept: Path) -> None:
    code = "import sys; from blastradius import loading as l; print(l.load([sys.argv[1]], cache=True).digest)"
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(home)], stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    assert {process.communicate()[0].strip() for process in started} == {loading.load([home]).digest}
    assert [file.suffix for file in kept.iterdir()] == [".estate"]


def test_what_is_kept_is_no_code(home: Path, kept: Path) -> None:
    _loaded(home)
    (file,) = kept.iterdir()
    with file.open("rb") as opened:
        opened.readline()
        found = np.load(opened, allow_pickle=False)
        assert json.loads(found["said"].tobytes())["estate"]["table"]["names"]
        assert all(array.dtype.kind in "iufb" for array in found.values())
