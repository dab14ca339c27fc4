"""The command line as a user meets it: a real process, real pipes, real files."""

from __future__ import annotations

import io
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from blastradius import plugins
from blastradius.cli import main
from tests.counts import few

HOSTILE = [
    "[/b]",
    "<script>alert(1)</script>",
    "a:b",
    "x'}) DETACH DELETE (n) //",
    "=1+1",
    '"quoted" \\N',
    "{{7*7}}",
    "é🙂",
]


def run(*arguments: str, cwd: Path | None = None, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "blastradius", *arguments],
        capture_output=True,
        text=True,
        input=stdin,
        cwd=cwd,
        env={**os.environ, **env},
        timeout=120,
        check=False,
    )


def test_reach_keeps_its_contract(northwind: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reach", str(northwind), "--compromise", "acme", "--assume", "lateral", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    answer = json.loads(out)
    assert answer["question"] == "reach"
    assert answer["scenario"]["seeds"] == [{"way": "compromise", "entity": "acme", "name": "Acme Logistics"}]
    assert {"entity", "kind", "capability", "level", "hops", "crown_jewel"} <= answer["facts"][0].keys()
    assert {"entity", "capability", "by"} <= answer["stopped"][0].keys()
    assert answer["certificate"]["checked"] is True
    assert {"entities", "relations", "facts", "rejected", "ignored", "digest"} <= answer["model"].keys()
    data = plugins.query("reach").data
    assert data is not None
    jsonschema.validate(answer, data.model_json_schema(mode="serialization"))


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes(northwind: Path, tmp_path: Path) -> None:
    for name, seed in (("a", "1"), ("b", "2")):
        draw = str(tmp_path / f"{name}.svg")
        done = run("reach", str(northwind), "--compromise", "acme", "--format", "json", "-o", str(tmp_path / name),
                   "--draw", draw, PYTHONHASHSEED=seed)  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


@pytest.mark.parametrize("form", few(["json", "table", "csv", "markdown"], 1))
@pytest.mark.parametrize("question", few(["check", "grant"], 1))
def test_every_format_is_the_same_in_a_pipe(question: str, form: str, northwind: Path) -> None:
    more = {"grant": ["--holder", "acme", "--grant", "segments.read"]}.get(question, [])
    done = run(question, str(northwind), *more, "--format", form)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert done.stdout.endswith("\n")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["reach", "NORTHWIND", "--compromise", "acmee"], 2, "did you mean 'acme'"),
        (["reach", "NORTHWIND", "--leak", "acme"], 2, "for a party use --compromise"),
        (["reach", "NORTHWIND"], 2, "a scenario starts somewhere"),
        (["reach", "NORTHWIND", "--outage", "acme=soon"], 2, "not a number of hours"),
        (["reach", "NORTHWIND", "--outage", "acme", "--hours", "inf"], 2, "hours is inf; expected a finite number"),
        (["reach", "NORTHWIND", "--compromise", "acme", "--distrust", "ip_alowlist"], 2, "did you mean 'ip_allowlist'"),
        (["reach", "/nowhere.yaml", "--compromise", "x"], 3, "not a file"),
        (["exposure", "NORTHWIND", "--entity", "customer_bd"], 2, "did you mean 'customer_db'"),
        (["reach", "NORTHWIND", "--compromise", "acme", "--draw", "x.gif"], 2, "pictures are"),
        (["frobnicate"], 2, "no command is called 'frobnicate'; blastradius --help lists them"),
        (["raech", "NORTHWIND"], 2, "did you mean 'reach'?"),
        (["reach", "NORTHWIND", "--compromise", "acme", "--level", "lateral"], 2, "did you mean '--assume'?"),
        (["rank", "NORTHWIND", "--compromise", "acme"], 2, "No such option"),
        (["explain", "NORTHWIND", "--compromise", "acme"], 2, "Missing option '--entity'"),
        (["exposure", "NORTHWIND"], 2, "Missing option '--entity'"),
    ],
)
def test_errors_are_one_clear_line(
    arguments: list[str], code: int, message: str, northwind: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(northwind) if argument == "NORTHWIND" else argument for argument in arguments]) == code
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.out == ""


def test_an_error_is_the_exit_code_of_the_process(northwind: Path) -> None:
    done = run("reach", str(northwind), "--compromise", "acmee")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean 'acme'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_expectation_exits_with_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    estate = "blastradius: 1\nparties: {a: }\nexpect: [{name: n, compromise: a, not_reached: {a: control}}]\n"
    (tmp_path / "e.yaml").write_text(estate)
    assert main(["verify", str(tmp_path)]) == 1
    assert main(["verify", str(tmp_path), "--exit-zero"]) == 0
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(estate.encode())))
    assert main(["verify", "-"]) == 1


@pytest.mark.slow
def test_hostile_names_arrive_unchanged(tmp_path: Path) -> None:
    parties = {name: {"name": name, "owns": [f"{name}/svc"]} for name in HOSTILE}
    services = {f"{name}/svc": {"name": name} for name in HOSTILE}
    (tmp_path / "e.json").write_text(json.dumps({"blastradius": 1, "parties": parties, "services": services}))
    for name in HOSTILE:
        done = run("reach", str(tmp_path), "--compromise", name, "--format", "json", "--draw", str(tmp_path / "p.svg"))
        assert done.returncode == 0, done.stderr
        assert {fact["entity"] for fact in json.loads(done.stdout)["facts"]} == {name, f"{name}/svc"}
        assert "<script" not in (tmp_path / "p.svg").read_text()
        assert run("reach", str(tmp_path), "--compromise", name).returncode == 0


def test_degenerate_estates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for text in (
        "blastradius: 1\n",
        "blastradius: 1\nservices: {s: {connects: [s]}}\n",
        "blastradius: 1\nparties: {p: {owns: [{to: s, controls: [compartment]}]}}\nservices: {s: }\n",
    ):
        (tmp_path / "e.yaml").write_text(text)
        for question in ("rank", "check"):
            assert main([question, str(tmp_path)]) == 0
        for seed in re.findall(r"\b[ps]\b(?=:)", text):
            capsys.readouterr()
            assert main(["explain", str(tmp_path), "--compromise", seed, "--entity", seed, "--format", "json"]) == 0
            assert json.loads(capsys.readouterr().out)["reached"] is True
            assert main(["exposure", str(tmp_path), "--entity", seed]) == 0


@pytest.mark.slow
def test_demo_writes_its_pictures_and_may_be_repeated(tmp_path: Path) -> None:
    for _ in range(2):
        done = run("demo", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "could be reached" in done.stdout
    assert {file.name for file in tmp_path.iterdir()} == {
        "blastradius-demo.svg",
        "blastradius-demo.dot",
        "blastradius-brief.html",
    }


def test_schema_loaders_queries_completion(capsys: pytest.CaptureFixture[str]) -> None:
    def printed(*arguments: str) -> str:
        assert main(arguments) == 0
        return capsys.readouterr().out

    jsonschema.Draft7Validator.check_schema(json.loads(printed("schema")))
    assert all(re.fullmatch(r"\w+: \S.*|    \S.*", line) for line in printed("loaders").splitlines())
    assert "  cannot tell " in printed("loaders", "openapi")
    assert printed("loaders", "--all").count("\n  reads ") == len(plugins.loaders())
    assert "reach: How far" in printed("queries")
    assert "_BLASTRADIUS_COMPLETE" in printed("completion", "bash")


def test_a_closed_pipe_is_no_error(northwind: Path) -> None:
    command = f"{sys.executable} -m blastradius reach {northwind} --compromise acme | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.splitlines()[-1] == "0"
    assert "Traceback" not in done.stderr


def imported_by(*command: str) -> set[str]:
    script = (
        f"import sys; from blastradius.cli import main; main({list(command)}); print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_help_imports_nothing_heavy() -> None:
    assert not imported_by("--help") & {"pydantic", "networkx", "rich", "yaml", "graphviz", "typst"}


def test_a_question_of_one_file_imports_no_other_loader(tmp_path: Path) -> None:
    file = tmp_path / "estate.yaml"
    file.write_text("blastradius: 1\nparties: {acme: {holds: key}}\ncredentials: {key: }\n")
    imported = imported_by("reach", str(file), "--compromise", "acme")
    loaders = {name for name in imported if re.fullmatch(r"blastradius\.loaders\.\w+", name)}
    assert loaders <= {"blastradius.loaders.lines", "blastradius.loaders.native"}
    assert not imported & {"networkx", "rich.console", "subprocess", "blastradius.workspace"}
