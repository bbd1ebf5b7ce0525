"""Manifests of corpora that come in other layouts. One module a layout; each lists :class:`Entry` objects."""
