"""The golden cases of every loader as something to plant things in and load again."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from blastradius import plugins
from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.reading import Documents, Records, read_document

FOLDER = Path(__file__).parent
TREES = (".json", ".tfstate", ".yaml", ".jsonl")


@dataclass(frozen=True)
class Case:
    """A loader with an input, its options, and the files beside it."""

    loader: Loader
    folder: Path

    @property
    def name(self) -> str:
        """As a test is called."""
        return f"{self.loader.name}/{self.folder.name}"

    @property
    def file(self) -> Path:
        """The input."""
        return next(self.folder.glob("input.*"))

    @cached_property
    def options(self) -> dict[str, Any]:
        """What the user says to it."""
        file = self.folder / "options.yaml"
        return yaml.safe_load(file.read_text()) if file.exists() else {}

    @property
    def is_tree(self) -> bool:
        """Whether the input is dicts and lists rather than lines of text."""
        return self.file.suffix in TREES

    @cached_property
    def data(self) -> Any:
        """The input as dicts and lists; a text as lines of words and what stands between them."""
        if self.is_tree:
            return read_document(self.file).data
        return [re.split(r"(\W+)", line) for line in self.file.read_text().splitlines()]

    def spelled(self, data: Any) -> str:
        """Data as the text of such a file."""
        if not self.is_tree:
            return "\n".join("".join(map(str, each)) if isinstance(each, list) else str(each) for each in data)
        if isinstance(self.data, Documents):
            return "---\n" * self.data.empty + "".join(f"---\n{_json(each)}\n" for each in data)
        return "\n".join(map(_json, data)) if isinstance(self.data, Records) else _json(data)

    def read(self) -> Document:
        """The input as it stands."""
        return read_document(self.file, shown=self.file.name)

    def load(self) -> Loaded:
        """The facts of the input as it stands."""
        return self.loader.load(self.read(), self.options)

    def loaded(self, data: Any, home: Path) -> Loaded:
        """Other data, written to ``home`` with the files of the case beside it.

        Raises:
            InputError: as the loader says.
        """
        if not home.exists():
            shutil.copytree(self.folder, home)
        file = home / self.file.name
        file.write_text(self.spelled(data), encoding="utf-8", errors="surrogatepass", newline="")
        return self.loader.load(read_document(file, shown=file.name), self.options)


def cases() -> list[Case]:
    """The cases of every loader there is."""
    return [
        Case(loader, folder)
        for loader in plugins.loaders().values()
        for folder in sorted((FOLDER / loader.name / "cases").glob("*"))
        if any(folder.glob("input.*"))
    ]


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)
