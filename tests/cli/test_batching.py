"""Many questions of an estate that is loaded once: each answered as by itself, none ended by another."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest

from blastradius import loading
from blastradius.cli import main


def test_lines_are_answered_as_commands_and_what_is_wrong_with_one_ends_no_other(
    northwind: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = []
    for words in (["reach", "--compromise", "acme", "--format", "json"], ["rank"]):
        assert main([*words, str(northwind)]) == 0
        alone.append(capsys.readouterr().out)
    asked = tmp_path / "asked.txt"
    asked.write_text(
        '# first\nreach --compromise acme --format json\nrich\nreach "a\nreach x --compromise acme\n\nrank\n'
    )
    load = Mock(wraps=loading.load)
    monkeypatch.setattr(loading, "load", load)
    assert main(["batch", str(asked), str(northwind)]) == 2
    told = capsys.readouterr()
    assert told.out.startswith(alone[0])
    assert told.out.endswith(alone[1])
    assert [line.split(": ")[0] for line in told.err.splitlines()] == [f"{asked}:{n}:1" for n in (3, 4, 5)]
    assert load.call_count == 1
