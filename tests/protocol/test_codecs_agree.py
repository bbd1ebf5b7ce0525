"""The Python and the C codec give every field of every message the same place and meaning, both ways."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from c_codec import CCodec, as_c_prints, compile_codec
from hypothesis import given, settings
from hypothesis import strategies as st
from random_messages import random_message
from skipstone.tools.protocol.messages import REPLIES, REQUESTS
from skipstone.tools.protocol.registry import load_registry
from skipstone.tools.protocol.wire import Payload, ProtocolError

LAYOUTS = {layout.NAME: layout for layout in (*REQUESTS.values(), *REPLIES.values())}
SEEDS = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def c_codec(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CCodec]:
    codec = CCodec(compile_codec(load_registry(), tmp_path_factory.mktemp("codec")))
    yield codec
    codec.close()


@pytest.mark.parametrize("name", LAYOUTS)
def test_c_reads_what_python_wrote_and_the_reverse(c_codec: CCodec, name: str) -> None:
    layout = LAYOUTS[name]

    @settings(max_examples=60, deadline=None)
    @given(seed=SEEDS)
    def check(seed: int) -> None:
        message = random_message(layout, seed)
        payload = message.encode()
        decoded = c_codec(layout.TYPE, payload)
        assert decoded is not None
        fields, again = decoded
        assert fields == as_c_prints(message)
        assert layout.decode(again) == message

    check()


@settings(max_examples=500, deadline=None)
@given(name=st.sampled_from(sorted(LAYOUTS)), payload=st.binary(max_size=300))
def test_both_accept_and_refuse_the_same_payloads(c_codec: CCodec, name: str, payload: bytes) -> None:
    layout = LAYOUTS[name]
    try:
        layout.decode(payload)
        accepted = True
    except ProtocolError:
        accepted = False
    assert (c_codec(layout.TYPE, payload) is not None) == accepted


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(sorted(LAYOUTS)), seed=SEEDS, change=st.integers(-400, 400).filter(bool))
def test_a_payload_of_another_length_is_refused(c_codec: CCodec, name: str, seed: int, change: int) -> None:
    layout: type[Payload] = LAYOUTS[name]
    payload = random_message(layout, seed).encode()
    wrong = payload[:change] if change < 0 else payload + bytes(change)
    if len(wrong) == len(payload):
        return
    with pytest.raises(ProtocolError):
        layout.decode(wrong)
    assert c_codec(layout.TYPE, wrong) is None
