"""The dial: one model, its threshold offset swept at run time on a board."""
