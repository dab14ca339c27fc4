"""The text of a PDF that typst made: what its pages show, each line of type as it stands, parted by blanks."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from itertools import pairwise

_OBJECT = re.compile(rb"(\d+) 0 obj\s(.*?)\sendobj", re.DOTALL)
_FONT = re.compile(rb"/(f\d+) (\d+) 0 R")
_RESOURCES, _CONTENTS = (re.compile(rb"/%s (\d+) 0 R" % name) for name in (b"Resources", b"Contents"))
_MAPPED = re.compile(rb"<([0-9a-fA-F]+)> *<([0-9a-fA-F]+)>")
_SHOWN = re.compile(rb"/(f\d+) [\d.]+ Tf|((?:\((?:[^()\\]|\\.)*\)|<[0-9a-fA-F]*>|[\[\]\s\d.+-])+)T[jJ]", re.DOTALL)
_STRING = re.compile(rb"\((?:[^()\\]|\\.)*\)|<[0-9a-fA-F]*>", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def text_of_pdf(raw: bytes) -> str:
    """What the pages show, in the order in which it is set, as one line."""
    objects = {int(number): body for number, body in _OBJECT.findall(raw)}
    return " ".join(word for body in objects.values() for word in _set_in(objects, body))


def _set_in(objects: Mapping[int, bytes], body: bytes) -> Iterator[str]:
    """What a page shows, or a part of one that is set by itself."""
    named, contents = _RESOURCES.search(body), _CONTENTS.search(body)
    if named is None:
        return
    fonts = {name: _letters(objects, int(number)) for name, number in _FONT.findall(objects[int(named[1])])}
    yield from _words(_content(body if contents is None else objects[int(contents[1])]), fonts)


def _content(body: bytes) -> bytes:
    found = re.search(rb"stream\r?\n(.*)\r?\nendstream", body, re.DOTALL)
    if found is None:
        return b""
    return zlib.decompress(found[1]) if b"/FlateDecode" in body else found[1]


def _letters(objects: Mapping[int, bytes], font: int) -> Mapping[int, str]:
    table = re.search(rb"/ToUnicode (\d+) 0 R", objects[font])
    assert table is not None
    return {
        int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be")
        for code, text in _MAPPED.findall(_content(objects[int(table[1])]))
        if len(text) >= 4 and len(code) == 4
    }


def _words(page: bytes, fonts: Mapping[bytes, Mapping[int, str]]) -> Iterator[str]:
    letters: Mapping[int, str] = {}
    for font, shown in _SHOWN.findall(page):
        if font:
            letters = fonts[font]
        else:
            codes = b"".join(_plain(text) for text in _STRING.findall(shown))
            yield "".join(letters.get(high * 256 + low, "\ufffd") for high, low in list(pairwise(codes))[::2])


def _plain(text: bytes) -> bytes:
    if text.startswith(b"<"):
        return bytes.fromhex(text[1:-1].decode())
    return _ESCAPE.sub(lambda found: _unescaped(found[1]), text[1:-1])


def _unescaped(mark: bytes) -> bytes:
    return bytes([int(mark, 8)]) if mark.isdigit() else _NAMED.get(mark, mark)
