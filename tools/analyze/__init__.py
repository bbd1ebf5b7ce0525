"""``skipstone analyze``: what a model needs and what a step will cost, before any compiler runs."""
