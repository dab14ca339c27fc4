"""Files of a source that belong together are read as one, where the loader of the format can."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import blastradius as br
from blastradius.cli import main
from blastradius.errors import InputError
from blastradius.loading import survey

CALLS = "calls:k8s:shop/deployment/web>k8s:shop/service/stock"
MANIFESTS = {
    "web.yaml": """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, envFrom: [{configMapRef: {name: web}}]}]}
""",
    "settings.yaml": """
apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: shop}
data: {STOCK: "http://stock:80"}
""",
    "stock.yaml": """
apiVersion: v1
kind: Service
metadata: {name: stock, namespace: shop}
spec: {selector: {app: stock}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: stock, namespace: shop}
spec:
  template:
    metadata: {labels: {app: stock}}
    spec: {containers: [{name: c}]}
""",
}


@pytest.fixture
def manifests(tmp_path: Path) -> Path:
    for name, text in MANIFESTS.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def _calls(folder: Path) -> set[str]:
    return {name for name in br.load(folder).relations if name.startswith("calls:")}


def _workspace(folder: Path, sources: str) -> None:
    (folder / "blastradius.yaml").write_text(f"workspace: 1\nsources: {sources}\n")


def test_a_folder_of_manifests_is_one_source(manifests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(manifests)]) == 0
    text = (manifests / "blastradius.yaml").read_text()
    assert '  - path: "*.yaml"\n    loader: kubernetes\n    # read as one;' in text
    assert _calls(manifests) == {CALLS}
    capsys.readouterr()
    main(["check", str(manifests), "--format", "json"])
    rows = {row["file"].rpartition("/")[2]: row for row in json.loads(capsys.readouterr().out)["sources"]}
    assert set(rows) == {"blastradius.yaml", "settings.yaml and 2 more"}
    assert rows["settings.yaml and 2 more"]["facts"] == 4


def test_manifests_of_folders_below_are_one_source(manifests: Path) -> None:
    for name in MANIFESTS:
        folder = manifests / name.partition(".")[0]
        folder.mkdir()
        (manifests / name).rename(folder / name)
    assert main(["init", str(manifests)]) == 0
    assert (manifests / "blastradius.yaml").read_text().count("loader: kubernetes") == 1
    assert _calls(manifests) == {CALLS}


@pytest.mark.parametrize(
    ("sources", "calls"),
    [
        ("[{path: '*.yaml'}]", {CALLS}),
        ("[{path: [web.yaml, stock.yaml, settings.yaml], loader: kubernetes}]", {CALLS}),
        ("[{path: web.yaml, options: {also: [settings.yaml, stock.yaml]}, loader: kubernetes}]", {CALLS}),
        ("[{path: web.yaml}, {path: stock.yaml}, {path: settings.yaml}]", set()),
    ],
)
def test_a_workspace_says_which_belong_together(manifests: Path, sources: str, calls: set[str]) -> None:
    _workspace(manifests, sources)
    assert _calls(manifests) == calls


def test_the_order_of_files_makes_no_difference(manifests: Path) -> None:
    digests = set()
    for files in ("web, stock, settings", "settings, stock, web", "stock, web, settings"):
        _workspace(manifests, f"[{{path: [{files.replace(',', '.yaml,')}.yaml]}}]")
        digests.add(br.load(manifests).digest)
    assert len(digests) == 1


def test_what_is_wrong_is_said_of_every_file(manifests: Path) -> None:
    for name in ("web.yaml", "stock.yaml"):
        (manifests / name).write_text("a: [")
    _workspace(manifests, "[{path: '*.yaml', loader: kubernetes}]")
    with pytest.raises(InputError) as caught:
        br.load(manifests)
    assert {problem.rpartition("/")[2].partition(":")[0] for problem in caught.value.problems} == {
        "web.yaml",
        "stock.yaml",
    }


def test_a_file_that_another_source_has_is_not_read_twice(manifests: Path) -> None:
    _workspace(manifests, "[{path: stock.yaml, options: {cluster: other}, loader: kubernetes}, {path: '*.yaml'}]")
    files = [file.file.rpartition("/")[2] for file in survey([manifests]).whole()]
    assert files == ["blastradius.yaml", "stock.yaml", "settings.yaml and 1 more"]
