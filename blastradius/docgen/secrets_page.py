"""The page on secrets: what is recognised, what stays, counted on samples that are made for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from blastradius.docgen.secret_samples import Sample, legitimate, planted
from blastradius.secrets import looks_secret, redacted

_HEAD = """# What is taken for a secret

Every text of every field of what a loader finds passes one gate, and so does every message. A text for people is
redacted (`[secret]`); an id that has a secret in it gets another name wherever it stands, and a note says where. A name
is told from a value by structure: `token:oauth2` is a scope, `/v1/secret:rotate2` a path, `password=` says that a value
follows.
"""
_CANNOT = """
What it cannot tell: a token that is glued to letters or digits before it, as in `ms-3ghp_…`; and a password or a key
that stands alone, with nothing before it and no prefix of a vendor, since it looks like any other id
(`web-7d4b9c6f5d-x2k8p`).

The rules are our own: [detect-secrets](https://pypi.org/project/detect-secrets/) 1.5, whose plugins by pattern and by
key word were tried on the same samples, found 28 of 130, took half a second to import (an HTTP client comes with it)
and a millisecond or two for each text, where a large inventory has millions; its search by entropy was left out, since
hashes and digests are what an inventory is made of. Here a text without a secret costs about four microseconds.
"""


def page() -> str:
    """The page as Markdown."""
    found = _table("found", "planted", planted(), _is_found)
    refused = _table("refused", "legitimate", legitimate(), lambda sample: looks_secret(sample.text))
    return "\n".join((_HEAD, *found, "", *refused, _CANNOT))


def _is_found(sample: Sample) -> bool:
    return looks_secret(sample.text) and sample.value not in redacted(sample.text)


def _table(verdict: str, what: str, samples: list[Sample], holds: Callable[[Sample], bool]) -> Iterator[str]:
    """How many samples of each kind got a verdict."""
    by_kind: dict[str, list[bool]] = {}
    for sample in samples:
        by_kind.setdefault(sample.kind, []).append(holds(sample))
    every = [held for verdicts in by_kind.values() for held in verdicts]
    yield f"| {what} | samples | {verdict} |\n|---|--:|--:|"
    yield from (f"| {kind} | {len(verdicts)} | {sum(verdicts)} |" for kind, verdicts in by_kind.items())
    yield f"| **all** | **{len(every)}** | **{sum(every)}** |"
