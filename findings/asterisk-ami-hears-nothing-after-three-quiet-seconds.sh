#!/usr/bin/env bash
# asterisk-ami 0.1.7; beside it panoramisk 1.4; CPython 3.11 and later.
#
# Behaviour: the `timeout` of `AMIClient` (3 s by default), which its README uses for answers, is also set on the socket. A telephone
# system of which nothing happens for so long ends the thread that reads: the connection stays open, the system goes on sending
# events, and no listener for events hears one again. Nothing is raised or logged; only a client that has a listener with
# `on_disconnect` is told `timed out`. The action after that is sent, and its answer is never seen (`None`).
#
# Output seen (a server that sends three events, with a silence before each):
#     asterisk-ami, 0.5 s of silence: heard 1 2 3
#     asterisk-ami, 4 s of silence: heard nothing
#     asterisk-ami, 4 s of silence, timeout=None: heard 1 2 3
#     panoramisk, 4 s of silence: heard 1 2 3
#
# Whom it hurts: who watches trunks and telephones of an Asterisk by its manager interface: a monitor that works in a busy office
# and sees nothing of the first failure of a quiet night. `AMIClient(timeout=None)` reads on, and waits for answers for ever.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install asterisk-ami==0.1.7 panoramisk==1.4 2>/dev/null

cat >quiet.py <<'PYTHON'
import asyncio
import socket
import threading
import time

from asterisk.ami import AMIClient
from panoramisk import Manager

EVENT = "Event: PeerStatus\r\nPrivilege: system,all\r\nPeer: PJSIP/north\r\nPeerStatus: {}\r\n\r\n"
WELCOME = "Response: Success\r\nActionID: {}\r\nMessage: Authentication accepted\r\n\r\n"


def telephone_system(listening, silence_s):
    client, _ = listening.accept()
    client.sendall(b"Asterisk Call Manager/5.0.2\r\n")
    login = client.recv(4096).decode()
    name = next(line[10:] for line in login.splitlines() if line.lower().startswith("actionid: "))
    client.sendall(WELCOME.format(name).encode())
    for status in "123":
        time.sleep(silence_s)
        client.sendall(EVENT.format(status).encode())
    time.sleep(0.5)
    listening.close()


def system(silence_s):
    listening = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=telephone_system, args=(listening, silence_s), daemon=True).start()
    return listening.getsockname()[1]


def heard_by_asterisk_ami(silence_s, **options):
    port, heard = system(silence_s), []
    client = AMIClient(address="127.0.0.1", port=port, **options)
    client.add_event_listener(lambda event, **_: heard.append(event["PeerStatus"]))
    client.login("monitor", "word").response
    time.sleep(3 * silence_s + 0.3)
    return heard


async def heard_by_panoramisk(silence_s):
    heard = []
    manager = Manager(host="127.0.0.1", port=system(silence_s), username="monitor", secret="word")
    manager.register_event("PeerStatus", lambda _, event: heard.append(event["PeerStatus"]))
    await manager.connect()
    await asyncio.sleep(3 * silence_s + 0.3)
    return heard


print("asterisk-ami, 0.5 s of silence: heard", *heard_by_asterisk_ami(0.5))
print("asterisk-ami, 4 s of silence: heard", *heard_by_asterisk_ami(4) or ["nothing"])
print("asterisk-ami, 4 s of silence, timeout=None: heard", *heard_by_asterisk_ami(4, timeout=None))
print("panoramisk, 4 s of silence: heard", *asyncio.run(heard_by_panoramisk(4)))
PYTHON

timeout 120 $python quiet.py 2>errors | tee seen
cat errors >&2
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
asterisk-ami, 0.5 s of silence: heard 1 2 3
asterisk-ami, 4 s of silence: heard nothing
asterisk-ami, 4 s of silence, timeout=None: heard 1 2 3
panoramisk, 4 s of silence: heard 1 2 3
SEEN
