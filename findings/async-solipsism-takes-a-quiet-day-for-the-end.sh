#!/usr/bin/env bash
# async-solipsism 0.10, CPython 3.11 and later.
#
# Behaviour: the event loop in virtual time raises `SleepForeverError` as soon as nothing is due within the next 24 hours, though
# a timer stands. asyncio never asks a selector to wait longer than that (`MAXIMUM_SELECT_TIMEOUT`), and the selector takes the
# longest wait for one without an end. Timers of weeks work as long as something else is due each day, so they do in most trials;
# the documentation names no limit.
#
# Output seen:
#     sleep(86399):                     86399 s later
#     sleep(86400):                     SleepForeverError
#     30 days beside an hourly beat:    2592000 s later
#     30 days, the beat stops on day 3: SleepForeverError
#
# Whom it hurts: tests of leases, grace periods, certificates and calendars, for which virtual time is wanted most: the error says
# that nothing would ever happen, and one looks for the lost event. A task that wakes up twice a day while the test runs is enough.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install async-solipsism==0.10 2>/dev/null

cat >waits.py <<'PYTHON'
import asyncio

import async_solipsism

HOUR, DAY = 3600, 86400


async def beats(count):
    for _ in range(count):
        await asyncio.sleep(HOUR)


async def waited(seconds, hourly):
    beating = asyncio.create_task(beats(hourly))
    began = asyncio.get_running_loop().time()
    await asyncio.sleep(seconds)
    beating.cancel()
    return f"{asyncio.get_running_loop().time() - began:.0f} s later"


def tell(words, seconds, *, hourly=0):
    loop = async_solipsism.EventLoop()
    try:
        came = loop.run_until_complete(waited(seconds, hourly))
    except async_solipsism.SleepForeverError as error:
        came = type(error).__name__
    print(f"{words + ':':33} {came}")


tell("sleep(86399)", DAY - 1)
tell("sleep(86400)", DAY)
tell("30 days beside an hourly beat", 30 * DAY, hourly=30 * 24)
tell("30 days, the beat stops on day 3", 30 * DAY, hourly=3 * 24)
PYTHON

$python waits.py 2>/dev/null | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
sleep(86399):                     86399 s later
sleep(86400):                     SleepForeverError
30 days beside an hourly beat:    2592000 s later
30 days, the beat stops on day 3: SleepForeverError
SEEN
