from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.catalogue import LICENSES
from licensing.errors import REFUSALS, LicensingError
from licensing.messages import (
    Decision,
    Demand,
    MessagePart,
    RefusedSeat,
    Seat,
    encode,
    from_agent,
    from_node,
)
from licensing.parts import Assembly, Room, in_frames
from licensing.sizes import (
    FRAME_BYTES,
    LARGEST_DEMAND,
    LONGEST_HOLDER,
    MESSAGE_BYTES,
    MOST_PARTS,
    MOST_TRUNKS,
    PART_CHARACTERS,
    SEATS_A_DAY,
    SEATS_OF_A_NODE,
)

LONGEST_LICENSE = max((key for key in LICENSES), key=len)


def demand(holder: str, seats: int) -> Demand:
    """One that names so many seats."""
    wants = [Seat(holder=holder, license=LONGEST_LICENSE)] * seats
    return Demand(request_id="1", lease_id="", wants=wants, releases=[])


def parts_of(message: Demand) -> list[MessagePart]:
    """The parts in which it goes."""
    return [from_node(frame) for frame in in_frames(encode(message), message.request_id)]


@given(st.text(min_size=1, max_size=LONGEST_HOLDER), st.integers(1, 30_000))
def test_a_message_of_any_size_comes_together_again(holder, seats):
    """Whatever the text is, each frame is small enough, and the message is here with the last."""
    message = demand(holder, seats)
    frames = list(in_frames(encode(message), "1"))
    assert max(map(len, frames)) <= FRAME_BYTES
    room = Room()
    free, assembly = room.free, Assembly(room)
    received = [assembly.joined(from_node(frame), from_node) for frame in frames]
    assert received == [None] * (len(frames) - 1) + [message]
    assert room.free == free


def test_what_fits_a_frame_goes_as_it_is():
    """No byte of it is another one than without parts."""
    message = b"x" * FRAME_BYTES
    assert list(in_frames(message)) == [message]
    assert len(list(in_frames(message + b"x"))) == FRAME_BYTES // PART_CHARACTERS + 1


@pytest.mark.parametrize(
    "changed",
    [
        {"number": 1},
        {"number": 3},
        {"count": 100},
        {"request_id": "2"},
        {"content": ""},
    ],
)
def test_parts_follow_each_other(changed):
    """One that is repeated, left out, empty or of another message is refused."""
    first, second = islice(parts_of(demand("200", 30_000)), 2)
    assembly = Assembly(Room())
    assert assembly.take(first) is None
    values = {"request_id": "1", "number": 2, "count": second.count, "content": "x"} | changed
    with pytest.raises(LicensingError, match=r"parts of two messages|in place of part 2"):
        assembly.take(MessagePart(**values))


@pytest.mark.parametrize("count", [0, -1, MOST_PARTS + 1])
def test_no_message_has_so_many_parts(count):
    """A number of parts that no message has is refused with the first."""
    with pytest.raises(LicensingError, match="in place of"):
        Assembly(Room()).take(MessagePart(request_id="1", number=1, count=count, content="x"))


def test_a_message_beyond_all_measure_is_refused_before_it_is_here():
    """Its parts may be few and large."""
    assembly = Assembly(Room())
    content = "x" * (FRAME_BYTES - 100)
    parts = [
        MessagePart(request_id="1", number=number, count=MOST_PARTS, content=content)
        for number in range(1, MOST_PARTS + 1)
    ]
    with pytest.raises(LicensingError, match=str(MESSAGE_BYTES)):
        list(map(assembly.take, parts))


def test_incomplete_messages_have_one_room_for_all_sessions():
    """What finds none is refused; what is forgotten makes room again."""
    room = Room(free=100)
    first, second = Assembly(room), Assembly(room)
    part = MessagePart(request_id="1", number=1, count=2, content="x" * 60)
    assert first.take(part) is None
    with pytest.raises(LicensingError) as busy:
        second.take(part)
    assert busy.value.code == "agent-busy"
    first.forget()
    second.forget()
    assert second.take(part) is None


def test_the_largest_demand_and_its_answer_fit():
    """Every seat of the largest node is given back and as many are wanted, with long names."""
    holders = ["9" * LONGEST_HOLDER] * (SEATS_OF_A_NODE - MOST_TRUNKS)
    holders += ["\N{GRINNING FACE}" * LONGEST_HOLDER] * MOST_TRUNKS
    seats = [Seat(holder=holder, license=LONGEST_LICENSE) for holder in holders]
    message = Demand(request_id="1" * 64, lease_id="x" * 80, wants=seats, releases=seats)
    assert len(message.wants) + len(message.releases) == LARGEST_DEMAND
    reason = max(REFUSALS, key=len)
    refused = [
        RefusedSeat(holder=holder, license=LONGEST_LICENSE, quantity=1, reason=reason)
        for holder in [*holders, *holders]
    ]
    answer = Decision(request_id="1" * 64, granted=[], refused=refused, lease=None)
    for said, read in ((message, from_node), (answer, from_agent)):
        assembly = Assembly(Room())
        *_, last = [assembly.joined(read(frame), read) for frame in in_frames(encode(said))]
        assert last == said


def test_a_day_is_enough_for_the_largest_node():
    """All its licenses can be demanded, given back and demanded again, and more than once."""
    assert SEATS_A_DAY >= 3 * SEATS_OF_A_NODE
