#!/usr/bin/env bash
# pyqueueing 0.1.1, numpy 2.4.6, scipy 1.17.1, CPython 3.11 and later.
#
# Behaviour: `ErlangA` (M/M/c+M: who waits too long hangs up) adds up the states of a system of at most 500 callers, those in
# service included, and leaves out all others, however likely they are. From 500 agents on nobody has a place to wait: what is
# called the chance to wait is Erlang's B, and nobody ever hangs up. Shortly before, a part of the queue is missing. No error is
# given, and `CallCenterPlanner` counts agents by it. In small centres all is right, so it does not happen where one tries it out.
#
# Output seen (load of 2 % more erlangs than agents, patience of two thirds of a call; in brackets, by the same equations with all
# states; and the agents with whom no more than 0.5 % of the callers hang up):
#       50 agents: 52.1 % wait, 7.2 % hang up, 94.7 % busy  (52.1 %, 7.2 %)
#      400 agents: 59.8 % wait, 3.3 % hang up, 98.6 % busy  (59.8 %, 3.3 %)
#      480 agents: 51.0 % wait, 1.5 % hang up, 100.5 % busy  (61.0 %, 3.1 %)
#      500 agents: 4.8 % wait, 0.0 % hang up, 102.0 % busy  (61.3 %, 3.1 %)
#     1000 agents: 3.8 % wait, 0.0 % hang up, 102.0 % busy  (67.2 %, 2.6 %)
#       50 erlangs: 62 agents  (62)
#      600 erlangs: 600 agents  (622)
#
# Whom it hurts: who plans a large centre, and the trunks and seats for it, with the model that is made for it: no agent more than
# the load seems to be needed. Agents who are busy for more than 100 % of the time give it away. The states have to be added up
# until their weights are small.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install pyqueueing==0.1.1 numpy==2.4.6 scipy==1.17.1 2>/dev/null

cat >centre.py <<'PYTHON'
from math import exp, log

from pyqueueing import CallCenterPlanner, ErlangA

SERVED, LOST = 20.0, 30.0  # an hour, by one agent and of one who waits: calls of 3 minutes, patience of 2


def all_states(calls, agents):
    """The chance to wait, and the share that hangs up, of as many states as have any weight."""
    weights, most = [0.0], 0.0
    while len(weights) <= agents or weights[-1] > most - 60:
        callers = len(weights)
        leave = min(callers, agents) * SERVED + max(callers - agents, 0) * LOST
        weights.append(weights[-1] + log(calls / leave))
        most = max(most, weights[-1])
    chances = [exp(each - most) for each in weights]
    waiting = sum((callers - agents) * each for callers, each in enumerate(chances) if callers > agents)
    return sum(chances[agents:]) / sum(chances), LOST * waiting / sum(chances) / calls


for agents in (50, 400, 480, 500, 1000):
    calls = agents * 1.02 * SERVED
    model = ErlangA(arrival_rate=calls, service_rate=SERVED, servers=agents, patience_rate=LOST)
    wait, lost = all_states(calls, agents)
    print(
        f"{agents:4} agents: {model.prob_wait():.1%} wait, {model.prob_abandon():.1%} hang up,"
        f" {model.utilization():.1%} busy  ({wait:.1%}, {lost:.1%})".replace("%", " %")
    )
for erlangs in (50, 600):
    planner = CallCenterPlanner(arrival_rate=erlangs * SERVED, service_rate=SERVED, patience_rate=LOST)
    planned = planner.required_agents(target_abandon_rate=0.005)["erlang_a"]
    needed = next(agents for agents in range(erlangs, 2 * erlangs) if all_states(erlangs * SERVED, agents)[1] <= 0.005)
    print(f"{erlangs:4} erlangs: {planned} agents  ({needed})")
PYTHON

$python centre.py | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
  50 agents: 52.1 % wait, 7.2 % hang up, 94.7 % busy  (52.1 %, 7.2 %)
 400 agents: 59.8 % wait, 3.3 % hang up, 98.6 % busy  (59.8 %, 3.3 %)
 480 agents: 51.0 % wait, 1.5 % hang up, 100.5 % busy  (61.0 %, 3.1 %)
 500 agents: 4.8 % wait, 0.0 % hang up, 102.0 % busy  (61.3 %, 3.1 %)
1000 agents: 3.8 % wait, 0.0 % hang up, 102.0 % busy  (67.2 %, 2.6 %)
  50 erlangs: 62 agents  (62)
 600 erlangs: 600 agents  (622)
SEEN
