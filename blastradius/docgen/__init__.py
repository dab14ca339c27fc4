"""The generated pages; a build tool."""
