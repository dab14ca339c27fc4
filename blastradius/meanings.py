"""The closed vocabulary of controls: what each stops, and what it does not.

What a control does not stop is as much a part of its meaning as what it does. Which steps it stops is the
rule table's business; these are the words for people.
"""

from __future__ import annotations

from dataclasses import dataclass

from blastradius.model import ControlKind as K


@dataclass(frozen=True)
class Meaning:
    """A control in words: what it stops and what it does not."""

    stops: str
    does_not_stop: str


VOCABULARY: dict[K, Meaning] = {
    K.COMPARTMENT: Meaning("the fall of one asset with its owner", "an attack on the asset itself"),
    K.NON_EXPORTABLE: Meaning("copying the key", "driving it from its holder's own host"),
    K.REVOKED: Meaning("any use of the key", "use before it was revoked"),
    K.ROTATED: Meaning("use of the old key", "theft of the new one from the same place"),
    K.EXPIRED: Meaning("use after the end date", "use before it"),
    K.IP_ALLOWLIST: Meaning("use of a copied key from elsewhere", "an attacker on the partner's own hosts"),
    K.TOKEN_BINDING: Meaning("replay of a copied token", "driving it through the client it is bound to"),
    K.DEVICE_POLICY: Meaning("a copied key on an unmanaged device", "a sibling door without the policy"),
    K.MFA: Meaning("use of a copied password", "sessions, tokens and API keys; a code that is typed into a false page"),
    K.APPROVAL: Meaning("a change or a call that no second person agreed to", "reading; a second person who sees "
                                                                              "what is false"),
    K.ENCRYPTED_ELSEWHERE: Meaning("reading data whose key is held elsewhere, by its host too", "changing or "
                                                                                                "deleting it"),
    K.OBJECT_AUTHZ: Meaning("reaching other customers' rows", "one's own rows; whoever controls the service that "
                                                              "checks"),
    K.FUNCTION_AUTHZ: Meaning("calling functions that were not granted",
                              "the functions that were; whoever controls the service that checks"),
    K.REDACTED: Meaning("finding secrets in readable data", "reading the rest of the data"),
    K.PURGED: Meaning("finding secrets that were deleted", "copies taken before"),
    K.VALIDATED: Meaning("implausible or malformed data", "wrong data that looks plausible"),
    K.QUARANTINED: Meaning("wrong data and odd orders while they are held back", "what is released too early"),
    K.HUMAN_REVIEW: Meaning("wrong data, or an odd order, that a person would notice", "what is decided before the "
                                                                                       "review"),
    K.SECOND_SOURCE: Meaning("one source being wrong", "sources that share their origin"),
    K.INSENSITIVE: Meaning("an error too small to matter there", "a greater error"),
    K.OUT_OF_BAND: Meaning("doing what a false page or message asks", "a second way that shows the same false thing"),
    K.BULKHEAD: Meaning("bad input taking the whole consumer down", "the wrong data itself"),
    K.PINNED: Meaning("taking in a new version unasked", "a version that was bad when it was pinned"),
    K.VERIFIED: Meaning("content that someone other than the vendor did not vouch for",
                        "a bad build that the vendor itself signed"),
    K.STAGED: Meaning("a bad release reaching all hosts at once", "the vendor's other, unstaged channel"),
    K.NOT_EXPOSED: Meaning("a feed that this host does not take in", "the hosts that do"),
    K.EGRESS_FILTER: Meaning("remote control of what was installed; telling strangers what a tricked service reads",
                             "the fault or damage it does on its own"),
    K.FALLBACK: Meaning("the loss of a supplier or a host",
                        "a loss that takes the fallback too (same zone, party or code), or that comes before it "
                        "starts"),
    K.HARDENED: Meaning("breaking into the service through its operations", "using the operations as granted"),
    K.SANDBOXED: Meaning("leaving the broken operation for the service around it", "using it as granted"),
    K.TWO_PARTY_SIGNING: Meaning("publishing with one compromised signer", "a fault both signers pass"),
    K.IMMUTABLE_BACKUP: Meaning("losing the data for good by deletion or encryption", "its being read or changed"),
    K.FAIL_CLOSED: Meaning("passing a control by knocking it out", "taking the control over"),
    K.SEGMENTED: Meaning("walking on over the network", "calls and credentials that cross by design"),
    K.HARD_MFA: Meaning("use of a copied password, phished or not; administrative access with stolen secrets",
                        "sessions and tokens; ordinary application traffic"),
    K.PAM: Meaning("standing administrative access", "a session that is open at the time"),
}  # fmt: skip
