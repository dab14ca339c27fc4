"""Answers as text, JSON, CSV, Markdown and pictures; nothing here computes anything.

Pictures become files in ``blastradius.render.draw``. rich and typst are imported when they are first needed.
"""

from blastradius.render.dot import to_dot
from blastradius.render.text import RENDERERS, as_csv, as_json, as_markdown, safe, table

__all__ = ["RENDERERS", "as_csv", "as_json", "as_markdown", "safe", "table", "to_dot"]
