#!/usr/bin/env bash
# asyncio of CPython 3.11.7, 3.12.1 and 3.13.0, Linux.
#
# Behaviour: the documentation says that asyncio sets TCP_NODELAY for all TCP connections. It does so only for sockets whose
# `proto` is IPPROTO_TCP. `socket.socket(AF_INET, SOCK_STREAM)` has 0 there, and what its listener accepts inherits it: handed
# over by `sock=`, both ends of a connection keep Nagle's algorithm. The second of two small writes then waits for the delayed
# acknowledgement of the first, 40 ms on Linux, where the receiver has nothing to say before it has both.
#
# Output seen:
#     protocol left out:  TCP_NODELAY 0
#     protocol named:     TCP_NODELAY 1
#     protocol left out:  20 exchanges of two pieces take more than 0.5 s: yes
#     protocol named:     20 exchanges of two pieces take more than 0.5 s: no
#
# Whom it hurts: proxies, relays and clients that make their own sockets, to bind them or to put them into a network namespace.
# `socket.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)` is the way out.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

cat >pieces.py <<'PYTHON'
import asyncio
import contextlib
import socket
import sys
import time


def tcp(protocol):
    endpoint = socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol)
    endpoint.setblocking(False)
    return endpoint


async def answer(reader, writer):
    with contextlib.suppress(EOFError, OSError):
        while await reader.readexactly(2):
            writer.write(b"!")
    writer.close()


async def exchanges(protocol):
    listener = tcp(protocol)
    listener.bind(("127.0.0.1", 0))
    server = await asyncio.start_server(answer, sock=listener)
    dialing = tcp(protocol)
    await asyncio.get_running_loop().sock_connect(dialing, listener.getsockname())
    reader, writer = await asyncio.open_connection(sock=dialing)
    began = time.perf_counter()
    for _ in range(20):
        for piece in (b"a", b"b"):
            writer.write(piece)
            await writer.drain()
        await reader.readexactly(1)
    slow = time.perf_counter() - began > 0.5
    nodelay = int(bool(dialing.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
    writer.close()
    await writer.wait_closed()
    server.close()
    return nodelay, slow


async def main():
    found = {"left out:": await exchanges(0), "named:": await exchanges(socket.IPPROTO_TCP)}
    for name, (nodelay, _) in found.items():
        print(f"protocol {name:10} TCP_NODELAY {nodelay}")
    for name, (_, slow) in found.items():
        answer = "yes" if slow else "no"
        print(f"protocol {name:10} 20 exchanges of two pieces take more than 0.5 s: {answer}")
    if found != {"left out:": (0, True), "named:": (1, False)}:
        sys.exit("the behaviour has changed")


asyncio.run(main())
PYTHON
python3 pieces.py
