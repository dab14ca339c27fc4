"""Estates that are kept in a database and shared."""
