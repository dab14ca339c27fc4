from __future__ import annotations

import os
from pathlib import Path

import pytest

from blastradius.errors import UsageError
from blastradius.writing import write_atomic


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
