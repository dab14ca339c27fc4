"""The schema of SARIF 2.1.0, and that a log keeps to it.

``sarif-2.1.0-rtm.5.json`` is the schema of OASIS in its edition 2.1.0-rtm.5, as SchemaStore publishes it and the npm
package ``@microsoft/jest-sarif`` 1.0.0-beta.0 (MIT) carries it, unchanged; its SHA-256 is
2d99159ae54a3eea97f81781cff48780548657c35949f4b7f25e99a2ba4de4f8.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema

_SCHEMA = json.loads((Path(__file__).parent / "sarif-2.1.0-rtm.5.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft4Validator(_SCHEMA)


def results_of(log: str) -> list[dict[str, Any]]:
    """The results of a log that keeps to the schema, whose rules are those of its tool, and whose files are URIs."""
    data = json.loads(log)
    VALIDATOR.validate(data)
    (run,) = data["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert all(re.fullmatch(r"[^\s#\\]+", uri) for uri in re.findall(r'"uri": "(.*)"', log))
    found: list[dict[str, Any]] = run["results"]
    return found
