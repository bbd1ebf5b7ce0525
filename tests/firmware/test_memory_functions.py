"""The firmware's own memcpy, memmove, memset and memcmp behave like the C library's, at every alignment."""

from __future__ import annotations

import ctypes
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skipstone.tools.build.sources import FIRMWARE_FOLDER

NAMES = ("memcpy", "memmove", "memset", "memcmp")
SIZES = st.integers(0, 70)
OFFSETS = st.integers(0, 9)


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    library = tmp_path_factory.mktemp("memory") / "memory.so"
    renamed = [f"-D{name}=own_{name}" for name in NAMES]
    source = FIRMWARE_FOLDER / "app" / "memory.c"
    flags = ["-std=c11", "-O2", "-fno-builtin", "-shared", "-fPIC", "-w"]
    subprocess.run(["gcc", *flags, *renamed, str(source), "-o", str(library)], check=True)
    loaded = ctypes.CDLL(str(library))
    for name in NAMES[:3]:
        getattr(loaded, f"own_{name}").restype = ctypes.c_void_p
    return loaded


def address(buffer: ctypes.Array[ctypes.c_char], offset: int) -> ctypes.c_void_p:
    return ctypes.c_void_p(ctypes.addressof(buffer) + offset)


@settings(deadline=None)
@given(data=st.binary(min_size=160, max_size=160), to=OFFSETS, start=OFFSETS, size=SIZES)
def test_memcpy(functions: ctypes.CDLL, data: bytes, to: int, start: int, size: int) -> None:
    buffer = ctypes.create_string_buffer(data, 160)
    functions.own_memcpy(address(buffer, 80 + to), address(buffer, start), ctypes.c_size_t(size))
    expected = bytearray(data)
    expected[80 + to : 80 + to + size] = data[start : start + size]
    assert buffer.raw == bytes(expected)


@settings(deadline=None)
@given(
    data=st.binary(min_size=100, max_size=100), to=st.integers(0, 29), start=st.integers(0, 29), size=SIZES
)
def test_memmove_with_overlap(functions: ctypes.CDLL, data: bytes, to: int, start: int, size: int) -> None:
    buffer = ctypes.create_string_buffer(data, 100)
    functions.own_memmove(address(buffer, to), address(buffer, start), ctypes.c_size_t(size))
    expected = bytearray(data)
    expected[to : to + size] = data[start : start + size]
    assert buffer.raw == bytes(expected)


@settings(deadline=None)
@given(value=st.integers(-300, 300), to=OFFSETS, size=SIZES)
def test_memset(functions: ctypes.CDLL, value: int, to: int, size: int) -> None:
    buffer = ctypes.create_string_buffer(b"x" * 90, 90)
    functions.own_memset(address(buffer, to), ctypes.c_int(value), ctypes.c_size_t(size))
    assert buffer.raw == b"x" * to + bytes([value & 0xFF]) * size + b"x" * (90 - to - size)


@settings(deadline=None)
@given(left=st.binary(max_size=20), right=st.binary(max_size=20))
def test_memcmp(functions: ctypes.CDLL, left: bytes, right: bytes) -> None:
    size = min(len(left), len(right))
    result = functions.own_memcmp(left, right, ctypes.c_size_t(size))
    sign = (left[:size] > right[:size]) - (left[:size] < right[:size])
    assert (result > 0) - (result < 0) == sign
