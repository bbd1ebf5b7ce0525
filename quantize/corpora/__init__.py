"""Manifests, token lists, cached features, and speech made by offline synthesizers."""
