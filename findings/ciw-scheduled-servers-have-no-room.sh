#!/usr/bin/env bash
# ciw 3.2.7, CPython 3.11 and later.
#
# Behaviour: `queue_capacities` says how many may wait besides those in service. Where `number_of_servers` is a `Schedule`, it is
# the room of the whole node, service included: the capacity is added up before the schedule has its first servers, and never
# again. Two lines by a schedule that says 2 all the time refuse every call where nobody may wait, and so does any number of lines.
# Records of services and of refusals have the same form, so means over all of them are still numbers.
#
# Output seen (two lines, 2 erlangs offered, 20,000 units of time; share refused, and what Erlang's formula says):
#     nobody may wait: 2 lines 0.40, a schedule of 2 1.00; formula 0.40
#     one may wait:    2 lines 0.29, a schedule of 2 0.67; formula 0.29
#     two may wait:    2 lines 0.22, a schedule of 2 0.40; formula 0.22
#
# Whom it hurts: models of trunks, agents or staff by the hour, where the schedule is what they are made for. With large capacities
# it is hardly seen: too small by the number of servers. Add the largest number of servers of the schedule to `queue_capacities`:
# right while the number stays, and the nearest that there is where it changes.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install ciw==3.2.7 2>/dev/null

cat >lines.py <<'PYTHON'
import ciw

LINES, ERLANGS = 2, 2


def refused(servers, waiting):
    """The share of calls that are refused."""
    ciw.seed(1)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(1)],
        service_distributions=[ciw.dists.Exponential(1 / ERLANGS)],
        number_of_servers=[servers],
        queue_capacities=[waiting],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(20_000)
    kinds = [record.record_type for record in simulation.get_all_records()]
    return kinds.count("rejection") / len(kinds)


def formula(waiting):
    """The chance that a node with so many places is full (M/M/c/K)."""
    weights = [1.0]
    for busy in range(1, LINES + waiting + 1):
        weights.append(weights[-1] * ERLANGS / min(busy, LINES))
    return weights[-1] / sum(weights)


for waiting, words in enumerate(("nobody may wait:", "one may wait:", "two may wait:")):
    always = ciw.Schedule(numbers_of_servers=[LINES], shift_end_dates=[1000])
    print(
        f"{words:16} {LINES} lines {refused(LINES, waiting):.2f},"
        f" a schedule of {LINES} {refused(always, waiting):.2f}; formula {formula(waiting):.2f}"
    )
PYTHON

$python lines.py | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
nobody may wait: 2 lines 0.40, a schedule of 2 1.00; formula 0.40
one may wait:    2 lines 0.29, a schedule of 2 0.67; formula 0.29
two may wait:    2 lines 0.22, a schedule of 2 0.40; formula 0.22
SEEN
