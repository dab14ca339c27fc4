"""Parquet files as the lines of JSON that their rows spell (the extra ``parquet``), a batch of rows at a time."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pydantic_core import PydanticSerializationError, to_json

from blastradius.errors import InputError, UsageError
from blastradius.model import ENTITY_TYPES, Relation

_BATCH = 8192
_FIELDS = {
    "kind": ("kind", "id"),
    "verb": ("verb", "sources", "targets"),
    "zone": ("zone",),
}
"""What tells the three tables apart, and the columns that each cannot do without."""

_KNOWN = {
    "kind": frozenset().union(*(each.model_fields for each in ENTITY_TYPES.values())),
    "verb": frozenset(Relation.model_fields),
    "zone": frozenset({"zone", "name", "flat"}),
}


@dataclass(frozen=True)
class Tables:
    """Files of Parquet that are open; ``spelled`` has the lines of the rows that were read, one after the other."""

    files: Mapping[Path, Any]
    spelled: BinaryIO

    @property
    def rows(self) -> int:
        """How many rows the files have."""
        return sum(file.metadata.num_rows for file in self.files.values())

    def lines(self, path: Path) -> Iterator[bytes]:
        """The lines of one file.

        Raises:
            InputError: a row group that cannot be read, or a row that is no text.
        """
        for row, each in enumerate(self._rows(path), 1):
            try:
                line = to_json(_said(each)) + b"\n"
            except PydanticSerializationError as error:
                raise InputError([f"{path}:{row}: not text: {error}; write UTF-8"]) from None
            self.spelled.write(line)
            yield line
        self.spelled.flush()

    def _rows(self, path: Path) -> Iterator[dict[str, Any]]:
        for group in range(self.files[path].num_row_groups):
            with _refusing(f"{path}: row group {group + 1}"):
                for batch in self.files[path].iter_batches(_BATCH, row_groups=[group]):
                    yield from batch.to_pylist()


@contextmanager
def opened(paths: Iterable[Path]) -> Iterator[Tables]:
    """Open files; the lines they will spell are kept in a file without a name, gone when nothing needs it.

    Raises:
        InputError: a file that cannot be read, or whose columns are those of no table.
        UsageError: pyarrow is not installed.
    """
    with ExitStack() as stack:
        files = {path: stack.enter_context(_opened(path)) for path in paths}
        yield Tables(files, stack.enter_context(tempfile.TemporaryFile()))


def _opened(path: Path) -> Any:
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise UsageError(f"{path}: Parquet needs pyarrow; pip install 'partner-blastradius[parquet]'") from None
    if path.exists() and not path.is_file():
        raise InputError([f"{path}: not a file; name a file of Parquet, or a folder of them"])
    with _refusing(f"{path}:"):
        file = ParquetFile(path)
    _check_columns(path, file.schema_arrow.names)
    return file


@contextmanager
def _refusing(what: str) -> Iterator[None]:
    """Turn what pyarrow finds wrong into a problem of the input."""
    from pyarrow import ArrowException

    try:
        yield
    except (OSError, ValueError, ArrowException) as error:
        number = error.errno if isinstance(error, OSError) else None
        message = os.strerror(number) if number else str(error).partition("\n")[0]
        raise InputError([f"{what} cannot be read: {message}"]) from None


def _check_columns(path: Path, columns: Sequence[str]) -> None:
    table = next((each for each in _FIELDS if set(_FIELDS[each]) <= set(columns)), None)
    if table is None:
        expected = ", or ".join(" and ".join(each) for each in _FIELDS.values())
        raise InputError([f"{path}: has the columns {', '.join(columns) or 'none'}; expected {expected}"])
    unknown = [each for each in columns if each not in _KNOWN[table]]
    if unknown:
        known = ", ".join(sorted(_KNOWN[table]))
        raise InputError([f"{path}: column {unknown[0]!r} is no field; those of this table are {known}"])


def _said(value: Any) -> Any:
    """A value without what is null in it."""
    if isinstance(value, dict):
        return {name: _said(each) for name, each in value.items() if each is not None}
    return [_said(each) for each in value] if isinstance(value, list) else value
