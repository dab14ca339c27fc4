from __future__ import annotations

import os
from pathlib import Path

import pytest

from blastradius.errors import UsageError
from blastradius.writing import write_atomic, write_folder


def test_text_is_utf8_and_private(tmp_path: Path) -> None:
    target = tmp_path / "out.txt"
    write_atomic(target, "größe\n")
    assert target.read_bytes() == "größe\n".encode()
    assert target.stat().st_mode & 0o777 == 0o600


def test_replaces_a_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "out.bin"
    target.write_bytes(b"old")
    target.chmod(0o644)
    write_atomic(str(target), b"new")
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("dangling", [False, True])
def test_never_through_a_symlink(tmp_path: Path, dangling: bool) -> None:
    real = tmp_path / "real"
    if not dangling:
        real.write_text("kept")
    link = tmp_path / "link"
    link.symlink_to(real)
    with pytest.raises(UsageError, match="a symlink; name the file itself"):
        write_atomic(link, "new")
    assert link.is_symlink()
    assert real.exists() is not dangling
    assert dangling or real.read_text() == "kept"


def test_not_onto_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a file"):
        write_atomic(tmp_path, "x")


def test_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written: No such file"):
        write_atomic(tmp_path / "no" / "out", "x")


def test_a_nul_in_the_name_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a file name"):
        write_atomic(f"{tmp_path}/a\0b", "x")


@pytest.mark.parametrize("raised", [KeyboardInterrupt, OSError])
def test_interrupted_leaves_the_old_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: type[BaseException]
) -> None:
    target = tmp_path / "out"
    target.write_text("old")

    def stop(_: int) -> None:
        raise raised

    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises((KeyboardInterrupt, UsageError)):
        write_atomic(target, "new")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_ended_as_soon_as_the_file_is_there_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open

    def ended(path: str, flags: int, mode: int = 0o777) -> int:
        os.close(opened(path, flags, mode))
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "open", ended)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "out", "new")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    write_folder(tmp_path / "pack", {"a/b.txt": b"1", "c.txt": b"2"})
    assert (tmp_path / "pack" / "a" / "b.txt").read_bytes() == b"1"
    with pytest.raises(UsageError, match="cannot be written"):
        write_folder(tmp_path / "half", {"a": b"1", "a/b": b"2"})
    assert [file.name for file in tmp_path.iterdir()] == ["pack"]


def test_what_is_there_is_no_place_for_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("by hand")
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty", target_is_directory=True)
    for name, why in (("file", "a file"), ("link", "a symlink"), ("no\0name", "not a folder's name")):
        with pytest.raises(UsageError, match=why):
            write_folder(f"{tmp_path}/{name}", {"a": b""})
    with pytest.raises(UsageError, match="there is something in it"):
        write_folder(tmp_path, {"a": b""})
    write_folder(tmp_path / "empty", {"a": b""})
    assert sorted(file.name for file in tmp_path.iterdir()) == ["empty", "file", "link"]
