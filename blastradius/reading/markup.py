"""XML as plain dicts with the line of each element; no DTD, no entities of its own, nothing fetched.

An element is ``{"tag", "namespace", "attributes", "text", "children"}``: the local name; the namespace's URI or
``None``; attributes by local name, in a namespace as ``{uri}name``; its own text without the blanks around it; its
child elements in order. Comments and processing instructions are left out.
"""

from __future__ import annotations

from typing import Any
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler, feature_namespaces
from xml.sax.xmlreader import AttributesNSImpl, Locator

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import create_parser

from blastradius.loaderkit.json_values import Keys

from .shapes import walk
from .texts import MAX_DEPTH, Parsed, Spot, fail

MAX_ELEMENTS = 1_000_000
_Name = tuple[str | None, str]


def parse_xml(content: str | bytes, shown: str) -> Parsed:
    """One XML document; bytes are decoded as the document declares.

    Raises:
        InputError: not XML, a DTD, too deep, too many elements, or an encoding that is not known.
    """
    parser = create_parser(forbid_dtd=True)
    builder = _Builder(shown, parser)
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(builder)
    try:
        parser.feed(content)
        parser.close()
    except DefusedXmlException:
        why = "a document type declaration; entities are not expanded and nothing is fetched, so remove it"
        fail(shown, builder.here(), why)
    except SAXParseException as error:
        place = (error.getLineNumber() or 1, (error.getColumnNumber() or 0) + 1)
        fail(shown, place, f"not XML: {error.getMessage()}")
    except (SAXException, LookupError, ValueError) as error:
        fail(shown, (1, 1), f"not XML that can be read: {str(error).splitlines()[0]}")
    return Parsed(builder.root, builder.locate)


class _Builder(ContentHandler):
    """Builds the dicts; an element's place is where its tag opens."""

    def __init__(self, shown: str, locator: Locator) -> None:
        super().__init__()
        self.shown = shown
        self.locator = locator
        self.root: dict[str, Any] | None = None
        self.open: list[dict[str, Any]] = []
        self.texts: list[list[str]] = []
        self.spots: dict[int, Spot] = {}

    def here(self) -> Spot:
        """Where the parser is."""
        return self.locator.getLineNumber() or 1, (self.locator.getColumnNumber() or 0) + 1

    def locate(self, keys: Keys) -> Spot:
        """The place of the element that the keys lead to or into."""
        found = self.spots.get(id(self.root), (1, 1))
        for value in walk(self.root, keys):
            found = self.spots.get(id(value), found)
        return found

    def startElementNS(self, name: _Name, qname: str | None, attrs: AttributesNSImpl) -> None:  # noqa: N802, ARG002
        if len(self.open) >= MAX_DEPTH:
            fail(self.shown, self.here(), f"nested deeper than {MAX_DEPTH} levels; flatten the document")
        if len(self.spots) >= MAX_ELEMENTS:
            fail(self.shown, self.here(), f"more than {MAX_ELEMENTS:,} elements; split the file")
        attributes = {_attribute(key): value for key, value in attrs.items()}
        made: dict[str, Any] = {
            "tag": name[1],
            "namespace": name[0],
            "attributes": attributes,
            "text": "",
            "children": [],
        }
        self.spots[id(made)] = self.here()
        if self.open:
            self.open[-1]["children"].append(made)
        else:
            self.root = made
        self.open.append(made)
        self.texts.append([])

    def characters(self, content: str) -> None:
        if self.texts:
            self.texts[-1].append(content)

    def endElementNS(self, name: _Name, qname: str | None) -> None:  # noqa: N802, ARG002
        self.open.pop()["text"] = "".join(self.texts.pop()).strip()


def _attribute(name: _Name) -> str:
    return f"{{{name[0]}}}{name[1]}" if name[0] else name[1]
