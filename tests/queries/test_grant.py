"""The question ``grant``: a grant before it is granted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import blastradius as br
from blastradius.api import ask
from blastradius.cli import main
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Control, ControlKind, Credential, Party, Relation, Verb
from blastradius.plugins import query
from tests.engine.test_rules_needed import estate
from tests.queries.degenerate import ESTATES
from tests.queries.written import written


def test_it_says_what_a_grant_adds_and_breaks(retailer: Estate) -> None:
    grants = ("orders:customers.read", "segments.read")
    found: Any = br.grant(retailer, holder="acme", key="acme_token", grant=grants).data
    assert ("customer_db", "read", "granted", None, True) in {
        (row.entity, row.capability, row.level, row.before, row.crown_jewel) for row in found.added
    }
    assert {part.grant: part.crown_jewels for part in found.parts} == {
        "orders:customers.read": ("customer_db",),
        "segments.read": (),
    }
    assert {(row.entity, row.capability) for row in found.broken} == {("customer_db", "read")}
    nothing: Any = br.grant(retailer, holder="acme", key="acme_token", grant="orders:orders.read").data
    assert (nothing.added, nothing.broken) == ((), ())


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        ({"holder": "nobody", "grant": "c"}, "holder: 'nobody' is not in the estate"),
        ({"holder": "p", "grant": "x"}, "grant: 'x' is not in the estate"),
        ({"holder": "p", "grant": "k"}, "grant: 'k' is a credential; expected a scope or an operation"),
        ({"holder": "p", "grant": "c", "key": "c"}, "key: 'c' is a scope; expected a credential"),
        ({"holder": "p", "grant": ()}, "name it with grant=, or what has to be called with needs="),
        ({"grant": "c"}, "to one holder; name it with holder=, or with new_partner="),
        ({"holder": "p", "new_partner": "q", "grant": "c"}, "to one holder"),
        ({"holder": "newco", "grant": "c"}, "holder: 'newco' is not in .*; name a partner .* yet with new_partner="),
        ({"new_partner": "p", "grant": "c"}, "new partner: 'p' is in the estate already; name it with holder="),
        ({"new_partner": "", "grant": "c"}, "new partner: an id has 1 to 500 characters"),
        ({"holder": "p", "needs": "c"}, "needs: 'c' is a scope; .*operation"),
    ],
)
def test_a_grant_of_what_is_not_there(stated: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        br.grant(estate("holds:p>k", "grants:k>c"), **stated)


def test_degenerate_estates() -> None:
    itself: Any = br.grant(estate("holds:s>k", "grants:k>o", "serves:s>o"), holder="s", grant="o").data
    assert itself.added == ()
    new: Any = br.grant(ESTATES["without a relation"], holder="p", grant="c").data
    assert [(row.entity, row.capability, row.before) for row in new.added] == [("c", "use", None)]
    assert (new.key, new.broken) == ("proposed key", ())


@pytest.mark.parametrize(
    ("relations", "host", "kind"),
    [
        (("grants:k>c", "holds:p>k"), "grants:k>c", ControlKind.REVOKED),
        (("grants:k>c", "holds:p>k"), "holds:p>k", ControlKind.NON_EXPORTABLE),
    ],
)
def test_what_is_granted_already_is_not_proposed_again(
    relations: tuple[str, ...], host: str, kind: ControlKind
) -> None:
    """Or it would be granted once more without the controls that stand on it."""
    built = estate(*relations, controls={host: Control(kind=kind)})
    found: Any = br.grant(built, holder="p", key="k", grant="c").data
    assert (found.added, found.checked) == ((), True)


GATED = """\
parties: {near: {holds: k}, us: {role: self}}
credentials: {k: {}}
scopes: {c: {permits: [o, o2]}, c2: {permits: o3}}
operations: {o: {reads: {to: d, extent: subset}}, o2: {reads: jewel}, o3: {api: x, direction: exposed}}
stores: {d: {}, jewel: {crown_jewel: true}}
"""
RULE = "expect: [{name: rule, compromise: {role: partner}, not_reached: {d: read}}]"


@pytest.mark.parametrize(
    ("grant", "fail_on", "fails"),
    [
        ("c", "jewel", True),
        ("c", "never", False),
        ("o", "jewel", False),
        ("o", "new", True),
        ("o", "granted", True),
        ("o", "lateral", True),
        ("c2", "jewel", False),
        ("c2", "new", True),
    ],
)
def test_it_refuses_what_it_is_told_to(grant: str, fail_on: str, fails: bool) -> None:
    for who in ({"holder": "near"}, {"new_partner": "new"}):
        stated: dict[str, Any] = {"grant": grant, "fail_on": fail_on, **who}
        answer = br.grant(written(GATED), **stated).answer
        data: Any = answer.data
        assert (answer.findings, data.fails, bool(data.because)) == (fails,) * 3


def test_a_grant_may_bring_nearer_what_is_in_reach_already() -> None:
    behind = "services: {s: {serves: o3, reads: d}}\n"
    held = written(GATED.replace("k: {}", "k: {grants: o3}") + behind)
    data: Any = br.grant(held, holder="near", key="k", grant="o", fail_on="granted").data
    found = {(row.capability, row.level, row.before) for row in data.added if row.entity == "d"}
    assert found == {("read_subset", "granted", "takeover"), ("read", "abused", "takeover")}
    assert data.fails


def test_what_comes_at_a_higher_level_passes_where_a_lower_one_is_asked() -> None:
    behind = "services: {s: {serves: o3, reads: d}}\n"
    inside = written(GATED.replace("k: {}", "k: {grants: c2}") + behind)
    answer = br.grant(inside, holder="near", key="k", grant="o3", fail_on="new").answer
    assert not answer.findings
    joined = written(GATED + behind.replace("reads: d", "reads: jewel"))
    assert br.grant(joined, holder="near", grant="c2", fail_on="jewel").answer.findings
    assert not br.grant(joined, holder="near", grant="c2", fail_on="jewel", assume="abused").answer.findings


def test_a_rule_for_all_refuses_for_a_partner_of_tomorrow() -> None:
    answer = br.grant(written(GATED + RULE), new_partner="new", grant="o").answer
    data: Any = answer.data
    assert answer.findings
    assert [(row.expectation, row.start, row.entity) for row in data.broken] == [("rule", "new", "d")]
    assert data.because == ("1 expectation of the estate would break",)
    assert not br.grant(written(GATED + RULE), new_partner="new", grant="o", fail_on="never").answer.findings


def test_an_estate_without_crown_jewels_or_expectations_says_so() -> None:
    bare = br.grant(written(GATED.replace("{crown_jewel: true}", "{}")), holder="near", grant="c").answer
    assert not bare.findings
    assert any(line.startswith("no crown jewel is marked, so none") for line in bare.lines)
    assert any("so no expectation can break" in line for line in bare.lines)
    marked = br.grant(written(GATED + RULE), holder="near", grant="c").answer
    assert not any("no crown jewel" in line or "no expectation" in line for line in marked.lines)


def test_silence_about_what_is_granted_is_no_safety() -> None:
    answer = br.grant(written(GATED), holder="near", grant="c2").answer
    assert any(line.startswith("nothing is said about: o3: what it touches") for line in answer.lines)


def test_a_grant_that_nothing_can_serve_is_a_finding() -> None:
    spent = GATED.replace("o3: {", "o3: {controls: [revoked], ")
    answer = br.grant(written(spent), holder="near", needs="o3").answer
    assert (answer.findings, answer.headline) == (True, "no grant to this key lets near call o3")


def test_smaller_grants_say_what_they_add_and_save() -> None:
    answer = br.grant(written(GATED), holder="near", grant="c", needs="o").answer
    data: Any = answer.data
    rows = {
        tuple(f"{m.kind} {m.name}" for m in r.means): (r.entities, r.crown_jewels, r.saves, r.saves_crown_jewels)
        for r in data.smaller
    }
    assert rows == {
        ("operation o",): (1, (), 2, ("jewel",)),
        ("own rows o",): (1, (), 2, ("jewel",)),
        ("scope c",): (3, ("jewel",), 0, ()),
    }
    (operation, own, _) = data.smaller
    assert [(row.capability, row.level) for row in operation.added if row.entity == "d"] == [
        ("read_subset", "granted"),
        ("read", "abused"),
    ]
    assert [(row.capability, row.level) for row in own.added] == [("read_subset", "granted")]
    alone: Any = br.grant(written(GATED), holder="near", needs=("o", "o2")).data
    assert {row.saves for row in alone.smaller} == {None}


def test_what_can_be_called_already_needs_no_grant() -> None:
    held = GATED.replace("k: {}", "k: {grants: c}")
    answer = br.grant(written(held), holder="near", needs="o").answer
    assert answer.headline == "near can call o already; nothing has to be granted"
    assert not answer.findings


def test_its_former_name_works_still(northwind: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [str(northwind), "--holder", "acme", "--grant", "segments.read"]
    printed = [(main([name, *words]), capsys.readouterr().out) for name in ("grant", "review")]
    assert printed[0] == printed[1]
    by_names = [ask(name, written(GATED), holder="near", grant="c").answer.data for name in ("grant", "review")]
    assert by_names[0] == by_names[1]


def proposed(text: str, tmp_path: Path) -> str:
    """A file that states a fragment."""
    (tmp_path / "proposal.yaml").write_text(f"blastradius: 1\n{text}")
    return str(tmp_path / "proposal.yaml")


def unplaced(value: Any) -> Any:
    """Data without where it was read, which only a file can say."""
    if isinstance(value, dict):
        return {name: unplaced(part) for name, part in value.items() if name not in ("places", "provenance")}
    return [unplaced(part) for part in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize(
    ("flags", "fragment"),
    [
        ({"holder": "near", "key": "k", "grant": "c"}, "credentials: {k: {grants: [c]}}"),
        (
            {"new_partner": "new", "key": "k", "grant": "c2"},
            "parties: {new: {holds: k}}\ncredentials: {k: {grants: [c2]}}",
        ),
        (
            {"holder": "near", "grant": ("c", "c2")},
            "parties: {near: {holds: proposed key}}\ncredentials: {proposed key: {grants: [c, c2]}}",
        ),
        (
            {"new_partner": "new", "grant": "o"},
            "parties: {new: {holds: proposed key}}\ncredentials: {proposed key: {grants: [o]}}",
        ),
    ],
)
def test_flags_and_the_fragment_that_says_the_same_have_one_answer(
    flags: dict[str, Any], fragment: str, tmp_path: Path
) -> None:
    built = written(GATED + RULE)
    by_flags, by_file = (
        br.grant(built, **flags, needs="o"),
        br.grant(built, proposal=proposed(fragment, tmp_path), needs="o"),
    )
    assert unplaced(by_flags.data.model_dump()) == unplaced(by_file.data.model_dump())
    assert [it.id for it in by_flags.answer.tables] == [it.id for it in by_file.answer.tables]
    assert by_flags.answer.findings is by_file.answer.findings


def test_a_fragment_may_say_more_than_flags(tmp_path: Path) -> None:
    """The key that it states is spent, so nothing is added; the owner of a key that a service holds has it."""
    spent = "parties: {new: {holds: n}}\ncredentials: {n: {controls: [revoked], grants: [c]}}"
    data: Any = br.grant(written(GATED), proposal=proposed(spent, tmp_path)).data
    assert (data.added, data.is_new, data.key) == ((), True, "n")
    owned = written(GATED.replace("near: {holds: k}", "near: {owns: s}") + "services: {s: {holds: k}}\n")
    data = br.grant(owned, proposal=proposed("credentials: {k: {grants: [c]}}", tmp_path)).data
    assert (data.holder, data.crown_jewels) == ("near", ("jewel",))


@pytest.mark.parametrize(
    ("fragment", "says"),
    [
        ("parties: {near: {holds: k}}", "nothing that the estate has not; say who is to hold, grant or serve what"),
        ("stores: {jewel: {crown_jewel: false}}\ncredentials: {k: {grants: [c]}}", "crown_jewel of 'jewel' is stated"),
        ("stores: {d: {crown_jewel: true}}\ncredentials: {k: {grants: [c]}}", "crown_jewel of 'd' is stated otherwise"),
        ("services: {k: {reads: d}}", "'k' is of another kind in the estate"),
        ("credentials: {k: {grants: [nowhere]}}", "proposal: .*nowhere"),
        ("services: {s: {reads: nowhere}}", "proposal: .*nowhere"),
    ],
)
def test_a_fragment_that_is_no_proposal_says_so(fragment: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=says):
        br.grant(written(GATED), proposal=proposed(fragment, tmp_path))


NEWCO = """\
parties: {new: {holds: [n1, n2], owns: app, publishes: rates}}
credentials: {n1: {grants: [c]}, n2: {grants: [o3]}}
services: {app: {calls: [{to: o, with: n1}]}, desk: {owner: near, consumes: rates, writes: d}}
feeds: {rates: {}}
"""


def test_two_things_of_one_id_that_python_proposes_are_refused() -> None:
    alike = Loaded(
        entities=(Party(id="new"), Credential(id="new")),
        relations=(Relation(verb=Verb.HOLDS, sources=("new",), targets=("new",)),),
    )
    grant = query("grant")
    with pytest.raises(UsageError, match="proposal: 'new' is a credential; holds goes here to party, service"):
        grant.run(written(GATED), grant.params(proposal=alike))


def test_a_proposal_may_be_anything_that_adds(tmp_path: Path) -> None:
    """Two keys, a feed of theirs that a new service of ours swallows, and what they call, which is the need."""
    answer = br.grant(written(GATED), proposal=proposed(NEWCO, tmp_path)).answer
    data: Any = answer.data
    rows = {(row.entity, row.capability): (row.level, row.starts) for row in data.added}
    assert rows["jewel", "read"] == ("granted", ("new",))
    assert rows["d", "taint"] == ("granted", ("new",))
    assert not {"app", "rates", "n1", "new"} & {entity for entity, _ in rows}
    assert {(part.key, part.grant): part.crown_jewels for part in data.parts} == {
        ("n1", "c"): ("jewel",),
        ("n2", "o3"): (),
    }
    assert (answer.findings, data.holder, data.key, data.needs) == (True, "new", "n1", ("o",))
    least = data.smaller[0]
    assert (least.key, [means.name for means in least.means], least.saves_crown_jewels) == ("n1", ["o"], ("jewel",))
    assert answer.headline.startswith("what is proposed would let a compromise of new reach, or reach further into, ")
    assert answer.tables[0].id == "proposed"


def test_another_estate_proposes_what_it_has_and_this_one_has_not(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "all.yaml").write_text(f"blastradius: 1\n{GATED}")
    (tmp_path / "other" / "new.yaml").write_text(f"blastradius: 1\n{NEWCO}")
    by_estate: Any = br.grant(written(GATED), proposal=str(tmp_path / "other")).data
    by_file: Any = br.grant(written(GATED), proposal=proposed(NEWCO, tmp_path)).data
    found, expected = (unplaced(data.model_dump(exclude={"proposed"})) for data in (by_estate, by_file))
    assert found == expected
    whole = {row.id for row in by_estate.proposed} - {row.id for row in by_file.proposed}
    assert whole == {"holds:app>n1"}  # who calls with a key is taken to hold it
    (tmp_path / "other" / "all.yaml").write_text(f"blastradius: 1\n{GATED.replace('subset', 'all')}")
    with pytest.raises(UsageError, match=r"extent of 'reads:o>d' is stated otherwise in the estate; .* with diff"):
        br.grant(written(GATED), proposal=str(tmp_path / "other"))


def test_what_is_nobodys_starts_by_itself(tmp_path: Path) -> None:
    """A key that nobody is said to hold may be found; a feed of nobody's may be written to; anyone gains for all."""
    loose = (
        "credentials: {a: {grants: [c]}}\nfeeds: {rates: {}}\nservices: {desk: {consumes: rates, writes: d}}\n"
        "operations: {open: {api: y, direction: exposed, anonymous: true, reads: {to: d, extent: all}}}"
    )
    answer = br.grant(written(GATED), proposal=proposed(loose, tmp_path)).answer
    data: Any = answer.data
    starts = {(row.entity, row.capability): row.starts for row in data.added}
    assert (starts["jewel", "read"], starts["d", "taint"], starts["d", "read"]) == (("a",), ("rates",), (None,))
    assert "anyone on the internet or whoever finds a or whoever writes to rates reach" in answer.headline


def test_a_flat_zone_may_be_proposed_where_nothing_stands_yet(tmp_path: Path) -> None:
    flat = "zones: {z: {flat: true}}\nservices: {s: {zone: z}, t: {zone: z, reads: jewel}}\nparties: {near: {owns: s}}"
    data: Any = br.grant(written(GATED), proposal=proposed(flat, tmp_path)).data
    assert ("jewel", "lateral") in {(row.entity, row.level) for row in data.added}
    with pytest.raises(UsageError, match="whether all in the zone 'z' reach each other is stated otherwise"):
        br.grant(written(f"{GATED}services: {{s: {{zone: z}}}}\n"), proposal=proposed(flat, tmp_path))


STATED = "expect: [{name: known, compromise: {role: partner}, stated: [owner, review]}]\n"


def test_rules_ask_what_is_said_of_a_new_partner(tmp_path: Path) -> None:
    """And of nobody who was there already: that is for `verify`."""

    def unsaid(**stated: Any) -> list[tuple[str | None, str | None]]:
        data: Any = br.grant(written(GATED + STATED), fail_on="jewel", **stated).data
        assert data.fails is bool(data.broken)
        return [(row.start, row.statement) for row in data.broken]

    assert unsaid(new_partner="new", grant="c2") == [("new", "owner"), ("new", "review")]
    assert unsaid(holder="near", grant="c2") == []
    owned = "parties: {new: {owner: Jo, holds: n}}\ncredentials: {n: {grants: [c2]}}"
    assert unsaid(proposal=proposed(owned, tmp_path)) == [("new", "review")]
    whole = owned.replace("owner: Jo", "owner: Jo, governance: {last review: 2026-01-01}")
    assert unsaid(proposal=proposed(whole, tmp_path)) == []
    excused = STATED.replace("review]", "review], accepted: [{why: w, owner: o, until: 2999-01-01}]")
    data: Any = br.grant(written(GATED + excused), new_partner="new", grant="c2").data
    assert data.broken == ()


def test_what_has_to_be_called_is_said_of_one_key(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"needs: the proposal grants to 2 keys \(n1, n2\); say in it who calls what"):
        br.grant(written(GATED), proposal=proposed(NEWCO, tmp_path), needs="o")


def test_a_fragment_stands_in_the_place_of_flags(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="proposal= says who holds what; leave out holder="):
        br.grant(written(GATED), proposal=proposed("credentials: {k: {grants: [c]}}", tmp_path), holder="near")


@pytest.mark.parametrize("assume", ["granted", "lateral"])
def test_what_holds_it_does_hold_it_and_the_way_leads_there(assume: Any) -> None:
    """Each control, put in place before the grant is looked at again, leaves what it keeps out of it."""
    built = written(GATED + "services: {s: {serves: o3, reads: jewel}}\n")
    asked: dict[str, Any] = {"holder": "near", "key": "k", "grant": ("c", "c2"), "assume": assume}
    data: Any = br.grant(built, **asked).data
    assert data.holds
    assert data.ways[0].entity == "jewel"
    assert (data.ways[0].steps[-1].entity, data.ways[0].crown_jewel) == ("jewel", True)
    for row in data.holds:
        for control in row.controls:
            if "grants:k>" not in control:  # which is there only once it is granted
                less: Any = br.grant(built, **asked, with_=control).data
                assert {it.entity for it in less.added}.isdisjoint(row.entities)
