"""Messages that are larger than a frame: how they go in parts, and come together again.

Pure. Whoever receives counts a message when its last part is here; one of which parts are missing
is forgotten with its session. What such messages may take is bounded, over all sessions of a
program, so that nobody fills its memory with what is never finished.
"""

from collections.abc import Callable, Iterator
from typing import TypeVar

from licensing.errors import LicensingError
from licensing.messages import Message, MessagePart, encode
from licensing.sizes import (
    FRAME_BYTES,
    MESSAGE_BYTES,
    MOST_PARTS,
    PART_CHARACTERS,
    UNFINISHED_BYTES,
)

Received = TypeVar("Received", bound=Message)


def in_frames(message: bytes, request_id: str = "") -> Iterator[bytes]:
    """The frames of an encoded message: the message itself, or its parts under one request id."""
    if len(message) <= FRAME_BYTES:
        yield message
        return
    text = message.decode()
    starts = range(0, len(text), PART_CHARACTERS)
    for number, start in enumerate(starts, 1):
        content = text[start : start + PART_CHARACTERS]
        yield encode(
            MessagePart(request_id=request_id, number=number, count=len(starts), content=content)
        )


class Room:
    """What incomplete messages may take at one program, in bytes."""

    def __init__(self, free: int = UNFINISHED_BYTES) -> None:
        self.free = free


class Assembly:
    """The message that comes in parts in one session; one at a time."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._of: tuple[str, int] | None = None
        self._contents: list[bytes] = []
        self._bytes = 0

    def joined(self, message: Received, read: Callable[[bytes], Received]) -> Received | None:
        """`message`, or what its parts are as `read` has it; None while more parts are to come.

        Raises as `take` and `read`.
        """
        if not isinstance(message, MessagePart):
            return message
        whole = self.take(message)
        return None if whole is None else read(whole)

    def take(self, part: MessagePart) -> bytes | None:
        """The encoded message, where this is its last part.

        Raises `message-malformed` for a part that does not follow the one before,
        `request-too-large`, and `agent-busy` where too much is incomplete already.
        """
        self._require_next(part)
        self._keep(part.content.encode())
        if part.number < part.count:
            return None
        whole = b"".join(self._contents)
        self.forget()
        return whole

    def forget(self) -> None:
        """What is here never becomes a message."""
        self._room.free += self._bytes
        self._of, self._contents, self._bytes = None, [], 0

    def _require_next(self, part: MessagePart) -> None:
        number = len(self._contents) + 1
        of = self._of = self._of or (part.request_id, part.count)
        if (part.request_id, part.count) != of:
            raise LicensingError("message-malformed", reason="parts of two messages")
        if part.number != number or not number <= part.count <= MOST_PARTS or not part.content:
            reason = f"part {part.number} of {part.count} in place of part {number}"
            raise LicensingError("message-malformed", reason=reason)

    def _keep(self, content: bytes) -> None:
        if self._bytes + len(content) > MESSAGE_BYTES:
            raise LicensingError("request-too-large", limit=MESSAGE_BYTES)
        if len(content) > self._room.free:
            raise LicensingError("agent-busy")
        self._contents.append(content)
        self._bytes += len(content)
        self._room.free -= len(content)
