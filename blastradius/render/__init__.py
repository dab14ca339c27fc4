"""Answers as text, JSON, CSV, Markdown, HTML and pictures; nothing here computes anything.

Pictures become files in ``blastradius.render.draw``. HTML, rich and typst are imported when they are first needed.
"""

from collections.abc import Callable

from blastradius.answer import Answer
from blastradius.render.text import as_csv, as_json, as_markdown, safe, table


def as_html(answer: Answer) -> str:
    """The answer as a page that stands for itself, without a picture."""
    from blastradius.render import html

    return html.as_html(answer)


RENDERERS: dict[str, Callable[[Answer], str]] = {
    "table": table,
    "json": as_json,
    "csv": as_csv,
    "markdown": as_markdown,
    "html": as_html,
}
"""Answers as text by the name of the format, without pictures."""

__all__ = ["RENDERERS", "as_csv", "as_html", "as_json", "as_markdown", "safe", "table"]
