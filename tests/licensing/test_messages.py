import msgspec
import pytest
from examples import examples_of, members_of
from hypothesis import given
from hypothesis import strategies as st

from licensing.errors import LicensingError
from licensing.messages import (
    Challenge,
    FromAgent,
    FromNode,
    Heartbeat,
    Hello,
    MessagePart,
    encode,
    from_agent,
    from_node,
    hello_message,
    welcome_message,
)
from licensing.words import NodeState

CHALLENGE = Challenge(nonce="agent's", agent_key="key")
HELLO = Hello(
    node="north",
    locking_id="00-1A-E8-4C-00-02",
    epoch=1,
    seq=2,
    serial=3,
    boot_id="boot-1",
    nonce="node's",
    state=NodeState.REGULAR,
    signature="signature",
)
OTHER_VALUES = {
    "version": 3,
    "node": "south",
    "locking_id": "00-1A-E8-4C-00-03",
    "epoch": 9,
    "seq": 9,
    "serial": 9,
    "boot_id": "boot-2",
    "nonce": "another",
    "agent_key": "another",
    "state": NodeState.EMERGENCY,
    "expired_for_s": 0,
    "public_key": "another",
}


@given(st.one_of([examples_of(kind) for kind in members_of(FromNode)]))
def test_every_message_of_a_node_is_read_back(message):
    """One text frame is one message."""
    assert from_node(encode(message).decode()) == message


@given(st.one_of([examples_of(kind) for kind in members_of(FromAgent)]))
def test_every_message_of_the_agent_is_read_back(message):
    """And no node takes it for a message of a node; a part may be of either."""
    assert from_agent(encode(message)) == message
    if isinstance(message, MessagePart):
        return
    with pytest.raises(LicensingError):
        from_node(encode(message))


HEARTBEAT = b'"message":"heartbeat","number":1,"seq":2'


@pytest.mark.parametrize("read", [from_node, from_agent])
@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\x00\x01\xff",
        b"null",
        b"[]",
        b"{}",
        b"{" + HEARTBEAT,
        b"{" + HEARTBEAT + b"} {}",
        b"{" + HEARTBEAT + b',"extra":1}',
        b'{"message":"heartbeat","number":"1","seq":2}',
        b'{"message":"heartbeat","number":1}',
        b'{"message":"heartbeat","number":1e400,"seq":2}',
        b'{"message":"heartbeat","number":' + b"9" * 5000 + b',"seq":2}',
        b'{"message":"heart\xff","number":1,"seq":2}',
        b'{"message":"demand","request_id":"\xff"}',
        b'{"message":"hello","version":1}',
        b'{"message":"goodbye"}',
        b'{"message":' + b"[" * 100_000,
        b'{"extra":' + b"[" * 100_000,
        '{"message":"\ud800"}',
    ],
    ids=range(19),
)
def test_a_frame_that_is_no_message_is_refused(read, frame):
    """Unknown field, message or version, wrong types, no JSON, binary, too deep: one error."""
    with pytest.raises(LicensingError) as refusal:
        read(frame)
    assert refusal.value.code == "message-malformed"


def test_the_refusal_names_the_place():
    """Whoever wrote the frame finds the field."""
    with pytest.raises(LicensingError, match=r"\$\.wants\[0\]\.quantity"):
        from_node(
            b'{"message":"demand","request_id":"","lease_id":"",'
            b'"wants":[{"holder":"1","license":"ip","quantity":"2"}],"releases":[]}'
        )


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(frame):
    """Whatever arrives, the session ends by the rules."""
    with pytest.raises(LicensingError):
        from_node(frame)


def test_a_hello_signature_covers_every_field_of_both_sides():
    """Nothing can be altered or replayed: each field changes the signed bytes (F12)."""
    signed = hello_message(CHALLENGE, HELLO)
    for field in Hello.__struct_fields__:
        if field != "signature":
            other = msgspec.structs.replace(HELLO, **{field: OTHER_VALUES[field]})
            assert hello_message(CHALLENGE, other) != signed, field
    for field in Challenge.__struct_fields__:
        challenge = msgspec.structs.replace(CHALLENGE, **{field: OTHER_VALUES[field]})
        assert hello_message(challenge, HELLO) != signed, field


def test_a_hello_signature_does_not_cover_itself():
    """It is computed before it is filled in, and checked after."""
    unsigned = msgspec.structs.replace(HELLO, signature="")
    assert hello_message(CHALLENGE, HELLO) == hello_message(CHALLENGE, unsigned)


def test_a_proof_covers_the_nonce_and_the_name_of_the_node():
    """A welcome for one hello is none for another."""
    proofs = {
        welcome_message(msgspec.structs.replace(HELLO, **change))
        for change in ({}, {"nonce": "another"}, {"node": "south"})
    }
    assert len(proofs) == 3


def test_equal_messages_have_equal_bytes():
    """A stored decision is replayed byte for byte (A8)."""
    assert encode(Heartbeat(number=1, seq=2)) == b"{" + HEARTBEAT + b"}"
