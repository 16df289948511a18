#!/usr/bin/env bash
# ntplib 0.4.0, the newest; CPython 3.11 and later. No server is asked: a packet is read from its 48 bytes.
#
# Behaviour: a time of NTP has 32 bits for the seconds since 1900, which begin again at 0 on 7 February 2036, 06:28:16 UTC (RFC 5905,
# section 6: era 1). `NTPStats` reads each time as one of era 0. An answer of an hour later, from a server whose clock is
# right, is one of 1900: `tx_time`, which most programs show, is a negative number, and `offset` is half of minus 136 years where it
# should be 0. `system_to_ntp_time`, for the client's own packet, gives a number above 32 bits, which `to_data` refuses.
#
# Output seen:
#     a server and a client, both at 2036-02-07 06:00:00: tx_time 2036-02-07 06:00:00, offset 0 s
#     a server and a client, both at 2036-02-07 07:00:00: tx_time 1900-01-01 00:31:44, offset -2147483648 s
#     a packet of its own at 2036-02-07 07:00:00: NTPException: Invalid NTP packet fields.
#
# Whom it hurts: whoever tests today what devices and licenses that are sold for ten years do in 2036, with a clock set ahead:
# the check of the clock fails, not the device. The era nearest to the clock of the computer is the right one (RFC 5905 asks for it).
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install ntplib==0.4.0 2>/dev/null

cat >era.py <<'PYTHON'
import struct
from datetime import datetime, timedelta, timezone

import ntplib

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
SINCE_1900_S = 2_208_988_800


def answer(now):
    """The 48 bytes of a server at stratum 2, all four times of which are `now`."""
    seconds = (int(now.timestamp()) + SINCE_1900_S) % 2**32
    head = struct.pack("!BBBb3I", 0x24, 2, 6, -20, 0, 0, 0x7F000001)
    return head + struct.pack("!II", seconds, 0) * 4


for now in (datetime(2036, 2, 7, hour, tzinfo=timezone.utc) for hour in (6, 7)):
    read = ntplib.NTPStats()
    read.from_data(answer(now))
    read.dest_timestamp = ntplib.system_to_ntp_time(now.timestamp())
    shown = EPOCH + timedelta(seconds=read.tx_time)
    print(f"a server and a client, both at {now:%Y-%m-%d %H:%M:%S}:", end=" ")
    print(f"tx_time {shown:%Y-%m-%d %H:%M:%S}, offset {read.offset:.0f} s")

own = ntplib.NTPPacket(tx_timestamp=ntplib.system_to_ntp_time(now.timestamp()))
try:
    own.to_data()
except ntplib.NTPException as error:
    print(f"a packet of its own at {now:%Y-%m-%d %H:%M:%S}: {type(error).__name__}: {error}")
PYTHON

$python era.py | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
a server and a client, both at 2036-02-07 06:00:00: tx_time 2036-02-07 06:00:00, offset 0 s
a server and a client, both at 2036-02-07 07:00:00: tx_time 1900-01-01 00:31:44, offset -2147483648 s
a packet of its own at 2036-02-07 07:00:00: NTPException: Invalid NTP packet fields.
SEEN
