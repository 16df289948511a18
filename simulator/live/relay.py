"""One relayed TCP connection: two streams, each delayed, held, lost or severed as its route says.

Bytes are never changed, never reordered, and read no faster than they are taken: a sender feels a
slow receiver.
"""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Container
from contextlib import ExitStack, suppress

import msgspec

from licensing.policies import NS_PER_SECOND
from simulator.live.relay_route import RelayRoute, now_ns
from simulator.network.path import Path
from simulator.network.queue import Queue
from simulator.network.route import passable
from simulator.network.virtual_time import LONG_AGO_NS

BUFFER_BYTES = 262_144
"""Of one direction so many are under way at most; a kernel's buffers hold as much."""

CHUNK_BYTES = 65_536
_LINGER_NOT = struct.pack("ii", 1, 0)


class Parcel(msgspec.Struct):
    """Bytes that were read at once; none are the end of the stream, None is a reset.

    On its way it knows its `hops`, and in `places_ns` until when it has its place in each queue.
    """

    data: bytes | None
    hops: tuple[Path, ...] = ()
    places_ns: dict[Queue, int] = msgspec.field(default_factory=dict)
    travel_ns: int = 0
    arrives_ns: int = 0

    @property
    def size_bytes(self) -> int:
        """An end has none."""
        return len(self.data or b"")


class Devices:
    """What on the way decides about one connection: the hops on which it is `severed` for good.

    Where a link forgets idle connections, that is after it has carried no data of it for so long;
    a device that has not seen the connection yet takes it up.
    """

    def __init__(self, *relay_routes: RelayRoute) -> None:
        self._severed: set[Path] = set()
        links = (hop.link for each in relay_routes for hop in each.route.devices)
        self._carried_ns = dict.fromkeys(links, now_ns())

    def carry(self, relay_route: RelayRoute) -> None:
        """Something is sent along a route of the connection."""
        at_ns = now_ns()
        for hop in relay_route.route.devices:
            if hop.forgets(at_ns - self._carried_ns.get(hop.link, at_ns)):
                self._severed.add(hop)
        if self.let_through(relay_route):
            for hop in relay_route.route.devices:
                self._carried_ns[hop.link] = at_ns

    def let_through(self, relay_route: RelayRoute) -> bool:
        """Whether anything of the connection arrives over a route."""
        return relay_route.is_open and self._severed.isdisjoint(relay_route.route.hops)

    def review(self, relay_route: RelayRoute) -> None:
        """A route has changed: what meets a hop that loses everything never gets through there."""
        self._severed.update(relay_route.route.severing())


class Stream:
    """What one end of a connection sends to the other: read, kept until it has arrived, written.

    A blocked route keeps all that has not arrived; once there is an open one it is sent anew, in
    its order.
    """

    def __init__(
        self,
        relay_route: RelayRoute,
        devices: Devices,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.relay_route = relay_route
        self.back: Stream
        self._devices = devices
        self._reader = reader
        self._writer = writer
        self._under_way: deque[Parcel] = deque()
        self._news = asyncio.Event()
        self._last_arrival_ns = LONG_AGO_NS
        self._size_bytes = 0
        self._room = asyncio.Event()
        self._finished = False

    def send(self, data: bytes | None) -> None:
        """Send bytes; none are the end of the stream, None is a reset."""
        parcel = Parcel(data)
        self._under_way.append(parcel)
        self._size_bytes += parcel.size_bytes
        self._devices.carry(self.relay_route)
        if self.relay_route.is_open:
            self._dispatch(parcel)

    def review(self) -> None:
        """The route has changed: what is held, or was lost on hops that fail, is sent anew."""
        self._news.set()
        if not self.relay_route.is_open:
            for parcel in self._under_way:
                parcel.hops = ()
        elif self._under_way and not all(_is_carried(parcel) for parcel in self._under_way):
            self._devices.carry(self.relay_route)
            self._last_arrival_ns = now_ns()
            for parcel in self._under_way:
                self._dispatch(parcel)

    def requeue(self, queue: Queue, bandwidth_bit_s: int | None) -> None:
        """A queue is about to get another bandwidth: what has not left leaves at the new one."""
        at_ns = now_ns()
        if not any(queue in parcel.places_ns for parcel in self._under_way):
            return
        self._last_arrival_ns = at_ns
        for parcel in self._under_way:
            if queue in parcel.places_ns:
                place_ns = parcel.places_ns[queue]
                parcel.places_ns[queue] = queue.instead_ns(place_ns, at_ns, bandwidth_bit_s)
            self._schedule(parcel)

    def _dispatch(self, parcel: Parcel) -> None:
        at_ns, route = now_ns(), self.relay_route.route
        parcel.hops = route.hops
        parcel.places_ns = {
            queue: queue.leaves_ns(at_ns, parcel.size_bytes) for queue in route.queues
        }
        parcel.travel_ns = self.relay_route.travel_ns()
        self._schedule(parcel)

    def _schedule(self, parcel: Parcel) -> None:
        """It never arrives before the one ahead of it; whoever waits for it looks again."""
        arrival_ns = max(parcel.places_ns.values(), default=now_ns()) + parcel.travel_ns
        self._last_arrival_ns = max(arrival_ns, self._last_arrival_ns)
        parcel.arrives_ns = self._last_arrival_ns
        self._news.set()

    async def take(self) -> None:
        """Read what the sender sends, until its end."""
        try:
            while data := await self._reader.read(CHUNK_BYTES):
                self.send(data)
                await self._until_there_is_room()
            self.send(b"")
        except OSError:
            self.send(None)

    async def _until_there_is_room(self) -> None:
        while self._size_bytes >= BUFFER_BYTES and not self._finished:
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
            self._size_bytes -= len(data)
        return bool(data)

    async def _until_the_first_arrives(self) -> None:
        while (wait_s := self._first_arrives_in_s()) is None or wait_s > 0:
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._news.wait()

    def _first_arrives_in_s(self) -> float | None:
        """None where it does not, as long as nothing happens."""
        if not self._under_way or not self._devices.let_through(self.relay_route):
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

    def __init__(self, there: RelayRoute, back: RelayRoute, dialed: socket.socket) -> None:
        self.streams: tuple[Stream, ...] = ()
        self._relay_routes = (there, back)
        self._devices = Devices(there, back)
        self._dialed = dialed

    async def run(self, onward: socket.socket, address: tuple[str, int]) -> None:
        """Relay until both directions have ended; where nobody listens the dialer is reset."""
        with ExitStack() as stack:
            stack.callback(onward.close)
            near = await _opened(self._dialed, stack)
            there, back = self._relay_routes
            answer = Stream(back, self._devices, *near)
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
                Stream(there, self._devices, near[0], far[1]),
                Stream(back, self._devices, far[0], near[1]),
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
        """A route has changed."""
        for relay_route in self._relay_routes:
            self._devices.review(relay_route)
        for stream in self.streams:
            stream.review()

    def is_over(self, paths: Container[Path]) -> bool:
        """Whether it goes over one of these paths at present."""
        routes = (relay_route.route for relay_route in self._relay_routes)
        return any(hop in paths for route in routes for hop in route.hops)

    def requeue(self, queue: Queue, bandwidth_bit_s: int | None) -> None:
        """A queue is about to get another bandwidth."""
        for stream in self.streams:
            stream.requeue(queue, bandwidth_bit_s)

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


def _is_carried(parcel: Parcel) -> bool:
    return bool(parcel.hops) and passable(parcel.hops)
