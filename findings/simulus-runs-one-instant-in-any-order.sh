#!/usr/bin/env bash
# simulus 1.2.1; beside it simpy 4.1.1; CPython 3.11 and later.
#
# Behaviour: what is scheduled for the same simulated time runs in neither the order in which it was scheduled nor its reverse: it is
# the order in which a heap without a tie-breaker gives it back. The same holds for processes that sleep until the same time, and
# for those that ask for a resource at the same time, whose queue is called first in, first out. Two runs agree with each other, and
# with two or three events the order often looks right, so that small tests pass. The manual does not say what the order is.
#
# Output seen:
#     simulus, events of one time: acgfhebd
#     simulus, processes that slept until one time: agecdbhf
#     simulus, asked for one resource at one time, served: acghfbde
#     simulus, two events of one time: ab
#     simpy, events of one time: abcdefgh
#     simpy, asked for one resource at one time, served: abcdefgh
#
# Whom it hurts: who simulates a network with it, where a link is cut and healed, a timer ends and an answer arrives in the same
# instant: which of them is first changes with what else is due then. A tie-breaker of one's own (a small offset) is the way out.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install simulus==1.2.1 simpy==4.1.1 2>/dev/null

cat >ties.py <<'PYTHON'
import simpy
import simulus

NAMES = "abcdefgh"


def scheduled(names):
    simulator, seen = simulus.simulator(), []
    for name in names:
        simulator.sched(seen.append, name, until=10)
    simulator.run()
    return "".join(seen)


def slept():
    simulator, seen = simulus.simulator(), []

    def sleeper(name):
        simulator.sleep(5)
        seen.append(name)

    for name in NAMES:
        simulator.process(sleeper, name)
    simulator.run()
    return "".join(seen)


def served():
    simulator, seen = simulus.simulator(), []
    line = simulator.resource()

    def caller(name):
        line.acquire()
        seen.append(name)
        simulator.sleep(1)
        line.release()

    for name in NAMES:
        simulator.process(caller, name)
    simulator.run()
    return "".join(seen)


def simpy_served():
    environment, seen, asked = simpy.Environment(), [], []
    line = simpy.Resource(environment)

    def caller(name):
        yield environment.timeout(5)
        asked.append(name)
        with line.request() as request:
            yield request
            seen.append(name)
            yield environment.timeout(1)

    for name in NAMES:
        environment.process(caller(name))
    environment.run()
    return "".join(asked), "".join(seen)


print("simulus, events of one time:", scheduled(NAMES))
print("simulus, processes that slept until one time:", slept())
print("simulus, asked for one resource at one time, served:", served())
print("simulus, two events of one time:", scheduled("ab"))
asked, seen = simpy_served()
print("simpy, events of one time:", asked)
print("simpy, asked for one resource at one time, served:", seen)
PYTHON

timeout 60 $python ties.py | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
simulus, events of one time: acgfhebd
simulus, processes that slept until one time: agecdbhf
simulus, asked for one resource at one time, served: acghfbde
simulus, two events of one time: ab
simpy, events of one time: abcdefgh
simpy, asked for one resource at one time, served: abcdefgh
SEEN
