"""The Kubernetes loader: golden cases, real manifests counted independently, laws, and hostile files."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import yaml

from blastradius.engine import solve
from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import Capability, Fact, Kind, Level, NoteKind, Scenario, Verb
from blastradius.reading import Documents, parse_document, read_document
from tests.loaders.kubernetes.test_network import deployment, direct, load, policy
from tests.loaders.laws import damaged, hostile, survives

LOADER: Loader = importlib.import_module("blastradius.loaders.kubernetes").LOADER
CASES = Path(__file__).parent / "cases"
CASE_NAMES = sorted(file.name for file in CASES.iterdir())


def resources_of(case: str) -> list[dict[str, Any]]:
    """The resources of a case: the documents of its file, or the items of its list."""
    data = [each for each in yaml.safe_load_all((CASES / case / "input.yaml").read_text()) if each is not None]
    items: list[dict[str, Any]] = data[0].get("items", data)
    return items


# real manifests

COUNTS = {
    "online-boutique-kubernetes-manifests.yaml": (35, 0, 0),
    "online-boutique-istio-manifests.yaml": (5, 0, 0),
    "sock-shop-complete-demo.yaml": (29, 0, 0),
    "istio-bookinfo.yaml": (14, 0, 0),
    "istio-serviceentry-github.yaml": (2, 0, 0),
    "istio-authz-allow-full-rule.yaml": (1, 0, 0),
    "istio-authz-deny-and-allow.yaml": (1, 0, 1),
    "istio-authz-multiple-policies.yaml": (3, 0, 6),
    "istio-authz-simple-policy-principal-with-wildcard.yaml": (1, 0, 0),
    "istio-authz-custom-simple-http.yaml": (0, 0, 2),
}


def _documents(path: Path) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(path.read_text(encoding="utf-8")) if each is not None]


@pytest.mark.parametrize("name", COUNTS)
def test_real_manifests(name: str, shared: Path) -> None:
    path = shared / "data" / "gateway_k8s" / "k8s" / name
    loaded = LOADER.load(read_document(path), {})
    assert (loaded.tally.facts, loaded.tally.rejected, loaded.tally.ignored) == COUNTS[name]
    documents = _documents(path)
    assert loaded.tally.records == len(documents)
    estate = Estate.build([loaded])
    kinds = Counter(document["kind"] for document in documents)
    in_clusters = [entity for entity in estate.of_kind(Kind.SERVICE) if "/deployment/" in entity.id]
    assert len(in_clusters) == kinds["Deployment"]
    assert sum("/service/" in entity.id for entity in estate.of_kind(Kind.OPERATION)) == kinds["Service"]


def test_real_policies_alone_say_nothing_and_say_so(shared: Path) -> None:
    paths = sorted((shared / "data" / "gateway_k8s" / "k8s" / "netpol").glob("*.yaml"))
    assert len(paths) == 13
    for path in paths:
        loaded = LOADER.load(read_document(path), {})
        assert (loaded.tally.records, loaded.tally.ignored) == (1, 1)
        assert [note.kind for note in loaded.notes] == [NoteKind.INCOMPLETE, NoteKind.UNSUPPORTED]


def _boutique(shared: Path, **options: Any) -> tuple[Loaded, list[dict[str, Any]]]:
    folder = shared / "data" / "gateway_k8s" / "k8s"
    policies = sorted(folder.glob("netpol/*.yaml"))
    also = [str(policy.relative_to(folder)) for policy in policies]
    main = read_document(folder / "online-boutique-kubernetes-manifests.yaml")
    return LOADER.load(main, {"also": also, **options}), [
        document for path in policies for document in _documents(path)
    ]


def test_real_policies_beside_their_workloads(shared: Path) -> None:
    loaded, policies = _boutique(shared)
    assert (loaded.tally.facts, loaded.tally.records) == (35 + 13, 35 + 13)
    apps = {entity.name for entity in loaded.entities if "/deployment/" in entity.id and entity.name}
    let_in = {}
    for manifest in policies:
        rules = manifest["spec"].get("ingress", [])
        app = manifest["spec"]["podSelector"].get("matchLabels", {}).get("app")
        peers = {peer["podSelector"]["matchLabels"]["app"] for rule in rules for peer in rule.get("from", [])}
        let_in[app] = apps if {} in rules else peers
    expected = {(peer, app) for app, peers in let_in.items() if app in apps for peer in peers & apps if peer != app}
    found = {tuple(each.rpartition("/")[2] for each in pair) for pair in direct(loaded)}
    assert found == expected


def test_the_call_graph_in_real_settings(shared: Path) -> None:
    loaded, _ = _boutique(shared)
    path = shared / "data" / "gateway_k8s" / "k8s" / "online-boutique-kubernetes-manifests.yaml"
    documents = _documents(path)
    services = {document["metadata"]["name"] for document in documents if document["kind"] == "Service"}
    expected = set()
    for each in (one for one in documents if one["kind"] == "Deployment"):
        for container in each["spec"]["template"]["spec"]["containers"]:
            for setting in container.get("env", []):
                host = str(setting.get("value", "")).split(":")[0]
                if setting["name"].endswith("_ADDR") and host in services:
                    expected.add((each["metadata"]["name"], host))
    calls = [relation for relation in loaded.relations if relation.verb == Verb.CALLS]
    assert {(call.sources[0].rpartition("/")[2], call.targets[0].rpartition("/")[2]) for call in calls} == expected
    assert len(expected) == 16


# what follows


def _reached(loaded: Loaded, level: Level, **seeds: Any) -> set[str]:
    reach = solve(Estate.build([loaded]), Scenario(assume=level, **seeds))
    return {fact.entity for fact in reach.levels if fact.capability == Capability.CONTROL}


def test_a_network_policy_is_what_stops_walking_on() -> None:
    resources = resources_of("shop")
    web, db = "k8s:shop/deployment/web", "k8s:shop/statefulset/db"
    assert db in _reached(load(resources), Level.LATERAL, compromise=(web,))
    alone = [resource for resource in resources if resource["metadata"]["name"] not in ("api", "shop")]
    assert db not in _reached(load(alone), Level.LATERAL, compromise=(web,))


def test_an_authorization_policy_says_what_a_token_opens() -> None:
    options = yaml.safe_load((CASES / "mesh" / "options.yaml").read_text())
    estate = Estate.build([load(resources_of("mesh"), **options)])
    reach = solve(estate, Scenario(leak=("prod:shop/serviceaccount/web",), assume=Level.GRANTED))
    assert Fact("prod:shop/service/orders GET /orders*", Capability.USE) in reach.levels
    assert Fact("prod:shop/service/orders", Capability.USE) not in reach.levels


def _bound(*rules: dict[str, Any], subject: dict[str, Any] | None = None, **ref: Any) -> list[dict[str, Any]]:
    """A workload and a Secret in each of two namespaces, and a role with these rules, bound in one."""
    things: list[dict[str, Any]] = []
    for space in ("red", "blue"):
        things += [deployment(each, space, {}) for each in ("web", "db")]
        things.append({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": space}})
    common = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "r", "namespace": "red"}}
    things.append({**common, "kind": "Role", "rules": list(rules)})
    kind = "ClusterRoleBinding" if ref.pop("everywhere", "") else "RoleBinding"
    who = subject or {"kind": "ServiceAccount", "name": "ci"}
    named = {"kind": "Role", "name": "r", **ref}
    return [*things, {**common, "kind": kind, "roleRef": named, "subjects": [who]}]


def _opened(resources: list[dict[str, Any]], level: Level = Level.ABUSED) -> set[str]:
    """The Secrets had and the workloads controlled with the token of service account ``ci`` of namespace red."""
    estate = Estate.build([load(resources)])
    reach = solve(estate, Scenario(leak=("k8s:red/serviceaccount/ci",), assume=level))
    wanted = (Capability.POSSESS, Capability.CONTROL)
    return {fact.entity.removeprefix("k8s:") for fact in reach.levels if fact.capability in wanted} - {
        "red/serviceaccount/ci"
    }


def _may(verbs: str, resources: str, group: str = "", **more: Any) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": resources.split(), "verbs": verbs.split(), **more}


RED = {"red/secret/s", "red/deployment/web", "red/deployment/db"}
BLUE = {each.replace("red", "blue") for each in RED}


@pytest.mark.parametrize(
    ("rules", "ref", "opened"),
    [
        ([_may("get list", "secrets")], {}, {"red/secret/s"}),
        ([_may("*", "*", "*")], {}, RED),
        ([_may("get", "secrets", "apps")], {}, set()),
        ([_may("get", "secrets", resourceNames=["s"])], {}, {"red/secret/s"}),
        ([_may("get", "secrets", resourceNames=["other"])], {}, set()),
        ([_may("get", "secrets", resourceNames=["*"])], {}, set()),
        ([_may("delete", "secrets"), _may("get", "configmaps")], {}, set()),
        ([_may("create", "pods")], {}, {"red/secret/s"}),
        ([_may("create", "deployments", "apps")], {}, {"red/secret/s"}),
        ([_may("patch", "deployments", "apps")], {}, {"red/deployment/web", "red/deployment/db"}),
        ([_may("update", "deployments", "apps", resourceNames=["web"])], {}, {"red/deployment/web"}),
        ([_may("patch", "statefulsets", "apps")], {}, set()),
        ([_may("patch", "pods")], {}, {"red/deployment/web", "red/deployment/db"}),
        ([_may("create", "pods/exec")], {}, {"red/deployment/web", "red/deployment/db"}),
        ([_may("get", "deployments", "apps")], {}, set()),
        ([], {"kind": "ClusterRole", "name": "edit"}, RED),
        ([], {"kind": "ClusterRole", "name": "view"}, set()),
        ([], {"kind": "ClusterRole", "name": "elsewhere"}, set()),
        ([], {"kind": "ClusterRole", "name": "cluster-admin", "everywhere": "yes"}, RED | BLUE),
    ],
)
def test_what_a_role_opens(rules: list[dict[str, Any]], ref: dict[str, Any], opened: set[str]) -> None:
    assert _opened(_bound(*rules, **ref)) == opened


_RBAC = "rbac.authorization.k8s.io"
_BINDS = [_may("create", "rolebindings", _RBAC), _may("bind", "clusterroles", _RBAC)]
BOSSES = {"red/serviceaccount/boss", "blue/serviceaccount/boss"}
EVERYTHING = RED | BLUE | BOSSES | {"user mira", "group staff", "group system:masters"}


def _rbac(kind: str, name: str, namespace: str = "", **more: Any) -> dict[str, Any]:
    return {"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": {"name": name, "namespace": namespace}, **more}


_BOTH = [{"kind": "User", "name": "mira"}, {"kind": "Group", "name": "staff"}]
_STAFF = _may("impersonate", "groups", resourceNames=["staff"])
_GIVING = [
    _rbac("Role", "reads", "red", rules=[_may("get", "secrets")]),
    _rbac("ClusterRole", "helps", rules=[_may("impersonate", "users groups")]),
    _rbac("ClusterRole", "staff", rules=[_may("impersonate", "users"), _STAFF]),
    _rbac("ClusterRole", "groups", rules=[_may("impersonate", "groups")]),
    _rbac("ClusterRole", "binds", rules=[_may("update", "clusterrolebindings", _RBAC), _may("bind", "*", _RBAC)]),
    _rbac("RoleBinding", "both", "green", roleRef={"kind": "ClusterRole", "name": "view"}, subjects=_BOTH),
]


@pytest.mark.parametrize(
    ("rules", "ref", "opened"),
    [
        ([_may("create", "serviceaccounts/token")], {}, {"red/serviceaccount/boss"}),
        ([_may("create", "serviceaccounts/token", resourceNames=["boss"])], {}, {"red/serviceaccount/boss"}),
        ([_may("create", "serviceaccounts/token", resourceNames=["other"])], {}, set()),
        ([_may("get", "serviceaccounts/token")], {}, set()),
        ([_may("create", "serviceaccounts")], {}, set()),
        ([_may("impersonate", "serviceaccounts")], {}, {"red/serviceaccount/boss"}),
        ([_may("impersonate", "users groups")], {}, set()),
        ([_may("create", "pods")], {}, {"red/serviceaccount/boss", "red/secret/s"}),
        (_BINDS, {}, RED | {"red/serviceaccount/boss"}),
        ([_may("bind", "clusterroles", _RBAC)], {}, set()),
        ([_may("create", "rolebindings", _RBAC)], {}, set()),
        ([_BINDS[0], _may("bind", "clusterroles", _RBAC, resourceNames=["view"])], {}, set()),
        ([_BINDS[0], _may("bind", "roles", _RBAC, resourceNames=["reads"])], {}, {"red/secret/s"}),
        ([_BINDS[0], _may("bind", "roles", _RBAC)], {}, {"red/secret/s"}),
        ([_may("escalate patch", "roles", _RBAC)], {}, RED | {"red/serviceaccount/boss"}),
        ([_may("escalate", "roles", _RBAC)], {}, set()),
        ([_may("patch", "roles", _RBAC)], {}, set()),
        ([_may("escalate patch", "clusterroles", _RBAC)], {}, set()),
        ([], {"kind": "ClusterRole", "name": "edit"}, RED | {"red/serviceaccount/boss"}),
        ([], {"kind": "ClusterRole", "name": "binds", "everywhere": "yes"}, EVERYTHING),
        ([], {"kind": "ClusterRole", "name": "helps", "everywhere": "yes"}, EVERYTHING),
        ([], {"kind": "ClusterRole", "name": "staff", "everywhere": "yes"}, {"user mira", "group staff"}),
        ([], {"kind": "ClusterRole", "name": "groups", "everywhere": "yes"}, set()),
    ],
)  # fmt: skip
def test_rights_that_give_rights(rules: list[dict[str, Any]], ref: dict[str, Any], opened: set[str]) -> None:
    accounts = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "boss", "namespace": space}}
        for space in ("red", "blue")
    ]
    assert _opened([*_GIVING, *accounts, *_bound(*rules, **ref)]) == opened


@pytest.mark.parametrize(
    ("kind", "name", "opened"),
    [
        ("Group", "system:serviceaccounts", True),
        ("Group", "system:serviceaccounts:red", True),
        ("Group", "system:serviceaccounts:blue", False),
        ("Group", "system:authenticated", True),
        ("Group", "engineers", False),
        ("User", "ci", False),
    ],
)
def test_who_a_binding_is_for(kind: str, name: str, opened: bool) -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "ci", "namespace": "red"}}
    resources = _bound(_may("get", "secrets"), subject={"kind": kind, "name": name})
    assert bool(_opened([account, *resources])) == opened


@pytest.mark.parametrize(("group", "everything"), [("system:masters", True), ("masters", False)])
def test_the_group_of_masters_may_do_everything_whatever_it_is_bound_to(group: str, everything: bool) -> None:
    resources = _bound(_may("get", "configmaps"), subject={"kind": "Group", "name": group})
    reach = solve(Estate.build([load(resources)]), Scenario(leak=(f"k8s:group {group}",), assume=Level.ABUSED))
    assert (Fact("k8s:blue/deployment/db", Capability.CONTROL) in reach.levels) is everything


@pytest.mark.parametrize(("token", "cut_off"), [("abc", True), ("", False), (None, False)])
def test_a_list_that_was_cut_off_says_so(token: str | None, cut_off: bool) -> None:
    items = [deployment("web", "red", {})]
    data = {"apiVersion": "v1", "kind": "List", "metadata": {"continue": token}, "items": items}
    loaded = LOADER.load(parse_document(json.dumps(data), "k.json", ".json"), {})
    assert ("cut off" in str(loaded.notes)) == cut_off


# hosts


def test_whoever_has_a_node_has_the_pods_on_it() -> None:
    pods = [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "red"}, "spec": spec}
        for name, spec in (("web", {"nodeName": "n1", "serviceAccountName": "a"}), ("db", {"nodeName": "n2"}))
    ]
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a", "namespace": "red"}}
    free = deployment("free", "red", {})
    estate = Estate.build(
        [load([*pods, account, free, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}])]
    )
    assert [relation.id for relation in estate.by_verb[Verb.RUNS_ON]] == [
        "runs_on:k8s:red/pod/db>k8s:node/n2",
        "runs_on:k8s:red/pod/web>k8s:node/n1",
    ]
    assert {name: estate.entities[f"k8s:node/{name}"].basis for name in ("n1", "n2")} == {
        "n1": "declared",
        "n2": "inferred",
    }
    reached = solve(estate, Scenario(compromise=("k8s:node/n1",), assume=Level.GRANTED)).levels
    assert Fact("k8s:red/serviceaccount/a", Capability.POSSESS) in reached
    assert Fact("k8s:red/pod/db", Capability.CONTROL) not in reached


def test_pods_that_a_workload_in_the_files_runs_say_nothing_of_where_it_is() -> None:
    web = deployment("web", "red", {})
    owned = {"name": "web-1", "namespace": "red", "ownerReferences": [{"kind": "Deployment", "name": "web"}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": owned, "spec": {"nodeName": "n1"}}
    assert not [relation for relation in load([web, pod]).relations if relation.verb == Verb.RUNS_ON]


@pytest.mark.parametrize(
    ("local", "values", "claim", "hosted"),
    [
        ({"path": "/disk"}, ["n1"], {"namespace": "red", "name": "orders"}, True),
        ({"path": "/disk"}, ["n1", "n2"], {"namespace": "red", "name": "orders"}, False),
        (None, ["n1"], {"namespace": "red", "name": "orders"}, False),
        ({"path": "/disk"}, ["n1"], None, False),
    ],
)
def test_a_volume_on_the_disk_of_a_node(
    local: dict[str, str] | None, values: list[str], claim: dict[str, str] | None, hosted: bool
) -> None:
    by_name = {"key": "kubernetes.io/hostname", "operator": "In", "values": values}
    affinity = {"required": {"nodeSelectorTerms": [{"matchExpressions": [by_name]}]}}
    volume = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "v"},
              "spec": {"local": local, "claimRef": claim, "nodeAffinity": affinity}}  # fmt: skip
    loaded = load([volume])
    found = [relation.id for relation in loaded.relations]
    assert found == (["runs_on:k8s:red/persistentvolumeclaim/orders>k8s:node/n1"] if hosted else [])
    assert (loaded.tally.facts, loaded.tally.ignored) == ((1, 0) if hosted else (0, 1))


@pytest.mark.parametrize("signs_in", [True, False])
def test_whom_the_provider_signs_in(signs_in: bool) -> None:
    everybody = {"kind": "Group", "name": "system:authenticated"}
    loaded = load(_bound(_may("get", "secrets"), subject=everybody), anyone_signs_in=signs_in)
    assert ("k8s:read red/secret/* by anyone" in {entity.id for entity in loaded.entities}) == signs_in


# images

_DIGEST = "@sha256:" + "0a" * 32


def _running(name: str, *images: str) -> dict[str, Any]:
    made = deployment(name, "red", {})
    made["spec"]["template"]["spec"]["containers"] = [{"name": "c", "image": image} for image in images]
    return made


@pytest.mark.parametrize(
    ("image", "store", "pinned"),
    [
        ("redis", "image:docker.io/library/redis", False),
        ("redis:7", "image:docker.io/library/redis", False),
        ("acme/web:1.2", "image:docker.io/acme/web", False),
        ("registry.acme.example/web", "image:registry.acme.example/web", False),
        ("registry.acme.example:5000/team/web:1", "image:registry.acme.example:5000/team/web", False),
        (f"localhost/web:1{_DIGEST}", "image:localhost/web", True),
        (f"acme/web{_DIGEST}", "image:docker.io/acme/web", True),
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/web:1",
         "arn:aws:ecr:eu-west-1:111122223333:repository/shop/web", False),
        ("{{ .Values.image }}", None, False),
        ("", None, False),
    ],
)  # fmt: skip
def test_where_an_image_is_from(image: str, store: str | None, pinned: bool) -> None:
    loaded = load([_running("web", image)])
    installs = [relation for relation in loaded.relations if relation.verb == Verb.INSTALLS]
    assert [relation.id for relation in installs] == ([f"installs:k8s:red/deployment/web>{store}"] if store else [])
    assert [control.kind for relation in installs for control in relation.controls] == ["pinned"] * pinned


def test_a_registry_whose_images_we_run() -> None:
    db = f"hub.acme.example/db:1{_DIGEST}"
    pods = [_running("web", "hub.acme.example/web:1"), _running("db", db), _running("both", db, "hub.acme.example/db")]
    estate = Estate.build([load(pods, parties={"*.acme.example": "acme"})])
    reached = solve(estate, Scenario(compromise=("acme",), assume=Level.GRANTED)).levels
    fallen = {
        name for name in ("web", "db", "both") if Fact(f"k8s:red/deployment/{name}", Capability.CONTROL) in reached
    }
    assert fallen == {"web", "both"}


ALLOW = {"principals": ["cluster.local/ns/red/sa/one"]}


def _mesh(*specs: dict[str, Any]) -> set[str]:
    """Whose service account is granted something by policies over one workload in namespace green."""
    pods = [deployment("one", "red", {"app": "one"}), deployment("two", "blue", {"app": "two"})]
    for pod in pods:
        pod["spec"]["template"]["spec"]["serviceAccountName"] = pod["metadata"]["name"]
    target = deployment("target", "green", {"app": "target"})
    policies = [
        {**policy(f"p{number}", "green", spec), "kind": "AuthorizationPolicy", "apiVersion": "security.istio.io/v1"}
        for number, spec in enumerate(specs)
    ]
    loaded = load([*pods, target, *policies])
    Estate.build([loaded])
    return {
        key.rpartition("/")[2]
        for relation in loaded.relations
        if relation.verb == Verb.GRANTS
        for key in relation.sources
    }


def _rule(*sources: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"rules": [{"from": [{"source": source} for source in sources], **more}]}


def _when(key: str, sources: tuple[dict[str, Any], ...] = (), **said: list[str]) -> dict[str, Any]:
    rule = {"when": [{"key": key, **said}]}
    return _rule(*sources, **rule) if sources else {"rules": [rule]}


@pytest.mark.parametrize(
    ("specs", "granted"),
    [
        ([_rule(ALLOW)], {"one"}),
        ([_rule({"principals": ["*/sa/one"]})], {"one"}),
        ([_rule({"principals": ["cluster.local/ns/blue/*"]})], {"two"}),
        ([_rule({"principals": ["*"]})], {"one", "two", "default"}),
        ([_rule({"namespaces": ["red"]})], {"one"}),
        ([_rule({"namespaces": ["r*", "blue"]})], {"one", "two"}),
        ([_rule({"namespaces": ["red"], "principals": ["*/sa/two"]})], set()),
        ([_rule({"notNamespaces": ["red"]})], {"two", "default"}),
        ([_rule({"principals": ["*"], "notPrincipals": ["*/sa/one"]})], {"two", "default"}),
        ([_rule({"serviceAccounts": ["red/one"]})], {"one"}),
        ([_rule({"serviceAccounts": ["default"]})], {"default"}),
        ([_rule(ALLOW), {"action": "DENY", **_rule(ALLOW)}], set()),
        ([_rule(ALLOW), {"action": "DENY", **_rule({"namespaces": ["blue"]})}], {"one"}),
        ([_rule(ALLOW), {"action": "DENY", **_rule({**ALLOW, "ipBlocks": ["192.0.2.0/24"]})}], {"one"}),
        ([_rule(ALLOW), {"action": "DENY", **_rule(ALLOW, to=[{"operation": {"paths": ["/x"]}}])}], {"one"}),
        ([_rule(ALLOW), {"action": "DENY", "selector": {"matchLabels": {"app": "other"}}, **_rule(ALLOW)}], {"one"}),
        ([_rule(ALLOW), {"action": "DENY", **_rule({"ipBlocks": ["192.0.2.0/24"]})}], {"one"}),
        ([_rule(ALLOW), {"action": "DENY", **_rule({"notRequestPrincipals": ["*"]})}], {"one"}),
        ([_rule(ALLOW), {"action": "DENY", **_rule({"notIpBlocks": ["192.0.2.0/24"]}, {})}], set()),
        ([_rule(ALLOW), {"action": "DENY", "rules": [{}]}], set()),
        ([{"rules": [{}]}], set()),
        ([{}], set()),
        ([_rule({"ipBlocks": ["192.0.2.0/24"]})], set()),
        ([_rule({"principals": ["elsewhere/ns/x/sa/stranger"]})], {"stranger"}),
        ([{"action": "AUDIT", **_rule(ALLOW)}], set()),
        ([_when("source.principal", values=["cluster.local/ns/red/sa/one"])], {"one"}),
        ([_when("source.namespace", notValues=["red"])], {"two", "default"}),
        ([_when("source.serviceAccount", values=["blue/two"])], {"two"}),
        ([_when("request.auth.principal", values=["https://idp.example/*"])], {"*"}),
        ([_when("request.headers[x]", values=["1"])], set()),
        ([_when("source.principal", ({"namespaces": ["red", "blue"]},), values=["*/sa/two"])], {"two"}),
        ([_when("source.principal", (ALLOW,), notValues=["*/sa/one"])], set()),
        ([_rule(ALLOW), {"action": "DENY", **_when("source.namespace", values=["red"])}], set()),
        ([_rule(ALLOW), {"action": "DENY", **_when("source.principal", (ALLOW,), values=["*/sa/two"])}], {"one"}),
    ],
)
def test_who_an_authorization_policy_lets_in(specs: list[dict[str, Any]], granted: set[str]) -> None:
    assert _mesh(*specs) == granted


@pytest.mark.parametrize(
    ("opening", "guarded", "parts"),
    [
        ({}, False, set()),
        ({"from": [{"source": {"ipBlocks": ["192.0.2.0/24"]}}]}, False, set()),
        ({"to": [{"operation": {"methods": ["GET"]}}]}, True, {"k8s:green/service/target GET"}),
        ({"from": [{"source": {"principals": ["*"]}}]}, True, set()),
    ],
)
def test_a_rule_for_everybody_opens_what_another_guards(
    opening: dict[str, Any], guarded: bool, parts: set[str]
) -> None:
    target = deployment("target", "green", {"app": "target"})
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "target", "namespace": "green"}}
    front = {**service, "spec": {"selector": {"app": "target"}, "ports": [{"port": 80}]}}
    for specs in ([{"rules": [*_rule(ALLOW)["rules"], opening]}], [_rule(ALLOW), {"rules": [opening]}]):
        policies = [_authorization(spec, name=f"p{number}") for number, spec in enumerate(specs)]
        loaded = load([target, front, *policies])
        permitted = {relation.targets[0] for relation in loaded.relations if relation.verb == Verb.PERMITS}
        assert ("k8s:green/service/target" in permitted) is guarded
        operations = {entity.id for entity in loaded.entities if entity.kind == Kind.OPERATION}
        assert operations - {"k8s:green/service/target"} == parts
        assert not parts & permitted


def _authorization(spec: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    named = {"name": "p", "namespace": "green", **metadata}
    return {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": named, "spec": spec}


def test_an_account_of_another_trust_domain_is_none_of_ours() -> None:
    ours = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "one", "namespace": "red"}}
    listed = ["partner.example/ns/red/sa/one", "cluster.local/ns/red/sa/one"]
    for number, options in enumerate(({}, {"trust_domain": "ours.example"})):
        loaded = load([ours, _authorization(_rule({"principals": listed[number : number + 1]}))], **options)
        (grant,) = (relation for relation in loaded.relations if relation.verb == Verb.GRANTS)
        assert grant.sources == (
            f"k8s:{('principal partner.example/ns/red/sa/one', 'red/serviceaccount/one')[number]}",
        )


def test_a_policy_on_trial_lets_in_and_refuses_nobody() -> None:
    pod = deployment("one", "green", {"app": "one"})
    trial = {"annotations": {"istio.io/dry-run": "true"}}
    deny = {"action": "DENY", **_rule({"namespaces": ["green"]})}
    loaded = load([pod, _authorization(_rule({"namespaces": ["green"]})), _authorization(deny, name="q", **trial)])
    assert sum(relation.verb == Verb.GRANTS for relation in loaded.relations) == 1
    assert not load([pod, _authorization(_rule(ALLOW), **trial)]).relations
    assert any("on trial" in note.message for note in loaded.notes)


def test_policies_without_the_workloads_they_are_for_say_so() -> None:
    loaded = load([_authorization({"action": "DENY", **_rule(ALLOW)})])
    (note,) = (each for each in loaded.notes if each.kind == NoteKind.INCOMPLETE)
    assert "the option also" in note.message
    assert note.provenance[0].line == 1


@pytest.mark.parametrize(
    ("kind", "spec", "says"),
    [
        ("AuthorizationPolicy", {"action": "CUSTOM"}, "asks an external authorizer"),
        ("AuthorizationPolicy", {"action": "AUDIT"}, "only audit"),
        ("PeerAuthentication", {"mtls": {"mode": "STRICT"}}, "such as green/p, say nothing here"),
        ("PeerAuthentication", {"mtls": {"mode": "PERMISSIVE"}}, "1 PeerAuthentication: not modelled"),
    ],
)
def test_what_a_policy_without_effect_here_is(kind: str, spec: dict[str, Any], says: str) -> None:
    loaded = load([{**_authorization(spec), "kind": kind}])
    assert (loaded.tally.records, loaded.tally.ignored) == (1, 1)
    assert any(says in note.message for note in loaded.notes)


@pytest.mark.parametrize(
    ("value", "called"),
    [
        ("http://api:8080/x", True),
        ("api:8080", True),
        ("postgres://u:p@api/x", True),
        ("api.red", False),
        ("http://api.red", True),
        ("api.red.svc.cluster.local", True),
        ("a,api:1,b", True),
        ("api", False),
        ("the api is good", False),
        ("http://apis:80", False),
        ("http://api.blue:80", False),
        ("http://API", False),
    ],
)
def test_settings_that_name_a_service(value: str, called: bool) -> None:
    caller = deployment("c", "red", {"app": "c"})
    caller["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "X", "value": value}]
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "api", "namespace": "red"}}
    loaded = load([caller, service])
    assert any(relation.verb == Verb.CALLS for relation in loaded.relations) == called


@pytest.mark.parametrize(
    ("container", "called"),
    [
        ({"envFrom": [{"configMapRef": {"name": "places"}}]}, True),
        ({"env": [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "places", "key": "API_URL"}}}]}, True),
        ({"env": [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "places", "key": "OTHER"}}}]}, False),
        ({"envFrom": [{"configMapRef": {"name": "gone"}}]}, False),
        ({}, False),
    ],
)
def test_settings_in_a_config_map(container: dict[str, Any], called: bool) -> None:
    caller = deployment("c", "red", {"app": "c"})
    caller["spec"]["template"]["spec"]["containers"][0] |= container
    common = {"apiVersion": "v1", "metadata": {"name": "places", "namespace": "red"}}
    places = {**common, "kind": "ConfigMap", "data": {"API_URL": "http://api:80", "OTHER": "x", "PASSWORD": "CANARY"}}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "api", "namespace": "red"}}
    loaded = load([caller, places, service])
    assert any(relation.verb == Verb.CALLS for relation in loaded.relations) == called
    assert "CANARY" not in loaded.model_dump_json()
    assert loaded.tally.records == 3
    assert (loaded.tally.ignored == 0) == ("places" in json.dumps(container))
    assert any(note.kind == NoteKind.SECRET_DROPPED for note in loaded.notes) == (
        "places" in str(container.get("envFrom"))
    )


@pytest.mark.parametrize(
    ("spec", "annotations", "direction"),
    [
        ({}, {}, "internal"),
        ({"type": "NodePort"}, {}, "exposed"),
        ({"type": "LoadBalancer"}, {}, "exposed"),
        ({"type": "LoadBalancer"}, {"service.beta.kubernetes.io/aws-load-balancer-internal": "true"}, "internal"),
        ({"type": "LoadBalancer"}, {"service.beta.kubernetes.io/aws-load-balancer-internal": "false"}, "exposed"),
        ({"type": "LoadBalancer"}, {"networking.gke.io/load-balancer-type": "Internal"}, "internal"),
        ({"externalIPs": ["192.0.2.1"]}, {}, "exposed"),
    ],
)
def test_what_is_exposed(spec: dict[str, Any], annotations: dict[str, str], direction: str) -> None:
    metadata = {"name": "s", "annotations": annotations}
    (made,) = load([{"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}]).entities
    assert getattr(made, "direction", None) == direction


@pytest.mark.parametrize(
    ("selector", "entry", "direction"),
    [
        ({"istio": "ingressgateway"}, False, "exposed"),
        ({"istio": "egressgateway"}, False, "internal"),
        ({"istio": "ingressgateway"}, True, "internal"),
    ],
)
def test_a_gateway_for_calls_out_exposes_nothing(selector: dict[str, str], entry: bool, direction: str) -> None:
    common = {"apiVersion": "networking.istio.io/v1", "metadata": {"name": "g", "namespace": "red"}}
    ways = [{"route": [{"destination": {"host": "news.example"}}]}]
    mesh = [
        {**common, "kind": "Gateway", "spec": {"selector": selector}},
        {**common, "kind": "VirtualService", "spec": {"hosts": ["news.example"], "gateways": ["g"], "http": ways}},
        {**common, "kind": "ServiceEntry", "spec": {"hosts": ["news.example"]}},
    ]
    loaded = load(mesh if entry else mesh[:2])
    (door,) = (entity for entity in loaded.entities if entity.id == "k8s:red/virtualservice/g news.example")
    assert getattr(door, "direction", None) == direction


def test_what_a_virtual_service_leaves_to_another_is_read_there() -> None:
    def virtual(name: str, spec: dict[str, Any], space: str = "red") -> dict[str, Any]:
        metadata = {"name": name, "namespace": space}
        return {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": metadata, "spec": spec}

    pod = deployment("shop", "blue", {"app": "shop"})
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": pod["metadata"],
        "spec": {"selector": {"app": "shop"}},
    }
    left = {"hosts": ["x.example"], "gateways": ["g"], "http": [{"delegate": {"name": "part", "namespace": "blue"}}]}
    part = {"http": [{"match": [{"uri": {"exact": "/a"}}], "route": [{"destination": {"host": "shop"}}]}]}
    loaded = load([pod, service, virtual("whole", left), virtual("part", part, "blue"), virtual("unused", part)])
    door = "k8s:red/virtualservice/whole x.example/a"
    served = {relation.sources[0] for relation in loaded.relations if relation.targets == (door,)}
    assert served == {"k8s:red/gateway/g", "k8s:blue/deployment/shop"}
    assert (loaded.tally.facts, loaded.tally.rejected, loaded.tally.ignored) == (4, 0, 1)


def test_a_route_of_openshift_exposes_the_services_it_leads_to() -> None:
    pods = [deployment(each, "red", {"app": each}) for each in ("web", "next")]
    services = [
        {"apiVersion": "v1", "kind": "Service", "metadata": each["metadata"], "spec": {"selector": {"app": name}}}
        for each, name in zip(pods, ("web", "next"), strict=True)
    ]
    spec = {"host": "shop.example", "path": "/x", "to": {"name": "web"}, "alternateBackends": [{"name": "next"}]}
    metadata = {"name": "r", "namespace": "red"}
    route = {"apiVersion": "route.openshift.io/v1", "kind": "Route", "metadata": metadata, "spec": spec}
    loaded = load([*pods, *services, route])
    (door,) = (entity for entity in loaded.entities if getattr(entity, "direction", "") == "exposed")
    assert door.name == "shop.example/x"
    served = {relation.sources[0] for relation in loaded.relations if relation.targets == (door.id,)}
    assert served == {"k8s:red/deployment/web", "k8s:red/deployment/next"}


_TO = [{"name": "web", "port": 80}, {"name": "next", "port": 80, "weight": 0}]
_DESTINATIONS = [{"destination": {"host": each["name"]}, "weight": each.get("weight", 100)} for each in _TO]


@pytest.mark.parametrize(
    ("api", "kind", "spec", "answer"),
    [
        ("route.openshift.io/v1", "Route", {"to": _TO[0], "alternateBackends": [_TO[1]]}, {"web"}),
        ("route.openshift.io/v1", "Route", {"to": {**_TO[0], "weight": 1}, "alternateBackends": _TO[1:]}, {"web"}),
        ("gateway.networking.k8s.io/v1", "HTTPRoute", {"rules": [{"backendRefs": _TO}]}, {"web"}),
        ("networking.istio.io/v1", "VirtualService", {"hosts": ["x"], "http": [{"route": _DESTINATIONS}]}, {"web"}),
        (
            "networking.istio.io/v1",
            "VirtualService",
            {"hosts": ["x"], "http": [{"route": _DESTINATIONS[1:]}]},
            {"next"},
        ),
    ],
)
def test_a_weight_of_0_gets_nothing(api: str, kind: str, spec: dict[str, Any], answer: set[str]) -> None:
    pods = [deployment(each, "red", {"app": each}) for each in ("web", "next")]
    services = [
        {"apiVersion": "v1", "kind": "Service", "metadata": each["metadata"], "spec": {"selector": {"app": name}}}
        for each, name in zip(pods, ("web", "next"), strict=True)
    ]
    more = {"host": "x", "hostnames": ["x"], "parentRefs": [{"name": "g"}], "gateways": ["g"]}
    loaded = load([*pods, *services, _rbac(kind, "r", "red", spec={**more, **spec}) | {"apiVersion": api}])
    (door,) = (entity for entity in loaded.entities if getattr(entity, "direction", "") == "exposed")
    served = {relation.sources[0] for relation in loaded.relations if relation.targets == (door.id,)}
    assert served - {"k8s:red/gateway/g"} == {f"k8s:red/deployment/{name}" for name in answer}


@pytest.mark.parametrize(
    ("says", "answers"),
    [
        ({"canary": "true", "canary-weight": "0"}, False),
        ({"canary": "true", "canary-weight": "0", "canary-by-header": "x-next"}, True),
        ({"canary": "true", "canary-weight": "0", "canary-by-cookie": "next"}, True),
        ({"canary": "true", "canary-weight": "5"}, True),
        ({"canary": "false", "canary-weight": "0"}, True),
        ({"canary-weight": "0"}, True),
    ],
)
def test_a_canary_of_weight_0_gets_nothing_unless_it_is_asked_for(says: dict[str, str], answers: bool) -> None:
    web = deployment("next", "red", {"app": "next"})
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": web["metadata"],
        "spec": {"selector": {"app": "next"}},
    }
    path = {"path": "/x", "backend": {"service": {"name": "next"}}}
    canary = _rbac("Ingress", "next", "red", spec={"rules": [{"host": "x", "http": {"paths": [path]}}]})
    canary["apiVersion"] = "networking.k8s.io/v1"
    canary["metadata"]["annotations"] = {f"nginx.ingress.kubernetes.io/{word}": value for word, value in says.items()}
    loaded = load([web, service, canary])
    doors = {entity.id for entity in loaded.entities if getattr(entity, "direction", "") == "exposed"}
    served = {relation.sources[0] for relation in loaded.relations if set(relation.targets) <= doors}
    assert served == ({"k8s:red/deployment/next"} if answers else set())
    assert (loaded.tally.ignored, loaded.tally.rejected) == (0 if answers else 1, 0)


# laws


@pytest.mark.parametrize("case", CASE_NAMES)
def test_order_and_twice(case: str) -> None:
    options = CASES / case / "options.yaml"
    stated = yaml.safe_load(options.read_text()) if options.exists() else {}
    resources = resources_of(case)
    once = load(resources, **stated)
    assert Estate.build([once, once]).digest == Estate.build([once]).digest
    assert Estate.build([load(resources[::-1], **stated)]).digest == Estate.build([once]).digest


def test_files_read_together_are_one(tmp_path: Path) -> None:
    resources = resources_of("shop")
    for name, part in (("whole", resources), ("1", resources[::2]), ("2", resources[1::2])):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump_all(part))
    whole, one, other = (
        LOADER.load(read_document(tmp_path / f"{name}.yaml"), {"also": also})
        for name, also in (("whole", []), ("1", ["2.yaml"]), ("2", "1.yaml"))
    )
    digests = {Estate.build([each]).digest for each in (whole, one, other)}
    assert len(digests) == 1
    assert whole.tally == one.tally == other.tally


def test_namespaces_that_do_not_refer_to_each_other_may_be_read_apart() -> None:
    parts = [[deployment(f"d{each}", space, {"app": space}) for each in range(2)] for space in ("red", "blue")]
    together = Estate.build([load([*parts[0], *parts[1]])])
    assert Estate.build([load(parts[0]), load(parts[1])]).digest == together.digest


# several documents


def test_positions_in_several_documents_and_empty_ones() -> None:
    first, second = (yaml.safe_dump(deployment(each, "red", {})) for each in "ab")
    text = f"---\n# nothing\n---\n{first}---\n{second}---\n"
    document = parse_document(text, "m.yaml")
    assert isinstance(document.data, Documents)
    loaded = LOADER.load(document, {})
    assert loaded.tally.records == 2
    assert [entity.provenance[0].line for entity in loaded.entities] == [4, 5 + first.count("\n")]


# what is not right


def _one(data: Any, name: str = "k.json", **options: Any) -> Loaded:
    return LOADER.load(parse_document(json.dumps(data), name, ".json"), options)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"apiVersion": "v1", "kind": "Config", "clusters": [], "users": [{"user": {"token": "x"}}]}, "kubeconfig"),
        ({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}, "kustomize"),
    ],
)
def test_what_is_refused(data: Any, reason: str) -> None:
    assert LOADER.recognises(data)
    with pytest.raises(InputError, match=f"^k.json:1:1: .*{reason}"):
        _one(data)


@pytest.mark.parametrize(
    "data",
    [
        *(None, 3, "v1", [], {}, [None], {"kind": "Deployment"}, {"apiVersion": "v1"}),
        {"apiVersion": "backstage.io/v1alpha1", "kind": "Component"},
        {"apiVersion": "v2", "name": "chart"},
        {"apiVersion": ["v1"], "kind": "Pod"},
    ],
)
def test_what_is_not_recognised(data: Any) -> None:
    assert not LOADER.recognises(data)


@pytest.mark.parametrize(
    ("version", "kind", "known"),
    [
        ("cilium.io/v2", "CiliumNetworkPolicy", True),
        ("configuration.konghq.com/v1", "KongVault", True),
        ("crd.projectcalico.org/v1", "GlobalNetworkPolicy", True),
        ("backstage.io/v1alpha1", "Component", False),
        ("scaffolder.backstage.io/v1beta3", "Template", False),
        ("acme/v1", "Order", False),
        ("www.acme.com/orders", "Order", False),
    ],
)
def test_resources_of_any_group_are_manifests(version: str, kind: str, known: bool) -> None:
    data = {"apiVersion": version, "kind": kind, "metadata": {"name": "x"}, "spec": {}}
    assert LOADER.recognises(data) == known
    if known:
        loaded = _one(data)
        assert (loaded.tally.records, loaded.tally.ignored) == (1, 1)
        assert any(kind in note.message for note in loaded.notes)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"namespaces": "x"}, "namespace"),
        ({"pod_addresses": "ten"}, "no block of addresses"),
        ({"also": ["../other.yaml"]}, "outside"),
        ({"also": ["https://example.com/x.yaml"]}, "nothing is fetched"),
        ({"also": ["missing.yaml"]}, "not a file"),
    ],
)
def test_options_that_do_not_fit(options: dict[str, Any], reason: str, tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(yaml.safe_dump(deployment("a", "red", {})))
    with pytest.raises(InputError, match=reason):
        LOADER.load(read_document(tmp_path / "m.yaml"), options)


@pytest.mark.parametrize("case", CASE_NAMES)
@pytest.mark.slow
def test_wrong_types_everywhere(case: str) -> None:
    data = {"apiVersion": "v1", "kind": "List", "items": resources_of(case)}
    some = islice(damaged(data), None, None, 3)
    assert sum(survives(LOADER, each) is not None for each in some) > 400


def test_hostile_names(shared: Path) -> None:
    resources = resources_of("mesh")
    for name in hostile(shared)[::3]:
        renamed = json.loads(json.dumps(resources).replace('"orders"', json.dumps(name)))
        loaded = survives(LOADER, {"apiVersion": "v1", "kind": "List", "items": renamed})
        assert loaded is not None
        assert loaded.tally.records == len(resources)


def test_secrets_do_not_enter() -> None:
    canary = "CANARY-s3cr3t-7000"
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "annotations": {"last": canary}}}
    secret |= {"data": {"a": canary}, "stringData": {"b": canary}}
    pod = deployment("d", "default", {"app": "d"})
    pod["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": canary}
    pod["spec"]["template"]["spec"]["containers"][0] |= {
        "env": [
            {"name": "DB_PASSWORD", "value": canary},
            {"name": "URL", "value": f"http://u:{canary}@s:80/?t={canary}"},
        ],
        "args": [f"--token={canary}"],
    }
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"selector": {"x": "y"}}}
    settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"k": canary}}
    loaded = load([secret, pod, service, settings])
    assert "CANARY" not in loaded.model_dump_json()
    assert sum(note.kind == NoteKind.SECRET_DROPPED for note in loaded.notes) == 3


def _pod(name: str, **spec: Any) -> dict[str, Any]:
    containers = [{"name": "c", "image": "till", **spec.pop("container", {})}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": containers, **spec}}


@pytest.mark.parametrize(
    ("pod", "takes"),
    [
        ({"container": {"securityContext": {"privileged": True}}}, True),
        ({"container": {"securityContext": {"capabilities": {"add": ["CAP_SYS_ADMIN"]}}}}, True),
        ({"volumes": [{"name": "h", "hostPath": {"path": "/"}}]}, True),
        ({"volumes": [{"name": "h", "hostPath": {"path": "/var/run/docker.sock"}}]}, True),
        ({"volumes": [{"name": "h", "hostPath": {"path": "/var/log/till"}}]}, False),
        (
            {"container": {"securityContext": {"privileged": False, "capabilities": {"add": ["NET_BIND_SERVICE"]}}}},
            False,
        ),
    ],
)
def test_a_pod_that_can_break_out_takes_over_its_node(pod: dict[str, Any], takes: bool) -> None:
    loaded = load([_pod("probe", nodeName="n1", **pod), _pod("till", nodeName="n1")])
    assert ("privileged or with its files" in str(loaded.notes)) is takes
    first = solve(Estate.build([loaded]), Scenario(compromise=("k8s:default/pod/probe",), assume=Level.GRANTED)).levels
    assert (Fact("k8s:node/n1", Capability.CONTROL) in first) is takes
    assert (Fact("k8s:default/pod/till", Capability.CONTROL) in first) is takes


def test_which_node_a_pod_breaks_out_to_may_be_unsaid() -> None:
    loaded = load([_pod("probe", hostPID=True, container={"securityContext": {"privileged": True}})])
    assert "k8s:default/pod/probe; followed where the files say" in str(loaded.notes)
    assert not any(entity.id.startswith("k8s:take over") for entity in loaded.entities)


def test_a_pod_that_may_be_on_any_node_breaks_out_to_those_that_are_described() -> None:
    labels = {"n1": {"disk": "ssd"}, "n2": {"disk": "ssd"}, "n3": {}}
    nodes = [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": n, "labels": labels[n]}} for n in labels]
    container = {"name": "c", "securityContext": {"privileged": True}}
    template = {"spec": {"nodeSelector": {"disk": "ssd"}, "containers": [container]}}
    probe = {**deployment("probe", "red", {}), "kind": "DaemonSet", "spec": {"template": template}}
    loaded = load([*nodes, probe, _pod("till", nodeName="n2"), _pod("safe", nodeName="n3")])
    assert "any of which it may be where it is not named: an upper bound" in str(loaded.notes)
    reached = _reached(loaded, Level.GRANTED, compromise=("k8s:red/daemonset/probe",))
    expected = {"k8s:red/daemonset/probe", "k8s:node/n1", "k8s:node/n2", "k8s:default/pod/till"}
    assert {name for name in reached if not name.startswith("k8s:take over")} == expected


@pytest.mark.parametrize("between", [True, False])
def test_a_workload_that_can_break_out_is_on_the_nodes_of_its_pods(between: bool) -> None:
    def owned(kind: str, name: str, by: str, of: str, **spec: Any) -> dict[str, Any]:
        metadata = {"name": name, "namespace": "red", "ownerReferences": [{"kind": by, "name": of}]}
        return {"apiVersion": "v1" if kind == "Pod" else "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}

    probe = deployment("probe", "red", {})
    probe["spec"]["template"]["spec"] = {"containers": [{"name": "c", "securityContext": {"privileged": True}}]}
    by, of = ("ReplicaSet", "probe-1") if between else ("Deployment", "probe")
    pods = [owned("Pod", f"probe-1-{node}", by, of, nodeName=node) for node in ("n1", "n2")]
    files = [probe, *([owned("ReplicaSet", "probe-1", "Deployment", "probe")] if between else []), *pods]
    loaded = load([*files, _pod("till", nodeName="n2"), _pod("safe", nodeName="n3")])
    reached = _reached(loaded, Level.GRANTED, compromise=("k8s:red/deployment/probe",))
    expected = {"k8s:red/deployment/probe", "k8s:node/n1", "k8s:node/n2", "k8s:default/pod/till"}
    assert {name for name in reached if not name.startswith("k8s:take over")} == expected
    assert "any of which" not in str(loaded.notes)


@pytest.mark.parametrize(
    ("spec", "holds"),
    [
        ({}, True),
        ({"automountServiceAccountToken": False}, False),
        (
            {
                "automountServiceAccountToken": False,
                "volumes": [{"name": "t", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}],
            },
            True,
        ),
        (
            {
                "automountServiceAccountToken": False,
                "volumes": [{"name": "t", "projected": {"sources": [{"configMap": {"name": "c"}}]}}],
            },
            False,
        ),
    ],
)
def test_a_token_that_is_not_mounted_by_itself_may_be_mounted_by_name(spec: dict[str, Any], holds: bool) -> None:
    loaded = load([_pod("web", serviceAccountName="ci", **spec)])
    assert any(relation.targets == ("k8s:default/serviceaccount/ci",) for relation in loaded.relations) is holds


@pytest.mark.parametrize(
    ("resource", "verb", "everywhere", "opened"),
    [
        ("nodes/proxy", "get", True, True),
        ("nodes/proxy", "create", True, True),
        ("nodes/proxy", "delete", True, False),
        ("nodes/proxy", "get", False, False),
        ("nodes/stats", "get", True, False),
        ("*/exec", "create", True, True),
        ("*/scale", "patch", True, False),
    ],
)
def test_whoever_reaches_kubelets_runs_commands_in_pods(
    resource: str, verb: str, everywhere: bool, opened: bool
) -> None:
    rule = {"apiGroups": [""], "resources": [resource], "verbs": [verb]}
    kind = "ClusterRoleBinding" if everywhere else "RoleBinding"
    rbac = {"apiVersion": "rbac.authorization.k8s.io/v1"}
    loaded = load(
        [
            {**rbac, "kind": "ClusterRole", "metadata": {"name": "probe"}, "rules": [rule]},
            {
                **rbac,
                "kind": kind,
                "metadata": {"name": "probe"},
                "roleRef": {"kind": "ClusterRole", "name": "probe"},
                "subjects": [{"kind": "ServiceAccount", "name": "probe", "namespace": "default"}],
            },
            deployment("till", "default", {"app": "till"}),
        ]
    )
    reached = solve(
        Estate.build([loaded]), Scenario(leak=("k8s:default/serviceaccount/probe",), assume=Level.GRANTED)
    ).levels
    assert (Fact("k8s:default/deployment/till", Capability.CONTROL) in reached) is opened
