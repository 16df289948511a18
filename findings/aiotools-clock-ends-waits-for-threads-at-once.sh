#!/usr/bin/env bash
# aiotools 2.2.4 with typing-extensions 4.15.0 (which it imports, and does not ask for), CPython 3.11 and later.
#
# Behaviour: under `VirtualClock.patch_loop` a time-out ends any wait for what works in real time, however soon that would be done.
# Where nothing is ready, the clock jumps to the next timer, and the time-out is that timer: a thread of 50 ms under a time-out of
# an hour is given up after a millisecond. Without a time-out the same wait succeeds. And a timer is called up to a millisecond
# before its time, by the clock that the loop shows: its resolution is set to that, so 1.0009 s are over after 1.0 s.
#
# Output seen:
#     timers at 1.0, 1.0003, 1.0009, 1.0012:  called at 1.0, 1.0, 1.0, 1.0012
#     a thread of 50 ms, no time-out:         done, 0 s later
#     a thread of 50 ms, a time-out of 1 h:   TimeoutError, 3600 s later
#
# Whom it hurts: tests of services that keep their state in SQLite or read files through a thread, or resolve names, for which
# asyncio itself takes one: each time-out around it ends it, of an hour as of a second, and the retries of the service hide why. Whoever
# asserts that a lease was not yet over when its end was handled finds that it was not.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install aiotools==2.2.4 typing-extensions==4.15.0 2>/dev/null

cat >waits.py <<'PYTHON'
import asyncio
import time

from aiotools import VirtualClock

HOUR = 3600


def tell(words, came):
    print(f"{words + ':':39} {came}")


async def thread(time_out):
    loop = asyncio.get_running_loop()
    began = loop.time()
    work = loop.run_in_executor(None, time.sleep, 0.05)
    try:
        await asyncio.wait_for(work, time_out)
        came = "done"
    except TimeoutError as error:
        came = type(error).__name__
    return f"{came}, {loop.time() - began:.0f} s later"


async def timers(*whens):
    loop = asyncio.get_running_loop()
    began, called = loop.time(), []
    for when in whens:
        loop.call_at(began + when, lambda: called.append(str(round(loop.time() - began, 4))))
    await asyncio.sleep(2)
    return "called at " + ", ".join(called)


async def main():
    with VirtualClock().patch_loop():
        tell("timers at 1.0, 1.0003, 1.0009, 1.0012", await timers(1.0, 1.0003, 1.0009, 1.0012))
        tell("a thread of 50 ms, no time-out", await thread(None))
        tell("a thread of 50 ms, a time-out of 1 h", await thread(HOUR))


asyncio.run(main())
PYTHON

$python waits.py 2>/dev/null | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
timers at 1.0, 1.0003, 1.0009, 1.0012:  called at 1.0, 1.0, 1.0, 1.0012
a thread of 50 ms, no time-out:         done, 0 s later
a thread of 50 ms, a time-out of 1 h:   TimeoutError, 3600 s later
SEEN
