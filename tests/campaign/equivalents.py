"""Changes of the code that change nothing that anybody could see, and why."""

EQUIVALENT: dict[str, str] = {}
"""By what `Mutant.key` says."""
