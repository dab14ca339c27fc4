"""All that the author of a loader imports, besides ``reading``, ``model`` and ``errors``.

- ``contract``: what a loader is (``Loader``), what it is given (``Document``) and what it returns (``Loaded``).
- ``collector``: ``FactCollector``, the facts of one document with their provenance, notes, and how every record ended.
- ``accounts``: what several accounts of one relation come to.
- ``options``: the shapes of what a user may tell a loader; ``validation``: data checked against a shape.
- ``json_values``: plain values out of documents that may hold anything; ``names``: what can be an id or be shown.
- ``json_refs``: references (``$ref``) inside a file and its folder.
- ``api_effects``: what the operations of an API touch, as a user says it.
- ``attributes``: facts as flat attributes, for files that know no nesting.
- ``vendors``: what several formats of one vendor, or of one kind, share.
"""
