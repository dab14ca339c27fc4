"""CycloneDX XML in the shape of CycloneDX JSON, with the place of each part in the XML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from blastradius.loaderkit.json_values import Keys

NAMESPACE = "http://cyclonedx.org/schema/bom/"
_TEXTS = ("group", "name", "version", "description", "authenticated", "x-trust-boundary", "trustZone")
Found = tuple[Any, dict[Keys, Keys]]


def is_xml(data: Any) -> bool:
    """Whether a parsed document is XML whose root is a CycloneDX bill."""
    return (
        isinstance(data, dict)
        and data.get("tag") == "bom"
        and isinstance(data.get("namespace"), str)
        and data["namespace"].startswith(NAMESPACE)
    )


def as_json(bom: dict[str, Any]) -> Found:
    """The bill as JSON would say it, and for each place in that the place in the XML."""
    made = _Made()
    data: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": bom["namespace"].removeprefix(NAMESPACE),
        "serialNumber": _attribute(bom, "serialNumber"),
        "metadata": made.metadata(bom),
    }
    for name, item in (("components", made.component), ("services", made.service), ("dependencies", made.dependency)):
        data[name] = made.list_of(name, bom, (), (name,), item)
    return data, made.places


class _Made:
    def __init__(self) -> None:
        self.places: dict[Keys, Keys] = {}

    def list_of(self, name: str, node: Any, within: Keys, keys: Keys, item: Any) -> list[Any]:
        """What stands inside ``<name>``, whatever it is called there; ``keys`` is the place in JSON."""
        found: list[Any] = []
        for inner, box in _children(node, within, name):
            for place, child in _children(box, inner):
                self.places[*keys, len(found)] = place
                found.append(item(child, place, (*keys, len(found))))
        return found

    def metadata(self, bom: Any) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for within, node in _children(bom, (), "metadata"):
            for place, child in _children(node, within, "component"):
                self.places["metadata", "component"] = place
                made["component"] = self.component(child, place, ("metadata", "component"))
            made["tools"] = [{"name": name} for tool in _below(node, "tools") for name in _tool_names(tool)]
        return made

    def component(self, node: Any, within: Keys, keys: Keys) -> dict[str, Any]:
        made = _texts(node)
        made["type"] = _attribute(node, "type")
        made["components"] = self.list_of("components", node, within, (*keys, "components"), self.component)
        return made

    def service(self, node: Any, within: Keys, keys: Keys) -> dict[str, Any]:
        made = _texts(node)
        for _, provider in _children(node, (), "provider"):
            urls = [_own_text(child) for _, child in _children(provider, (), "url")]
            made["provider"] = {"name": _text(provider, "name"), "url": urls}
        made["endpoints"] = self.list_of(
            "endpoints", node, within, (*keys, "endpoints"), lambda key, *_: _own_text(key)
        )
        made["data"] = self.list_of("data", node, within, (*keys, "data"), _data)
        made["services"] = self.list_of("services", node, within, (*keys, "services"), self.service)
        return made

    def dependency(self, node: Any, within: Keys, keys: Keys) -> dict[str, Any]:
        made: dict[str, Any] = {"ref": _attribute(node, "ref")}
        for word, tag in (("dependsOn", "dependency"), ("provides", "provides")):
            made[word] = []
            for place, child in _children(node, within, tag):
                self.places[*keys, word, len(made[word])] = place
                made[word].append(_attribute(child, "ref"))
        return made


def _tool_names(node: Any) -> list[str | None]:
    """The name of a ``<tool>``, or since 1.5 those of the components and services listed."""
    return [_text(node, "name"), *(_text(child, "name") for _, child in _children(node))]


def _data(node: Any, *_: Any) -> dict[str, Any]:
    """A ``<dataflow>``, or the bare ``<classification>`` of before 1.5."""
    if node.get("tag") == "classification":
        return {"classification": _own_text(node), "flow": _attribute(node, "flow")}
    made: dict[str, Any] = {"name": _attribute(node, "name")}
    for _, child in _children(node, (), "classification"):
        made |= {"classification": _own_text(child), "flow": _attribute(child, "flow")}
    for end in ("source", "destination"):
        made[end] = [_own_text(url) for url in _below(node, end)]
    owners = [owner for _, child in _children(node, (), "governance") for owner in _below(child, "owners")]
    named = [_text(child, "name") for owner in owners for _, child in _children(owner, (), "organization")]
    made["governance"] = {"owners": [{"organization": {"name": name}} for name in named]}
    return made


def _children(node: Any, within: Keys = (), tag: str | None = None) -> Iterator[tuple[Keys, dict[str, Any]]]:
    """Child elements with their places, all or those of one name."""
    children = node.get("children") if isinstance(node, dict) else None
    for index, child in enumerate(children if isinstance(children, list) else ()):
        if isinstance(child, dict) and tag in (None, child.get("tag")) and not _is_foreign(child):
            yield (*within, "children", index), child


def _is_foreign(node: dict[str, Any]) -> bool:
    """Whether an element belongs to an extension."""
    return not str(node.get("namespace") or NAMESPACE).startswith(NAMESPACE)


def _below(node: Any, tag: str) -> Iterator[dict[str, Any]]:
    for _, box in _children(node, (), tag):
        yield from (child for _, child in _children(box))


def _own_text(node: Any) -> str | None:
    text = node.get("text") if isinstance(node, dict) else None
    return text.strip() if isinstance(text, str) else None


def _text(node: Any, tag: str) -> str | None:
    return next((_own_text(child) for _, child in _children(node, (), tag)), None)


def _texts(node: Any) -> dict[str, Any]:
    found: dict[str, Any] = {tag: _text(node, tag) for tag in _TEXTS}
    return {"bom-ref": _attribute(node, "bom-ref"), **{tag: text for tag, text in found.items() if text is not None}}


def _attribute(node: Any, name: str) -> str | None:
    attributes = node.get("attributes") if isinstance(node, dict) else None
    value = attributes.get(name) if isinstance(attributes, dict) else None
    return value if isinstance(value, str) else None
