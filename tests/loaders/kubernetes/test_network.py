"""Network policies: what the loader makes of them against the API's words taken literally, pair by pair."""

from __future__ import annotations

import importlib
import json
import random
from ipaddress import ip_network
from typing import Any

import pytest

from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import NoteKind, Service, Verb
from blastradius.reading import parse_document
from tests.counts import few

LOADER: Loader = importlib.import_module("blastradius.loaders.kubernetes").LOADER
KEYS, VALUES, SPACES = ("app", "tier", "team"), ("a", "b", "c"), ("red", "green", "blue")
Manifest = dict[str, Any]


def load(resources: list[Manifest], **options: Any) -> Loaded:
    data = {"apiVersion": "v1", "kind": "List", "items": resources}
    return LOADER.load(parse_document(json.dumps(data), "k.json", ".json"), options)


def deployment(name: str, namespace: str, labels: dict[str, str], ports: list[Manifest] | None = None) -> Manifest:
    container = {"name": "c", "ports": ports or []}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"template": template},
    }


def policy(name: str, namespace: str, spec: Manifest) -> Manifest:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def namespace(name: str, **labels: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


# what a load says, as pairs


def direct(loaded: Loaded) -> set[tuple[str, str]]:
    """Pairs of workloads: in one flat zone, connected, or connected over one hub that stands for the network."""
    flat = {each.id for each in loaded.zones if each.flat}
    services = [entity for entity in loaded.entities if isinstance(entity, Service)]
    zone = {service.id: service.zone for service in services if service.zone in flat}
    workloads = {service.id for service in services if "/deployment/" in service.id}
    steps = {(one, other) for one in zone for other in zone if zone[one] == zone[other] and one != other}
    steps |= {
        (relation.sources[0], relation.targets[0]) for relation in loaded.relations if relation.verb == Verb.CONNECTS
    }
    hubs = {service.id for service in services} - workloads
    over = {(a, d) for a, b in steps if b in hubs for c, d in steps if c == b and a != d}
    return {pair for pair in steps | over if set(pair) <= workloads}


# the API's words, taken literally


def selects(selector: Manifest | None, labels: dict[str, str]) -> bool:
    for key, value in (selector or {}).get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for each in (selector or {}).get("matchExpressions", []):
        there, inside = each["key"] in labels, labels.get(each["key"]) in each.get("values", [])
        if each["operator"] == "In" and not inside:
            return False
        if each["operator"] == "NotIn" and there and inside:
            return False
        if each["operator"] == "Exists" and not there:
            return False
        if each["operator"] == "DoesNotExist" and there:
            return False
    return True


def is_peer(peer: Manifest, pod: Manifest, own: str, spaces: dict[str, dict[str, str]]) -> bool:
    if "ipBlock" in peer:
        return bool(peer["ipBlock"]["cidr"] == "0.0.0.0/0")
    where = pod["metadata"]["namespace"]
    if "namespaceSelector" in peer:
        known = {"kubernetes.io/metadata.name": where, **spaces[where]}
        if not selects(peer["namespaceSelector"], known):
            return False
    elif where != own:
        return False
    return selects(peer.get("podSelector"), pod["spec"]["template"]["metadata"]["labels"])


def ports_of(pod: Manifest) -> list[Manifest]:
    listed: list[Manifest] = pod["spec"]["template"]["spec"]["containers"][0]["ports"]
    anywhere = [{"containerPort": number, "protocol": each} for number in range(130) for each in ("TCP", "UDP")]
    return listed or anywhere


def on_port(rule: Manifest, port: Manifest) -> bool:
    if not rule.get("ports"):
        return True
    for each in rule["ports"]:
        if each.get("protocol", "TCP") != port.get("protocol", "TCP"):
            continue
        wanted = each.get("port")
        if wanted is None or wanted == port.get("name"):
            return True
        if isinstance(wanted, int) and wanted <= port["containerPort"] <= each.get("endPort", wanted):
            return True
    return False


def one_way(
    direction: str, word: str, pod: Manifest, other: Manifest, port: Manifest, policies: list[Manifest], spaces: Any
) -> bool:
    isolated = False
    for policy in policies:
        spec, own = policy["spec"], policy["metadata"]["namespace"]
        labels = pod["spec"]["template"]["metadata"]["labels"]
        if own != pod["metadata"]["namespace"] or not selects(spec.get("podSelector"), labels):
            continue
        types = spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
        if direction not in types:
            continue
        isolated = True
        for rule in spec.get(direction.lower(), []):
            peers = rule.get(word)
            if on_port(rule, port) and (not peers or any(is_peer(one, other, own, spaces) for one in peers)):
                return True
    return not isolated


def literal(resources: list[Manifest]) -> set[tuple[str, str]]:
    pods = [resource for resource in resources if resource["kind"] == "Deployment"]
    policies = [resource for resource in resources if resource["kind"] == "NetworkPolicy"]
    spaces = {
        resource["metadata"]["name"]: resource["metadata"]["labels"]
        for resource in resources
        if resource["kind"] == "Namespace"
    }
    found = set()
    for one in pods:
        for other in pods:
            if one is not other and any(
                one_way("Egress", "to", one, other, port, policies, spaces)
                and one_way("Ingress", "from", other, one, port, policies, spaces)
                for port in ports_of(other)
            ):
                found.add((name_of(one), name_of(other)))
    return found


def name_of(pod: Manifest) -> str:
    return f"k8s:{pod['metadata']['namespace']}/deployment/{pod['metadata']['name']}"


# random worlds


def random_selector(rng: random.Random, keys: tuple[str, ...] = KEYS) -> Manifest:
    made: Manifest = {}
    if rng.random() < 0.5:
        made["matchLabels"] = {rng.choice(keys): rng.choice(VALUES)}
    if rng.random() < 0.4:
        operator = rng.choice(["In", "NotIn", "Exists", "DoesNotExist"])
        expression: Manifest = {"key": rng.choice(keys), "operator": operator}
        if operator in ("In", "NotIn"):
            expression["values"] = rng.sample(VALUES, rng.randint(1, 2))
        made["matchExpressions"] = [expression]
    return made


def random_rule(rng: random.Random, word: str) -> Manifest:
    rule: Manifest = {}
    if rng.random() < 0.8:
        rule[word] = [random_peer(rng) for _ in range(rng.randint(1, 2))]
    if rng.random() < 0.4:
        rule["ports"] = [rng.choice(PORT_RULES) for _ in range(rng.randint(1, 2))]
    return rule


PORT_RULES: list[Manifest] = [
    {"port": 80}, {"port": "web"}, {"port": 53, "protocol": "UDP"}, {"protocol": "UDP"}, {},
    {"port": 50, "endPort": 90},
]  # fmt: skip
PORTS: list[Manifest] = [
    {"containerPort": 80, "name": "web"}, {"containerPort": 8080, "name": "web"}, {"containerPort": 60},
    {"containerPort": 53, "protocol": "UDP"},
]  # fmt: skip


def random_peer(rng: random.Random) -> Manifest:
    chance = rng.random()
    if chance < 0.1:
        return {"ipBlock": {"cidr": rng.choice(["0.0.0.0/0", "203.0.113.0/24"])}}
    peer: Manifest = {}
    if chance < 0.6:
        peer["podSelector"] = random_selector(rng)
    if chance > 0.4:
        peer["namespaceSelector"] = random_selector(rng, ("team", "kubernetes.io/metadata.name"))
    return peer


def random_cluster(rng: random.Random) -> list[Manifest]:
    resources = [namespace(space, **({"team": rng.choice(VALUES)} if rng.random() < 0.7 else {})) for space in SPACES]
    for number in range(rng.choice([4, 9, 30])):
        labels = {key: rng.choice(VALUES) for key in KEYS if rng.random() < 0.7}
        ports = rng.sample(PORTS, rng.randint(0, 2))
        resources.append(deployment(f"d{number}", rng.choice(SPACES), labels, ports))
    for number in range(rng.randint(0, 6)):
        spec: Manifest = {"podSelector": random_selector(rng)}
        types = rng.choice([None, ["Ingress"], ["Egress"], ["Ingress", "Egress"]])
        spec |= {"policyTypes": types} if types else {}
        spec |= {"ingress": [random_rule(rng, "from") for _ in range(rng.randint(0, 2))]} if rng.random() < 0.7 else {}
        spec |= {"egress": [random_rule(rng, "to") for _ in range(rng.randint(0, 2))]} if rng.random() < 0.7 else {}
        resources.append(policy(f"p{number}", rng.choice(SPACES), spec))
    rng.shuffle(resources)
    return resources


@pytest.mark.parametrize("seed", few(range(150), 30))
def test_exactly_the_pairs_that_the_api_allows(seed: int) -> None:
    resources = random_cluster(random.Random(seed))
    loaded = load(resources)
    assert direct(loaded) == literal(resources)
    assert direct(load(resources[::-1])) == direct(loaded)


def test_random_worlds_have_hubs_and_zones_and_pairs() -> None:
    """The generator is no test if nothing happens in its worlds."""
    seen: set[str] = set()
    for seed in range(100):
        loaded = load(random_cluster(random.Random(seed)))
        seen |= {"zone" for zone in loaded.zones if zone.flat and zone.id != "k8s"}
        seen |= {"hub" for entity in loaded.entities if "network open by" in entity.id}
        seen |= {"pair" for relation in loaded.relations if relation.verb == Verb.CONNECTS}
    assert seen == {"zone", "hub", "pair"}


# by hand

A, B = deployment("a", "red", {"app": "a"}), deployment("b", "green", {"app": "b"})
A_TO_B = ("k8s:red/deployment/a", "k8s:green/deployment/b")


def test_without_policies_the_whole_cluster_is_one_flat_zone() -> None:
    loaded = load([A, B])
    assert [(zone.id, zone.flat) for zone in loaded.zones] == [("k8s", True)]
    assert not loaded.relations


def test_a_policy_isolates_only_where_it_says() -> None:
    spec = {"podSelector": {}, "policyTypes": ["Ingress"]}
    assert direct(load([A, B, policy("p", "green", spec)])) == {A_TO_B[::-1]}


def test_egress_alone_without_types_isolates_both_ways() -> None:
    spec: Manifest = {"podSelector": {}, "egress": [{}]}
    assert direct(load([A, B, policy("p", "green", spec)])) == {A_TO_B[::-1]}


def test_an_empty_list_of_egress_without_types_isolates_ingress_only() -> None:
    assert direct(load([A, B, policy("p", "green", {"podSelector": {}, "egress": []})])) == {A_TO_B[::-1]}


def test_namespaces_whose_labels_are_not_known_may_be_meant() -> None:
    peer = {"namespaceSelector": {"matchLabels": {"team": "x"}}}
    rules = {"podSelector": {}, "ingress": [{"from": [peer]}]}
    let_in = load([A, B, policy("p", "green", rules)])
    assert A_TO_B in direct(let_in)
    assert any(note.kind == NoteKind.UNRESOLVED and "'red'" in note.message for note in let_in.notes)
    assert A_TO_B not in direct(load([A, B, policy("p", "green", rules), namespace("red", team="y")]))


def test_the_name_of_a_namespace_is_always_known() -> None:
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "blue"}}}
    loaded = load([A, B, policy("p", "green", {"podSelector": {}, "ingress": [{"from": [peer]}]})])
    assert A_TO_B not in direct(loaded)
    assert not any(note.kind == NoteKind.UNRESOLVED for note in loaded.notes)


@pytest.mark.parametrize(
    ("block", "pods", "let_in"),
    [
        ({"cidr": "0.0.0.0/0"}, None, True),
        ({"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}, None, True),
        ({"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}, "10.0.0.0/8", False),
        ({"cidr": "0.0.0.0/0", "except": ["10.0.0.0/9", "10.128.0.0/9"]}, "10.0.0.0/8", False),
        ({"cidr": "0.0.0.0/0", "except": ["10.0.0.0/9", "10.0.0.0/9"]}, "10.0.0.0/8", True),
        ({"cidr": "203.0.113.0/24"}, None, False),
        ({"cidr": "10.2.0.0/16"}, None, True),
        ({"cidr": "10.2.0.0/16"}, "10.1.0.0/16", False),
        ({"cidr": "::/0"}, "10.1.0.0/16", False),
        ({"cidr": "2001:db8::/32"}, "2001:db8::/64", True),
    ],
)
def test_blocks_of_addresses_may_be_pods(block: Manifest, pods: str | None, let_in: bool) -> None:
    spec = {"podSelector": {}, "ingress": [{"from": [{"ipBlock": block}]}]}
    options = {"pod_addresses": pods} if pods else {}
    assert (A_TO_B in direct(load([A, B, policy("p", "green", spec)], **options))) == let_in
    assert ip_network(block["cidr"])


def test_a_service_says_where_its_workloads_listen() -> None:
    quiet = deployment("b", "green", {"app": "b"}, [{"containerPort": 9000}])
    spec = {"podSelector": {}, "ingress": [{"ports": [{"port": 80}]}]}
    assert A_TO_B not in direct(load([A, quiet, policy("p", "green", spec)]))
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "b", "namespace": "green"},
        "spec": {"selector": {"app": "b"}, "ports": [{"port": 8080, "targetPort": 80}]},
    }
    assert A_TO_B in direct(load([A, quiet, service, policy("p", "green", spec)]))


def test_pods_on_the_network_of_their_host_are_not_bound() -> None:
    on_host = json.loads(json.dumps(B))
    on_host["spec"]["template"]["spec"]["hostNetwork"] = True
    loaded = load([A, on_host, policy("p", "green", {"podSelector": {}})])
    assert A_TO_B in direct(loaded)
    assert any("network of its host" in note.message for note in loaded.notes)


def test_who_may_connect_to_pods_only_has_an_egress_filter() -> None:
    pods = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": [{"podSelector": {}}]}]}
    dns = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"ports": [{"port": 53}]}]}
    for spec, filtered in ((pods, ["k8s:green/deployment/b"]), (dns, [])):
        loaded = load([A, B, policy("p", "green", spec)])
        assert [entity.id for entity in loaded.entities if entity.controls] == filtered


@pytest.mark.parametrize(
    "spec",
    [
        None,
        {"podSelector": {"matchLabels": []}},
        {"podSelector": {"matchLabels": {"app": 1}}},
        {"podSelector": {"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1"]}]}},
        {"podSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}},
        {"podSelector": {}, "policyTypes": ["Inward"]},
        {"podSelector": {}, "ingress": {}},
        {"podSelector": {}, "ingress": [{"from": [{}]}]},
        {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "all"}}]}]},
        {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]}]},
        {"podSelector": {}, "ingress": [{"ports": [{"port": 80, "endPort": 70}]}]},
    ],
)
def test_what_the_api_server_would_refuse_is_not_in_force(spec: Any) -> None:
    loaded = load([A, B, policy("p", "green", spec)])
    assert A_TO_B in direct(loaded)
    assert loaded.tally.rejected == 1
    assert any("taken as not in force" in note.message for note in loaded.notes)


def test_a_policy_of_another_kind_is_counted_and_said() -> None:
    other = {**policy("p", "green", {}), "apiVersion": "projectcalico.org/v3"}
    loaded = load([A, B, other])
    assert loaded.tally.ignored == 1
    assert any("may leave less reach" in note.message for note in loaded.notes)


def test_it_does_not_grow_with_the_square() -> None:
    """A namespace closed to others, and apps that let in few: relations stay in step with workloads."""
    spaces = [f"n{each}" for each in range(30)]
    resources = [deployment(f"d{each}", each_space, {"app": f"a{each}"}) for each in range(50) for each_space in spaces]
    own: Manifest = {"podSelector": {}, "ingress": [{"from": [{"podSelector": {}}]}]}
    resources += [policy("own", each, own) for each in spaces[:20]]
    for number in range(25):
        peer = {"podSelector": {"matchLabels": {"app": f"a{number + 1}"}}}
        spec = {"podSelector": {"matchLabels": {"app": f"a{number}"}}, "ingress": [{"from": [peer]}]}
        resources += [policy(f"app{number}", space, spec) for space in spaces[20:]]
    loaded = load(resources)
    assert sum(relation.verb == Verb.CONNECTS for relation in loaded.relations) < 3 * 1500
    flat = [zone for zone in loaded.zones if zone.flat]
    assert len(flat) == 21
