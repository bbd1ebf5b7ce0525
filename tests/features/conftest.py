"""The C front end, compiled for the host once a session."""

from __future__ import annotations

import pytest
from front_end_build import CFrontEnd, load_front_end


@pytest.fixture(scope="session")
def c_front_end(tmp_path_factory: pytest.TempPathFactory) -> CFrontEnd:
    """The C front end with the default tables, behind ctypes."""
    return load_front_end(tmp_path_factory.mktemp("front_end"))
