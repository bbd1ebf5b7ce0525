"""Rewritten graphs → program: every tensor gets a buffer, every node an operation."""
