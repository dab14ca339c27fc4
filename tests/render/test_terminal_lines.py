"""Lines that are broken without rich are those that it breaks."""

from __future__ import annotations

import io
import random

from rich.console import Console
from rich.text import Text

from blastradius.render.terminal import Screen


def test_texts_are_broken_as_rich_breaks_them() -> None:
    rng, console = random.Random(5), Console(file=io.StringIO(), width=10_000)
    for _ in range(300):
        text = "".join(rng.choices("abcdefg-,      é漢", k=rng.randrange(1, 90))).strip() or "a"
        screen = Screen(rng.randrange(20, 50))
        screen.paragraph(text)
        wanted = [line.plain.rstrip() for line in Text(text).wrap(console, screen.width, overflow="fold")]
        assert screen.text().splitlines() == wanted
