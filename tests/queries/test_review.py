"""The question ``review``: a grant before it is granted."""

from __future__ import annotations

from typing import Any

import pytest

import blastradius as br
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Control, ControlKind
from tests.engine.test_rules_needed import estate
from tests.queries.degenerate import ESTATES


def test_a_review_says_what_a_grant_adds_and_breaks(retailer: Estate) -> None:
    grants = ("orders:customers.read", "segments.read")
    found: Any = br.review(retailer, holder="acme", key="acme_token", grant=grants).data
    assert ("customer_db", "read", "granted", None, True) in {
        (row.entity, row.capability, row.level, row.before, row.crown_jewel) for row in found.added
    }
    assert {part.grant: part.crown_jewels for part in found.parts} == {
        "orders:customers.read": ("customer_db",),
        "segments.read": (),
    }
    assert {(row.entity, row.capability) for row in found.broken} == {("customer_db", "read")}
    nothing: Any = br.review(retailer, holder="acme", key="acme_token", grant="orders:orders.read").data
    assert (nothing.added, nothing.broken) == ((), ())


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        ({"holder": "nobody", "grant": "c"}, "holder: 'nobody' is not in the estate"),
        ({"holder": "p", "grant": "x"}, "grant: 'x' is not in the estate"),
        ({"holder": "p", "grant": "k"}, "grant: 'k' is a credential; expected a scope or an operation"),
        ({"holder": "p", "grant": "c", "key": "c"}, "key: 'c' is a scope; expected a credential"),
        ({"holder": "p", "grant": ()}, "name it with --grant"),
    ],
)
def test_a_review_of_what_is_not_there(stated: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        br.review(estate("holds:p>k", "grants:k>c"), **stated)


def test_degenerate_estates() -> None:
    itself: Any = br.review(estate("holds:s>k", "grants:k>o", "serves:s>o"), holder="s", grant="o").data
    assert itself.added == ()
    new: Any = br.review(ESTATES["without a relation"], holder="p", grant="c").data
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
    found: Any = br.review(built, holder="p", key="k", grant="c").data
    assert (found.added, found.checked) == ((), True)
