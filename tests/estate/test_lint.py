"""What is loose in an inventory, or can never hold: one finding each, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.loading import survey
from blastradius.model import (
    Capability,
    Control,
    ControlKind,
    Credential,
    Expectation,
    Kept,
    Kind,
    Operation,
    Provenance,
    Relation,
    Scenario,
    Service,
    Verb,
)
from tests.engine.short import estate as short

HEAD = "blastradius: 1\nas_of: 2026-06-01\n"
ODD = {
    "parties: {p: {publishes: [f, g]}}\nfeeds: {f: {}, g: {}}\n"
    "services:\n  s: {consumes: [{of: [f, g], vote_min: 5}]}\n": (
        "6:18: vote_min 5 of 2 feeds can never be met; name more feeds, or ask for fewer"
    ),
    "services:\n  a: {depends_on: [{of: b, dependency: none, capacity_loss: true}]}\n  b: {}\n": (
        "4:20: capacity_loss says nothing where the dependency is 'none'; leave one of them out"
    ),
    "stores:\n  d: {copy_of: d}\n": "4:3: 'd' is a copy of itself (d > d); name the original",
    "stores:\n  a: {copy_of: b}\n  b: {copy_of: a}\n": "4:3: 'a' is a copy of itself (a > b > a); name the original",
    "stores:\n  d: {copy_of: s}\nservices: {s: {}}\n": "4:3: 'd' is a copy of 's', which is a service; "
    "copy_of goes to a store",
}
SAID = {
    "operations: {o: {reads: [{to: d, dependency: hard, obeys: true}]}}\nstores: {d: {}}\n": [
        "3:26: dependency says nothing of what an operation reads; say it of the service that calls it",
        "3:26: obeys says nothing of what an operation reads; say it of the service that calls it",
    ],
    "services: {s: {reads: [{to: d, extent: subset}]}}\nstores: {d: {}}\n": [
        "3:24: extent says nothing of what a service reads itself, it has the right to all of it; say it of the "
        "operation through which others get their own rows",
    ],
    "services: {a: {depends_on: [{to: b, dependency: none, buffer_h: 2}]}, b: {}}\n": [
        "3:29: buffer_h says nothing where the dependency is 'none'; leave one of them out",
    ],
    "services: {a: {calls: [{to: o, on_missing: default, dependency: hard}], serves: [o]}}\noperations: {o: {}}\n": [
        "3:24: dependency says nothing where it goes on with a default; leave one of them out",
    ],
    "services: {a: {parts: complete}}\n": [
        "3:12: 'a' says that its parts are complete, and none is declared; declare them",
    ],
    "services: {a: {controls: [{kind: hardened, phishable: true, slower: true, fails: closed}]}}\n": [
        "3:12: phishable says nothing of the control 'hardened'; it belongs on mfa",
        "3:12: slower says nothing of the control 'hardened'; it belongs on a fallback",
        "3:12: fails says nothing of the control 'hardened' that nobody provides; say with provided_by what runs it",
    ],
    "services: {a: {part_of: b}, b: {part_of: a}}\n": [
        "3:12: 'a' is a part of itself (a > b > a); name the whole",
        "3:29: 'b' is a part of itself (b > a > b); name the whole",
    ],
    "services: {a: {part_of: [c, b]}, b: {part_of: a}, c: {part_of: a}}\n": [
        "3:12: 'a' is a part of itself (a > b > a); name the whole",
        "3:34: 'b' is a part of itself (b > a > b); name the whole",
        "3:51: 'c' is a part of itself (c > a > c); name the whole",
    ],
    "zones: {office: {}}\nservices: {a: {zone: offce}}\n": [
        "4:12: 'a' lies in the zone 'offce', which is not declared; did you mean 'office'?",
    ],
    "services: {a: {zone: office}}\n": [
        "3:12: 'a' lies in the zone 'office', which is not declared; say under `zones` whether it is flat",
    ],
    "parties: {x: {publishes: f}}\nfeeds: {f: {}}\nprocesses: {p: {depends_on: f}}\n": [
        "5:17: 'p' depends on 'f' and takes no data from it, so it is never wrong where that is; if it goes by its "
        "data, say `consumes`",
    ],
    "parties: {x: {publishes: f}}\nfeeds: {f: {}}\n"
    "services: {all: {installs: f}, eu: {part_of: all}, us: {part_of: all}}\n": [
        "5:18: 'all' takes in 'f', and its parts (eu, us) do not say whether they do; say it of the parts that do",
    ],
    "parties: {x: {holds: k}}\ncredentials: {k: {dormant: true, grants: o}}\noperations: {o: {reads: d}}\n"
    "stores: {d: {}}\n": ["4:15: 'k' is dormant, and works still; revoke it, or say that it is in use"],
    "services: {s: {serves: o}, t: {serves: p}}\noperations:\n  o: {direction: exposed, anonymous: true}\n"
    "  p: {direction: exposed, anonymous: true}\n": [
        "3:12: strangers can call 's', 't', and nobody said whether that is hardened or sandboxed; say so, if need be "
        "with `status: absent`, or whoever assumes a takeover has it fall by silence",
    ],
    "stores: {d: {}}\nexpect:\n  - {name: x, breach: d, reached: {d: possess}, not_reached: {d: [use, read_subset]}}\n"
    "  - {name: y, breach: d, reached: {d: read}, not_reached: {d: write}}\n": [
        "5:5: 'x': possess of 'd' can never hold, it is said of no store; choose of control, degrade, deny, read, "
        "read_subset, taint, write",
        "5:5: 'x': use of 'd' can never fail, it is said of no store; choose of control, degrade, deny, read, "
        "read_subset, taint, write",
        "5:5: 'x': read_subset of 'd' can never hold, it starts there; ask for what follows from it",
        "6:5: 'y': read of 'd' can never fail, it starts there; ask for what follows from it",
    ],
    "scopes: {c: {}}\nexpect:\n  - {name: x, use: c, reached: {c: use}}\n": [
        "5:5: 'x': use of 'c' can never fail, it starts there; ask for what follows from it",
    ],
}
SAID |= {
    "operations: {o: {reads: [{to: d, dependency: hard}]}}\nstores: {d: {}}\n": [
        "3:26: dependency says nothing of what an operation reads; say it of the service that calls it",
    ],
    "services: {a: {name: X}, b: {name: X}, c: {name: X}}\n": [
        "3:40: 3 things are called 'X': the service 'a', the service 'b' and the service 'c'; name them apart, "
        "or join them if they are one",
    ],
    "parties: {x: {role: self}}\nexpect:\n"
    "  - {name: r, compromise: {role: provider}, not_reached: {x: control}}\n"
    "  - {name: q, compromise: x, out_of_reach: {kind: store, capability: read}}\n": [
        "5:5: 'r': there is nothing with the role 'provider', so the rule is about nobody; correct it, or take it out",
        "6:5: 'q': nothing fits what is to be kept out of reach, so the rule says nothing; correct it, or take it out",
    ],
    "credentials: {k: {grants: o}}\noperations: {o: {reads: d}}\nstores: {d: {}}\n"
    "parties: {x: {holds: k, contract_end: 2026-05-31}, y: {holds: k, contract_end: 2026-06-01}}\n"
    "expect: [{name: e, leak: k, reached: {k: possess}, not_reached: {k: deny}}]\n": [
        "6:11: the relationship with 'x' ended on 2026-05-31, but it still holds 'k'; revoke the credential or correct "
        "the date",
        "7:10: 'e': possess of 'k' can never fail, it starts there; ask for what follows from it",
    ],
    "operations: {o: {reads: [{to: d, on_bad: drop}, {to: e, buffer_h: 1}]}}\nstores: {d: {}, e: {}}\n": [
        "3:26: on_bad says nothing of what an operation reads; say it of the service that calls it",
        "3:49: buffer_h says nothing of what an operation reads; say it of the service that calls it",
    ],
    "parties: {p: {publishes: f}}\nfeeds: {f: {}}\nservices: {s: {consumes: [{of: f, vote_min: 2}]}}\n": [
        "5:27: vote_min 2 of 1 feed can never be met; name more feeds, or ask for fewer",
    ],
}
FINE: tuple[str, ...] = (
    "services: {s: {depends_on: f}, t: {zone: z}}\nfeeds: {f: {}}\nparties: {p: {publishes: f}}\n"
    "zones: {z: {}}\nexpect: [{name: e, outage: z, reached: {s: deny}}]\n",
    "parties: {p: {publishes: [f, g]}}\nfeeds: {f: {}, g: {}}\n"
    "services: {s: {consumes: [{of: [f, g], vote_min: 2}]}}\n",
    "services: {a: {depends_on: [{of: b, dependency: soft, capacity_loss: true}]}, b: {}}\n",
    "stores: {a: {copy_of: b}, b: {copy_of: c}, c: {}}\n",
    "operations: {o: {reads: [d]}}\nstores: {d: {}}\nparties: {p: {holds: [k, l]}}\n"
    "credentials:\n  k: {grants: [o], expires: 2026-06-01}\n"
    "  l: {grants: [o], expires: 2026-05-31, controls: [expired]}\n",
    "services: {s: {reads: [{to: d, dependency: hard, obeys: true}]}}\nstores: {d: {}}\n",
    "services: {s: {serves: o, controls: [{kind: hardened, status: absent}]}}\n"
    "operations: {o: {direction: exposed, anonymous: true}}\n",
    "parties: {x: {publishes: f}}\nfeeds: {f: {}}\nservices: {s: {consumes: f, informs: p}}\n"
    "processes: {p: {depends_on: f}}\n",
    "parties: {x: {publishes: f}}\nfeeds: {f: {}}\n"
    "services: {all: {installs: f}, eu: {part_of: all, installs: f}, us: {part_of: all}}\n",
    "operations: {o: {issues: k}, p: {connects: s}}\ncredentials: {k: {grants: p, dormant: true, controls: revoked}}\n"
    "services: {s: {}}\n",
    "services: {s: {calls: [{to: o, with: k, needs: l}], holds: l, serves: o}}\noperations: {o: {}}\n"
    "credentials: {k: {grants: o}, l: {}}\n",
    "stores: {d: {}}\nfeeds: {}\nexpect: [{name: x, poison: d, reached: {d: deny}, not_reached: {d: control}}]\n",
)


def said(text: str, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    file = tmp_path_factory.mktemp("estate") / "e.yaml"
    file.write_text(HEAD + text)
    estate: Estate = survey([file]).estate()
    return [f"{note.provenance[0].line}:{note.provenance[0].column}: {note.message}" for note in estate.findings()]


@pytest.mark.parametrize(("text", "finding"), ODD.items())
def test_what_can_never_hold_is_a_finding(text: str, finding: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert said(text, tmp_path_factory)[0] == finding


@pytest.mark.parametrize(("text", "wanted"), SAID.items())
def test_what_changes_nothing_is_a_finding(
    text: str, wanted: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert said(text, tmp_path_factory) == wanted


@pytest.mark.parametrize("text", FINE)
def test_what_can_hold_is_none(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert said(text, tmp_path_factory) == []


def test_what_is_stated_to_be_unknown_is_no_oversight() -> None:
    def loose(**stated: object) -> list[str]:
        built = short("grants:k>o", "owns:p>k", entities={"o": stated})
        return [note.message for note in built.findings() if "'o'" in note.message]

    assert len(loose()) == 1
    assert loose(unknown=("reads",)) == []


def test_one_service_that_two_files_give_to_two_firms_is_said(tmp_path: Path) -> None:
    def findings(*texts: str) -> list[str]:
        for file in tmp_path.iterdir():
            file.unlink()
        for number, text in enumerate(texts):
            (tmp_path / f"{number}.yaml").write_text(HEAD + text)
        return [note.message for note in survey([tmp_path]).estate().findings()]

    service = "services: {crm: {}}\n"
    assert findings(service + "parties: {a: {owns: crm}}\n", "parties: {b: {owns: crm}}\n") == [
        "service 'crm' is run by 'a' (0.yaml:4) and 'b' (1.yaml:3), so each has what the other's opens; if these are "
        "two, give them different names in those files"
    ]
    assert not findings(service + "parties: {a: {owns: crm}, b: {owns: crm}}\n")
    assert not findings(service + "parties: {a: {owns: crm}}\n", "parties: {us: {role: self, owns: crm}}\n")


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        (
            {"kind": "hardened", "phishable": True},
            "phishable says nothing of the control 'hardened'; it belongs on mfa",
        ),
        (
            {"kind": "hardened", "slower": True},
            "slower says nothing of the control 'hardened'; it belongs on a fallback",
        ),
        (
            {"kind": "hardened", "starts_after_h": 0.5},
            "starts_after_h says nothing of the control 'hardened'; it belongs on a fallback",
        ),
        (
            {"kind": "hardened", "misled": True},
            "misled says nothing of the control 'hardened' that nobody provides; say with provided_by what runs it",
        ),
        ({"kind": "hardened", "misled": True, "fails": "closed", "provided_by": "s2"}, None),
        ({"kind": "hardened", "provided_by": "s2"}, None),
        ({"kind": "hardened", "starts_after_h": 0}, None),
    ],
)
@pytest.mark.parametrize("host", ["s", "serves:s>o"])
def test_what_says_nothing_of_a_control_is_a_finding(host: str, stated: dict[str, object], says: str | None) -> None:
    """Of it alone, whatever else stands beside it."""
    beside = Control(kind=ControlKind.SANDBOXED, provided_by="s2")
    built = short("serves:s>o", "owns:p>s2", controls={host: (Control.model_validate(stated), beside)})
    assert [(note.message, note.about) for note in built.findings()] == ([(says, (host,))] if says else [])


def test_a_word_that_no_rule_reads_there_is_a_finding() -> None:
    messages = [note.message for note in short("serves:s>o", "calls:s2>o extent=subset").findings()]
    assert messages == ["extent says nothing on calls; it belongs on reads, writes"]


def test_a_finding_is_at_the_first_place_of_what_it_is_about() -> None:
    places = tuple(Provenance(source="test", file=name, line=1) for name in ("a", "b"))
    rule = Expectation(
        name="e", scenario=Scenario(), kept=(Kept(capability=(Capability.READ,), kind=Kind.STORE),), provenance=places
    )
    key = Credential(id="k", provenance=places)
    served = Relation(verb=Verb.SERVES, sources=("s",), targets=("o",))
    opened = Operation(id="o", anonymous=True, direction="exposed")
    things = (key, Service(id="s", provenance=places), opened)
    built = Estate.build([Loaded(entities=things, relations=(served,), expectations=(rule,))])
    assert {note.provenance for note in built.findings()} == {places[:1]}
    assert len(built.findings()) == 4
