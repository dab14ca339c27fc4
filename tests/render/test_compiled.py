"""Where the compiled layout engine is kept: in a folder of the user's own, or nowhere."""

import os
import stat
import sys
from pathlib import Path

import pytest

from blastradius.answer import Picture
from blastradius.render.compiled import settings_file
from blastradius.render.draw import draw

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the system keeps a user's folders private there")


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_the_folder_is_private_and_named_by_the_versions(caches: Path) -> None:
    found = settings_file()
    assert found is not None
    folder = Path(found).parent
    assert folder.parent == caches / "blastradius"
    assert folder.name.startswith("wasmtime-")
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o700 for path in (folder, folder.parent))
    assert Path(found).read_text("utf-8") == f'[cache]\ndirectory = "{folder}/modules"\n'


def test_the_engine_is_kept_and_draws_the_same(caches: Path) -> None:
    picture = Picture("What", "", (), ())
    first = draw(picture)
    kept = [path for path in caches.rglob("*") if path.is_file() and path.stat().st_size > 1_000_000]
    assert kept
    assert draw(picture) == first


@pytest.mark.slow
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o755])
def test_a_folder_that_others_can_look_into_or_write_to_is_not_used(caches: Path, mode: int) -> None:
    (caches / "blastradius").mkdir()
    (caches / "blastradius").chmod(mode)
    assert settings_file() is None
    assert b"<svg" in draw(Picture("What", "", (), ()))


def test_a_link_is_not_followed(caches: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (caches / "blastradius").symlink_to(tmp_path / "elsewhere")
    assert settings_file() is None


def test_settings_that_say_another_place_are_written_anew(caches: Path) -> None:
    first = settings_file()
    assert first is not None
    said = Path(first).read_text("utf-8")
    Path(first).write_text('[cache]\ndirectory = "/tmp/elsewhere"\n', "utf-8")
    assert settings_file() == first
    assert Path(first).read_text("utf-8") == said


def test_without_a_place_nothing_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert settings_file() is None


def test_a_relative_place_is_no_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    found = settings_file()
    assert found is not None
    assert Path(found).is_relative_to(tmp_path / "home" / ".cache")
    assert not os.path.lexists(tmp_path / "here")
