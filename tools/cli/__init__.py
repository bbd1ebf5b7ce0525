"""The ``skipstone`` command: one file a verb in ``verbs/``."""
