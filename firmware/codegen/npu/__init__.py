"""Gated blocks as jobs of an Arm Ethos-U: cutting out, compiling with Vela, relocating, job table."""
