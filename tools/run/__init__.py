"""One command from a model and clips to a verified result bundle: the stages of ``skipstone run``."""
