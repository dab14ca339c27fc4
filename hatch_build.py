"""The wheel carries the top-level ``loaders`` and ``queries`` folders inside the package."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PluginFolders(BuildHookInterface[Any]):
    """Put ``loaders/``, ``queries/`` and the demo's example inside the package."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add both folders to a standard wheel; an editable one finds them in the checkout."""
        if self.target_name == "wheel" and version == "standard":
            for name in ("loaders", "queries"):
                build_data["force_include"][name] = f"blastradius/{name}"
            build_data["force_include"]["examples/northwind"] = "blastradius/examples/northwind"
