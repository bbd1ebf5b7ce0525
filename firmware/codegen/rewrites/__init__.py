"""Rewrites of the graph, one file each; every pass leaves a valid graph."""
