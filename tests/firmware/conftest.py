"""Fixtures of the firmware tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from host_app import HostApp, compile_host_app, model_with_front_end


@pytest.fixture(scope="session")
def host_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The application, compiled for the host."""
    return compile_host_app(tmp_path_factory.mktemp("host_app") / "app")


@pytest.fixture
def app(host_program: Path) -> Iterator[HostApp]:
    """A fresh application."""
    with HostApp(host_program) as running:
        yield running


@pytest.fixture(scope="session")
def listening_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The application with a front end, compiled for the host."""
    folder = tmp_path_factory.mktemp("listening_app")
    return compile_host_app(folder / "app", model_with_front_end(folder / "model"))


@pytest.fixture
def listening_app(listening_program: Path) -> Iterator[HostApp]:
    """A fresh application that takes PCM."""
    with HostApp(listening_program) as running:
        yield running
