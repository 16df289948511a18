"""One relayed TCP connection: two streams, each delayed, held, lost or severed as its path says.

Bytes are never changed, never reordered, and read no faster than they are taken: a sender feels a
slow receiver.
"""

import asyncio
import socket
import struct
from collections import deque
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from licensing.policies import NS_PER_SECOND
from simulator.live.relay_path import RelayPath, now_ns
from simulator.network.virtual_time import LONG_AGO_NS

BUFFER = 262_144
"""Bytes of one direction that are under way at most; a kernel's buffers hold as much."""

CHUNK = 65_536
_LINGER_NOT = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class Parcel:
    """Bytes that were read at once; none are the end of the stream, None is a reset."""

    data: bytes | None
    leaves_ns: int = 0
    travel_ns: int = 0
    arrives_ns: int = 0

    @property
    def size(self) -> int:
        """In bytes; an end has none."""
        return len(self.data or b"")


class Device:
    """What on the way decides about one connection: which of its paths are `severed` for good.

    Where its link forgets idle connections, both are, once it has carried no data for so long.
    """

    def __init__(self) -> None:
        self.severed: set[RelayPath] = set()
        self._carried_ns = now_ns()

    def carry(self, relay_path: RelayPath) -> None:
        """Something is sent along a path of the connection."""
        at_ns = now_ns()
        if relay_path.path.forgets(at_ns - self._carried_ns):
            self.severed.add(relay_path)
        elif relay_path.is_open and relay_path not in self.severed:
            self._carried_ns = at_ns


class Stream:
    """What one end of a connection sends to the other: read, kept until it has arrived, written.

    A blocked path keeps all that has not arrived; when it opens they are sent anew, in their order.
    """

    def __init__(
        self,
        relay_path: RelayPath,
        device: "Device",
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.relay_path = relay_path
        self.back: Stream
        self._device = device
        self._reader = reader
        self._writer = writer
        self._under_way: deque[Parcel] = deque()
        self._news = asyncio.Event()
        self._last_arrival_ns = LONG_AGO_NS
        self._size = 0
        self._room = asyncio.Event()
        self._finished = False

    def send(self, data: bytes | None) -> None:
        """Send bytes; none are the end of the stream, None is a reset."""
        parcel = Parcel(data)
        self._under_way.append(parcel)
        self._size += parcel.size
        self._device.carry(self.relay_path)
        if self.relay_path.is_open:
            self._dispatch(parcel)

    def send_anew(self) -> None:
        """The path is open again."""
        if self._under_way:
            self._device.carry(self.relay_path)
        for parcel in self._under_way:
            self._dispatch(parcel)

    def requeue(self, bandwidth_bit_s: int | None) -> None:
        """The path is about to get another bandwidth: what has not left leaves at the new one."""
        self._last_arrival_ns = at_ns = now_ns()
        for parcel in self._under_way:
            parcel.leaves_ns = self.relay_path.path.queue.instead_ns(
                parcel.leaves_ns, at_ns, bandwidth_bit_s
            )
            self._schedule(parcel)

    def _dispatch(self, parcel: Parcel) -> None:
        parcel.leaves_ns = self.relay_path.path.queue.leaves_ns(now_ns(), parcel.size)
        parcel.travel_ns = self.relay_path.travel_ns()
        self._schedule(parcel)

    def _schedule(self, parcel: Parcel) -> None:
        """It never arrives before the one ahead of it; whoever waits for it looks again."""
        arrival_ns = parcel.leaves_ns + parcel.travel_ns
        self._last_arrival_ns = max(arrival_ns, self._last_arrival_ns)
        parcel.arrives_ns = self._last_arrival_ns
        self._news.set()

    async def take(self) -> None:
        """Read what the sender sends, until its end."""
        try:
            while data := await self._reader.read(CHUNK):
                self.send(data)
                await self._until_there_is_room()
            self.send(b"")
        except OSError:
            self.send(None)

    async def _until_there_is_room(self) -> None:
        while self._size >= BUFFER and not self._finished:
            self._room.clear()
            await self._room.wait()

    async def give(self) -> None:
        """Write what has arrived to the receiver; a receiver that is gone resets the sender."""
        try:
            while await self._deliver():
                self._room.set()
        except OSError:
            self.back.fail()
        finally:
            self._finished = True
            self._room.set()

    async def _deliver(self) -> bool:
        await self._until_the_first_arrives()
        data = self._under_way.popleft().data
        if data is None:
            self.reset_receiver()
        elif not data:
            self._writer.write_eof()
        else:
            self._writer.write(data)
            await self._writer.drain()
            self._size -= len(data)
        return bool(data)

    async def _until_the_first_arrives(self) -> None:
        while (wait_s := self._first_arrives_in_s()) is None or wait_s > 0:
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._news.wait()

    def _first_arrives_in_s(self) -> float | None:
        """None where it does not, as long as nothing happens."""
        passable = self.relay_path.is_open and self.relay_path not in self._device.severed
        if not self._under_way or not passable:
            return None
        return (self._under_way[0].arrives_ns - now_ns()) / NS_PER_SECOND

    def fail(self) -> None:
        """The sender is gone: reset the receiver, where it has already had its end at once."""
        if self._finished:
            self.reset_receiver()
        else:
            self.send(None)

    def reset_receiver(self) -> None:
        """The receiving end gets a reset, and what it has not read yet is lost."""
        endpoint: socket.socket | None = self._writer.get_extra_info("socket")
        if endpoint is not None and not self._writer.is_closing():
            endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self._writer.transport.abort()

    async def close(self) -> None:
        """Both ends have said all: close when the receiver has taken it."""
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()


class Relay:
    """A dial that was let in, and the connection to the program that it is for."""

    def __init__(self, there: RelayPath, back: RelayPath, dialed: socket.socket) -> None:
        self.ends = {there.path.source, there.path.destination}
        self.streams: tuple[Stream, ...] = ()
        self._relay_paths = (there, back)
        self._device = Device()
        self._dialed = dialed

    async def run(self, onward: socket.socket, address: tuple[str, int]) -> None:
        """Relay until both directions have ended; where nobody listens the dialer is reset."""
        with ExitStack() as stack:
            stack.callback(onward.close)
            near = await _opened(self._dialed, stack)
            there, back = self._relay_paths
            answer = Stream(back, self._device, *near)
            self.streams = (answer,)
            try:
                await there.cross()
                if near[1].is_closing():  # reset before anybody was dialed
                    return
                await asyncio.get_running_loop().sock_connect(onward, address)
            except OSError:
                await back.cross()
                answer.reset_receiver()
                return
            far = await _opened(onward, stack)
            await self._relay(
                Stream(there, self._device, near[0], far[1]),
                Stream(back, self._device, far[0], near[1]),
            )

    async def _relay(self, there: Stream, back: Stream) -> None:
        there.back, back.back = back, there
        self.streams = (there, back)
        async with asyncio.TaskGroup() as tasks:
            for stream in self.streams:
                tasks.create_task(stream.take())
                tasks.create_task(stream.give())
        await there.close()
        await back.close()

    def review(self) -> None:
        """A path has changed; what was severed stays so."""
        self._device.severed.update(path for path in self._relay_paths if path.severs)

    def send_anew(self, relay_path: RelayPath) -> None:
        """A path is open again."""
        for stream in self.streams:
            if stream.relay_path is relay_path:
                stream.send_anew()

    def requeue(self, bandwidth_bit_s: int | None) -> None:
        """Both paths are about to get another bandwidth."""
        for stream in self.streams:
            stream.requeue(bandwidth_bit_s)

    def reset(self) -> None:
        """Both ends get a reset, now."""
        for stream in self.streams:
            stream.reset_receiver()


async def _opened(
    endpoint: socket.socket, stack: ExitStack
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(sock=endpoint)
    stack.callback(writer.transport.abort)
    return reader, writer
