"""Verdicts as JUnit XML: a test suite for each rule, a test case for each thing that it expects."""

from __future__ import annotations

from collections import defaultdict
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from blastradius.answer import Answer, Verdict
from blastradius.escape import visible


def as_junit(answer: Answer) -> str:
    """What holds passes, what fails is a failure with the way to it, what is accepted is skipped with the reason."""
    root = _counted("testsuites", "blastradius", answer.verdicts)
    by_rule = defaultdict[str, list[Verdict]](list)
    for verdict in answer.verdicts:
        by_rule[verdict.rule].append(verdict)
    for rule, verdicts in by_rule.items():
        suite = _counted("testsuite", rule, verdicts)
        root.append(suite)
        for verdict in verdicts:
            _add_case(suite, verdict)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _counted(tag: str, name: str, verdicts: list[Verdict] | tuple[Verdict, ...]) -> Element:
    states = [verdict.state for verdict in verdicts]
    counts = {"tests": len(states), "failures": states.count("fails"), "errors": 0, "skipped": states.count("accepted")}
    return Element(tag, {"name": visible(name)} | {word: str(count) for word, count in counts.items()})


def _add_case(suite: Element, verdict: Verdict) -> None:
    place = {} if verdict.at is None else {"file": visible(verdict.at.file)}
    if verdict.at is not None and verdict.at.line is not None:
        place["line"] = str(verdict.at.line)
    case = SubElement(suite, "testcase", {"name": visible(verdict.says), "classname": visible(verdict.rule), **place})
    if verdict.state == "fails":
        failure = SubElement(case, "failure", {"message": visible(verdict.says), "type": "rule"})
        failure.text = "\n".join(_way(verdict))
    elif verdict.state == "accepted":
        SubElement(case, "skipped", {"message": visible(verdict.excuse)})


def _way(verdict: Verdict) -> list[str]:
    lines = [f"{step.says} ({', '.join(map(str, step.places))})" for step in verdict.steps]
    rule = [] if verdict.at is None else [f"the rule is at {verdict.at}"]
    return [visible(line) for line in (*lines, *rule)]
