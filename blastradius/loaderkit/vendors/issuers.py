"""Identity providers that serve everybody: who has an account there gets a token, whatever the audience."""

PUBLIC_BUILDS = frozenset(
    {"token.actions.githubusercontent.com", "gitlab.com", "app.terraform.io", "agent.buildkite.com"}
)
"""Hosts that sign for the builds of anyone; only the subject, or a claim like it, says whose a build is."""
