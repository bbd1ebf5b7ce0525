"""Functional model of the Ethos-U55: C sources (``npu_*.c``) and their use from Python (``model.py``)."""
