"""Every real file: what it comes to, in any order, and split in two."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.loading import survey
from blastradius.model import Tally
from blastradius.reading import Documents, Lines, Records, Sheet, read_document

OUTCOMES = {
    # identity: who holds what
    "identity/okta/ListInterclientAllowedAppsResponse.json": "refused: does not say what they are allowed",
    "identity/*": "facts",
    # cloud
    "aws/known_aws_accounts.yaml": "refused: a list of vendors' account ids, not an account",
    "aws/vantage-main.tf": "refused: Terraform configuration, not its values",
    "aws/*": "facts",
    # gateways and meshes; a policy alone has nothing that it could stand before
    "gateway_k8s/k8s/istio-authz-custom-simple-http.yaml": "ignored",
    "gateway_k8s/k8s/netpol/*": "ignored",
    "gateway_k8s/*": "facts",
    # catalogs, bills of material, lineage
    "backstage/templates/*": "refused: a template, not YAML yet; render it first",
    "backstage/*": "facts",
    "cyclonedx/*": "facts",
    "lineage/dbt/*": "facts",
    "lineage/openlineage/OpenLineage.schema.json": "refused: a JSON Schema",
    "lineage/openlineage/*": "facts",
    # APIs; one description only sends, one is an archive of many files
    "openapi/*": "facts",
    # graphs of peers; of two no kind is known
    "graph_peers/opengraph-schema/opengraph-minimal.json": "refused: a graph of kinds that are not known",
    "graph_peers/opengraph-schema/*": "refused: a JSON Schema",
    "graph_peers/openhound-sample_graph.json": "refused: a graph of kinds that are not known",
    "graph_peers/*": "facts",
    # threat models
    "threat_models/otm/otm_schema.json": "refused: a JSON Schema",
    "threat_models/pytm/tm.py.txt": "refused: a pytm model as Python code, which is never run",
    "threat_models/*": "facts",
    # traffic
    "traffic/zipkin/envoy.json": "refused: here one without a service; option service names it",
    "traffic/*": "facts",
    # registers and inventories
    "vendor_inventory/dora/dora-module-4.0.json": "refused: the definition of the DORA tables, with no register in it",
    "vendor_inventory/dora/*.xbrl": "refused: a register as xBRL-XML",
    "vendor_inventory/traderx-component-spec.csv": "refused: what its columns mean has to be said with options",
    "vendor_inventory/vsaq-*.json": "refused: a comment, which JSON does not have",
    "vendor_inventory/*": "facts",
}
"""What a file named on its own comes to, by the first pattern that fits; ``ignored``: notes and no facts."""

REFER_TO_EACH_OTHER = {
    "gateway_k8s/k8s/istio-bookinfo.yaml": "a Service picks its pods by labels, which stand in the Deployments",
    "gateway_k8s/k8s/online-boutique-kubernetes-manifests.yaml": "as above, and a Deployment calls by Service name",
    "gateway_k8s/k8s/sock-shop-complete-demo.yaml": "as above",
    "identity/GraphDelegateRoles.json": "one half has none of the permissions by which the resource is told",
    "traffic/zipkin/yelp.json": "the spans of one trace, a caller in one half and the one called in the other",
}
"""Lists of records that cannot be split anywhere, and why."""


@dataclass
class Real:
    """What the real files came to, by name: the loads of each, or why it was refused."""

    folder: Path
    loaded: dict[str, list[Loaded]] = field(default_factory=dict)
    refused: dict[str, InputError] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        return sorted([*self.loaded, *self.refused])

    def parts(self) -> list[Loaded]:
        return [part for name in sorted(self.loaded) for part in self.loaded[name]]


@pytest.fixture(scope="module")
def real(shared: Path) -> Real:
    """All of it, each file on its own."""
    found = Real(shared / "data")
    for file in sorted(found.folder.rglob("*")):
        name = file.relative_to(found.folder).as_posix()
        if not file.is_file() or file.name == "SOURCES.md":
            continue
        try:
            found.loaded[name] = load(file)
        except InputError as error:
            found.refused[name] = error
    return found


def load(file: Path) -> list[Loaded]:
    return [part.loaded for part in survey([file]).whole()]


def tally(parts: list[Loaded]) -> Tally:
    return sum((part.tally for part in parts), Tally())


def expected(name: str) -> str | None:
    """The pattern that speaks of a file; a ``*`` may cross folders."""
    return next((pattern for pattern in OUTCOMES if fnmatch(name, pattern)), None)


def test_every_file_comes_to_what_is_said_of_it(real: Real) -> None:
    assert len(real.names) > 150
    patterns = {name: pattern for name in real.names if (pattern := expected(name))}
    assert set(patterns.values()) == OUTCOMES.keys()
    assert {
        name: said for name, pattern in patterns.items() if not _fits(said := _outcome(real, name), OUTCOMES[pattern])
    } == {}


def _outcome(real: Real, name: str) -> str:
    if name in real.refused:
        return f"refused: {real.refused[name]}"
    return "facts" if tally(real.loaded[name]).facts else "ignored"


def _fits(outcome: str, wanted: str) -> bool:
    refused = wanted.removeprefix("refused: ")
    return outcome == wanted if refused == wanted else outcome.startswith("refused: ") and refused in outcome


def test_a_refusal_is_one_specific_message(real: Real) -> None:
    for name, error in real.refused.items():
        (problem,) = error.problems
        at, _, says = problem.partition(": ")
        assert at.startswith(str(real.folder / name))
        assert len(says) > 20, name


def test_what_is_loaded_is_counted_and_what_is_not_is_said(real: Real) -> None:
    for name, parts in real.loaded.items():
        for part in parts:
            assert part.tally.records > 0, name
            assert bool(part.entities or part.requests) == bool(part.tally.facts), name
            assert part.notes or not part.tally.rejected + part.tally.ignored, name


def test_all_together_in_any_order_are_one_estate(real: Real) -> None:
    parts = real.parts()
    one, other = Estate.build(parts), Estate.build(reversed(parts))
    assert one.digest == other.digest
    assert sorted(map(str, one.notes)) == sorted(map(str, other.notes))
    assert one.tally == tally(parts)


def test_any_list_of_records_can_be_split_in_two_files(real: Real, tmp_path: Path) -> None:
    split = {name: halves for name in real.loaded if (halves := _halves(real.folder / name))}
    assert len(split) > 35
    assert REFER_TO_EACH_OTHER.keys() <= split.keys()
    for name in split.keys() - REFER_TO_EACH_OTHER.keys():
        parts, whole = _both(split[name], Path(name).name, tmp_path), real.loaded[name]
        assert Estate.build(parts).digest == Estate.build(whole).digest, name
        assert tally(parts).records == tally(whole).records, name
        if not name.startswith("lineage/openlineage/"):  # of the events of one run one is a fact, the others ignored
            assert tally(parts) == tally(whole), name


@pytest.mark.parametrize("name", REFER_TO_EACH_OTHER)
def test_what_refers_to_each_other_cannot(real: Real, name: str, tmp_path: Path) -> None:
    halves = _halves(real.folder / name)
    assert halves is not None
    try:
        parts = _both(halves, Path(name).name, tmp_path)
    except InputError:
        return
    assert Estate.build(parts).digest != Estate.build(real.loaded[name]).digest


def _both(halves: tuple[str, str], name: str, folder: Path) -> list[Loaded]:
    """What two halves come to, each as a file of that name."""
    parts: list[Loaded] = []
    for number, half in enumerate(halves):
        file = folder / str(number) / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(half, encoding="utf-8")
        parts += load(file)
    return parts


def _halves(file: Path) -> tuple[str, str] | None:
    """The two halves of a file that is a list of records, in its own format; ``None`` where it is none."""
    data = read_document(file).data
    if isinstance(data, Sheet):
        header, *lines = file.read_text(encoding="utf-8-sig").splitlines()
        first, second = _cut(lines)
        return "\n".join([header, *first]), "\n".join([header, *second])
    if isinstance(data, Records) or (isinstance(data, Lines) and file.suffix == ".log"):
        first, second = _cut(file.read_text(encoding="utf-8").splitlines())
        return "\n".join(first), "\n".join(second)
    if isinstance(data, Lines):
        return None
    listed = list(data) if isinstance(data, list) else data.get(_only_list(data))
    if not isinstance(listed, list) or len(listed) < 2:
        return None
    first, second = _cut(listed)
    if isinstance(data, Documents):
        return "\n---\n".join(map(_json, first)), "\n---\n".join(map(_json, second))
    wrap = (lambda half: half) if isinstance(data, list) else (lambda half: {**data, _only_list(data): half})
    return _json(wrap(first)), _json(wrap(second))


def _cut(records: list[Any]) -> tuple[list[Any], list[Any]]:
    return records[: len(records) // 2], records[len(records) // 2 :]


def _only_list(data: Any) -> str:
    """The key of the one list of a mapping that has nothing else of weight."""
    filled = [key for key, value in data.items() if isinstance(value, (list, dict)) and value] if data else []
    return filled[0] if len(filled) == 1 else ""


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)
