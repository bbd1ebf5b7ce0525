"""Shared by the report tests: a synthetic bundle and its rendering."""

from __future__ import annotations

import pytest
from skipstone.tools.report.render import render
from skipstone.tools.run.bundle import Bundle
from synthetic_run import synthetic_bundle


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    return synthetic_bundle()


@pytest.fixture(scope="session")
def html(bundle: Bundle) -> str:
    return render(bundle)
