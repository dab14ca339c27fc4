"""The command ``blastradius export`` as a user meets it."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

import blastradius as br
from blastradius import plugins
from blastradius.cli import main
from tests.counts import few

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "examples" / "incidents" / "codecov_hashicorp_2021"
CALL = "import sys; from blastradius.cli import main; sys.exit(main())"


def run(*arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", CALL, "export", *arguments]
    return subprocess.run(command, capture_output=True, text=True, input=stdin, timeout=120, check=False)


@pytest.mark.parametrize("to", few(plugins.exports(), 2))
def test_it_prints_what_the_interface_gives(to: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(SMALL), "--to", to]) == 0
    assert capsys.readouterr() == (br.export(br.load(SMALL), to), "")


def test_a_file_is_whole_private_and_read_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "out.graphml"
    assert main(["export", str(SMALL), "-o", str(target)]) == 0
    assert capsys.readouterr() == ("", "")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [target]
    assert br.load(target).digest == br.load(SMALL).digest


@pytest.mark.slow
def test_an_export_may_be_piped_into_the_next_command() -> None:
    again = run("-", "--to", "csv", stdin=run(str(SMALL), "--to", "node-link").stdout)
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout == br.export(br.load(SMALL), "csv")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        ((), 2, "name the format with --to; there are csv, cyclonedx, "),
        (("-o", "x.json"), 2, "x.json: the ending does not say which format; say --to node-link or opengraph"),
        (("-o", "x"), 2, "x: the ending does not say which format; say --to csv, cyclonedx, "),
        (("--to", "gexf"), 2, "'gexf' is not one of"),
        (("--to", "csv", "-o", "/nowhere/x.csv"), 2, "cannot be written"),
    ],
)
def test_what_is_wrong_is_one_clear_line(arguments: tuple[str, ...], code: int, why: str) -> None:
    done = run(str(SMALL), *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert why in done.stderr
    assert "Traceback" not in done.stderr


def test_an_estate_that_cannot_be_read_is_refused_as_ever(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "e.yaml").write_text("blastradius: 1\nparties: {a: {rule: x}}\n")
    assert main(["export", str(tmp_path / "e.yaml"), "--to", "csv"]) == 3
    assert "e.yaml:2:15: 'rule' is not known here" in capsys.readouterr().err
