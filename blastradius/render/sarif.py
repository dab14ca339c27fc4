"""Verdicts as SARIF 2.1.0: what a code host shows at the line that lets the way in, with the whole way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from blastradius.answer import Answer, Verdict, WayStep
from blastradius.escape import visible
from blastradius.model import Provenance

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_FINGERPRINT = "blastradius/v1"


def as_sarif(answer: Answer, version: str, base: Collection[str] | None = None) -> str:
    """What fails, and what is accepted as suppressed, a result each; ``base`` are the ids of relations that are old.

    A result stands at the first relation of the way that is not old, else at the first grant of it, else where the
    rule is written. Its fingerprint is made of ids and the rule's name: it stays when lines move.
    """
    broken = [verdict for verdict in answer.verdicts if verdict.state != "holds"]
    rules = list(dict.fromkeys(verdict.rule for verdict in answer.verdicts))
    driver = {
        "name": "blastradius",
        "version": version,
        "rules": [{"id": visible(rule), "shortDescription": {"text": visible(rule)}} for rule in rules],
    }
    results = [_result(verdict, rules.index(verdict.rule), base) for verdict in broken]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def introduced_at(verdict: Verdict, base: Collection[str] | None = None) -> Provenance | None:
    """Where a way is let in; of a base the ids of its relations are known, and what is in it lets in nothing new."""
    steps = [step for step in verdict.steps if step.places]
    new = [step for step in steps if base is not None and step.id not in base]
    granted = [step for step in new or steps if step.lets_in]
    first = next(iter(granted or new or steps), None)
    return verdict.at if first is None else first.places[0]


def _result(verdict: Verdict, rule: int, base: Collection[str] | None) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": visible(verdict.rule),
        "ruleIndex": rule,
        "level": "error",
        "message": {"text": visible(f"{verdict.rule}: {verdict.says}")},
        "partialFingerprints": {_FINGERPRINT: _fingerprint(verdict)},
    }
    at = introduced_at(verdict, base)
    if at is not None:
        result["locations"] = [_location(at)]
    if verdict.at is not None:
        result["relatedLocations"] = [_location(verdict.at, "the rule")]
    flow = list(_flow(verdict.steps))
    if flow:
        result["codeFlows"] = [{"threadFlows": [{"locations": flow}]}]
    if verdict.state == "accepted":
        excuse = visible(verdict.excuse)
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": excuse}]
    return result


def _fingerprint(verdict: Verdict) -> str:
    return hashlib.sha256(json.dumps([verdict.rule, *verdict.about]).encode()).hexdigest()


def _flow(steps: Iterable[WayStep]) -> Iterable[dict[str, Any]]:
    for step in steps:
        location = _location(step.places[0], step.says) if step.places else {"message": {"text": visible(step.says)}}
        yield {"location": location}


def _location(place: Provenance, says: str = "") -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(place.file)}}
    if place.line is not None:
        column = {} if place.column is None else {"startColumn": place.column}
        physical["region"] = {"startLine": place.line, **column}
    return {"physicalLocation": physical} | ({"message": {"text": visible(says)}} if says else {})


def _uri(file: str) -> str:
    """A file as a URI: relative to the folder where the question was asked, unless its path is a whole one."""
    path = Path(file)
    if path.is_absolute():
        here = Path.cwd()
        if not path.is_relative_to(here):
            return path.as_uri()
        path = path.relative_to(here)
    return quote(path.as_posix())
