"""A snapshot that is kept is the estate of its day again; one that is not whole is refused."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

import blastradius as br
from blastradius.cli import main
from blastradius.errors import InputError
from blastradius.estate import snapshot
from blastradius.loading import load
from tests.engine.random_estates import random_estate
from tests.loaders.lines.test_lines import written


@pytest.fixture
def kept(northwind: Path, tmp_path: Path) -> Path:
    file = tmp_path / "before.snapshot"
    assert main(["snapshot", str(northwind), "-o", str(file)]) == 0
    return file


def test_it_is_the_same_estate_and_says_what_is_in_it(
    northwind: Path, kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = br.load(northwind)
    assert snapshot.text(br.load(kept)) == snapshot.text(here)
    assert main(["diff", str(kept), str(northwind)]) == 0
    assert capsys.readouterr().out.startswith("the two estates state the same\n")
    assert main(["snapshot", str(northwind), "-o", str(kept)]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "the estate of 2026-11-01, 159 entities and 215 relations from 7 files (6 native, 1 openapi); sum" in said
    assert kept.stat().st_mode & 0o077 == 0


def test_its_day_stays_the_one_on_which_it_was_taken(tmp_path: Path) -> None:
    (tmp_path / "e.yaml").write_text(
        "blastradius: 1\nparties: {p: {holds: k}}\ncredentials: {k: {expires: 2020-01-02}}\n"
    )
    taken = load([tmp_path]).changed()
    taken.today = "2020-01-01"
    (tmp_path / "e.snapshot").write_text(snapshot.stamped(taken)[0])
    assert (load([tmp_path / "e.snapshot"]).day, load([tmp_path]).day > "2026") == ("2020-01-01", True)


@pytest.mark.parametrize("seed", range(4))
def test_an_estate_of_columns_comes_back_with_its_digest(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    estate = br.load(written(random_estate(rng), tmp_path / "a.jsonl", rng))
    (tmp_path / "a.snapshot").write_text(snapshot.stamped(estate)[0])
    again = br.load(tmp_path / "a.snapshot")
    assert (again.digest, again.in_columns) == (estate.digest, True)
    assert br.diff(estate, again).headline == "the two estates state the same"


def test_one_that_was_cut_off_or_changed_is_refused(kept: Path) -> None:
    lines = kept.read_text().splitlines(keepends=True)
    for text in ("".join(lines[:-1]), "".join([*lines[:-2], lines[-1]]), "".join(lines).replace("Acme", "Acne")):
        kept.write_text(text)
        with pytest.raises(InputError, match="cut off or changed since it was taken, by its sum; take it anew"):
            load([kept])
    kept.write_text("".join(lines)[:-9])
    with pytest.raises(InputError, match=rf"before\.snapshot:{len(lines)}: .* cut off or changed; take it anew"):
        load([kept])
    kept.write_bytes(lines[0].encode() + b"\xff\n")
    with pytest.raises(InputError, match=r"before\.snapshot:2: not UTF-8"):
        load([kept])


def test_one_in_a_folder_is_no_part_of_its_estate(northwind: Path, kept: Path, tmp_path: Path) -> None:
    shutil.copytree(northwind, tmp_path / "estate")
    for name in ("before.snapshot", "before.jsonl", "before.json"):
        shutil.copy(kept, tmp_path / "estate" / name)
    assert br.load(tmp_path / "estate").digest == br.load(northwind).digest
    (tmp_path / "blastradius.yaml").write_text("workspace: 1\nsources: [{path: before.snapshot}]\n")
    with pytest.raises(InputError, match=r"a snapshot of an estate, .* no source of it; name it by itself"):
        load([tmp_path])


def test_no_secret_gets_into_one_or_out_of_one(tmp_path: Path) -> None:
    secret = "ghp_" + "a1B2" * 9
    for suffix, text in (
        (".yaml", "blastradius: 1\nparties: {p: {name: %s}}\n"),
        (".jsonl", '{"kind": "party", "id": "p", "name": "%s"}\n'),
    ):
        file = tmp_path / f"e{suffix}"
        file.write_text(text % secret)
        taken = snapshot.stamped(load([file]))[0]
        assert secret not in taken
        first, rest = taken.split("\n", 1)
        planted = first[: first.index(',"stamp"')] + "}\n" + rest.replace("[secret]", secret)
        assert secret in planted
        (tmp_path / "e.snapshot").write_text(planted)
        if load([file]).in_columns:
            with pytest.raises(InputError, match="not a line"):
                load([tmp_path / "e.snapshot"])
        else:
            assert secret not in str(load([tmp_path / "e.snapshot"]).entities["p"])


def test_nothing_is_written_over_what_is_no_file(northwind: Path, tmp_path: Path) -> None:
    assert main(["snapshot", str(northwind), "-o", str(tmp_path)]) == 2
    assert main(["snapshot", str(tmp_path / "none.yaml"), "-o", str(tmp_path / "a.snapshot")]) == 3
    assert list(tmp_path.iterdir()) == []
