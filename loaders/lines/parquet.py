"""Parquet files as the lines of JSON that their rows spell (the extra ``parquet``), a batch of rows at a time."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pydantic_core import PydanticSerializationError, to_json

from blastradius.errors import InputError, UsageError
from blastradius.model import ENTITY_TYPES, Relation

PER_ROW = 350
"""Bytes of memory that the columns take for a row, as measured."""

_BATCH = 8192
_FIELDS = {
    "kind": ("kind", "id"),
    "verb": ("verb", "sources", "targets"),
    "zone": ("zone",),
}
"""What tells the three tables apart, and the columns that each cannot do without."""

_OURS = frozenset({"kind", "verb", "zone", "sources", "targets"})
_KNOWN = {
    "kind": frozenset().union(*(entity_type.model_fields for entity_type in ENTITY_TYPES.values())),
    "verb": frozenset(Relation.model_fields),
    "zone": frozenset({"zone", "name", "flat"}),
}


@dataclass(frozen=True)
class Table:
    """A file of Parquet that is open; ``spelled`` has the lines of the rows that were read, one after the other."""

    shown: str
    file: Any
    spelled: BinaryIO

    @property
    def count(self) -> int:
        """How many rows the file has."""
        found: int = self.file.metadata.num_rows
        return found

    def lines(self) -> Iterator[bytes]:
        """The lines that its rows spell.

        Raises:
            InputError: a row group that cannot be read, or a row that is no text.
        """
        for number, row in enumerate(self._rows(), 1):
            try:
                line = to_json(_without_null(row)) + b"\n"
            except PydanticSerializationError as error:
                raise InputError([f"{self.shown}:{number}: not text: {error}; write UTF-8"]) from None
            self.spelled.write(line)
            yield line
        self.spelled.flush()

    def _rows(self) -> Iterator[dict[str, Any]]:
        for group in range(self.file.num_row_groups):
            with _refusing(f"{self.shown}: row group {group + 1}"):
                for batch in self.file.iter_batches(_BATCH, row_groups=[group]):
                    yield from batch.to_pylist()


def is_table(path: Path) -> bool:
    """Whether a file has a column that only ours have, or why it is none is for ``opened`` to say."""
    try:
        with _opened(str(path), path) as file:
            return not _OURS.isdisjoint(file.schema_arrow.names)
    except (InputError, UsageError):
        return True


@contextmanager
def opened(shown: str, path: Path) -> Iterator[Table]:
    """Open a file; the lines it will spell are kept in a file without a name, gone when nothing needs it.

    Raises:
        InputError: a file that cannot be read, or whose columns are those of no table.
        UsageError: pyarrow is not installed, or there is no room for the lines.
    """
    with _opened(shown, path) as file:
        _check_columns(shown, file.schema_arrow.names)
        try:
            with tempfile.TemporaryFile() as spelled:
                yield Table(shown, file, spelled)
        except OSError as error:
            where = f"rows need room in {tempfile.gettempdir()}, or where TMPDIR says"
            raise UsageError(f"{shown}: {error.strerror or error}; {where}") from None


def _opened(shown: str, path: Path) -> Any:
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise UsageError(f"{shown}: Parquet needs pyarrow; pip install 'partner-blastradius[parquet]'") from None
    if path.exists() and not path.is_file():
        raise InputError([f"{shown}: not a file; name a file of Parquet, or a folder of them"])
    with _refusing(f"{shown}:"):
        return ParquetFile(path)


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


def _check_columns(shown: str, columns: Sequence[str]) -> None:
    table = next((field for field in _FIELDS if set(_FIELDS[field]) <= set(columns)), None)
    if table is None:
        expected = ", or ".join(" and ".join(field) for field in _FIELDS.values())
        raise InputError([f"{shown}: has the columns {', '.join(columns) or 'none'}; expected {expected}"])
    unknown = [column for column in columns if column not in _KNOWN[table]]
    if unknown:
        known = ", ".join(sorted(_KNOWN[table]))
        raise InputError([f"{shown}: column {unknown[0]!r} is no field; those of this table are {known}"])


def _without_null(value: Any) -> Any:
    """A value without what is null in it."""
    if isinstance(value, dict):
        return {name: _without_null(each) for name, each in value.items() if each is not None}
    return [_without_null(part) for part in value] if isinstance(value, list) else value
