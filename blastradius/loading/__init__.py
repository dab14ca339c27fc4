"""Loads files, folders and workspaces: each file with the loader that recognises it, and what it asks for in turn."""

from blastradius.loading.session import FILE_NAME, LoadedFile, Survey, load, survey

__all__ = ["FILE_NAME", "LoadedFile", "Survey", "load", "survey"]
