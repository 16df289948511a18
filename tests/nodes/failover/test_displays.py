"""Displays of telephones (F1)."""

import pytest

from licensing.catalogue import SUBSCRIBER_TYPES
from licensing.words import NodeState
from nodes.failover.displays import changed, displays
from nodes.telephony.equipment import Equipment, Subscriber

NUMBER_OF = {key: str(200 + position) for position, key in enumerate(SUBSCRIBER_TYPES)}
EVERY_TYPE = Equipment(
    model="X3",
    subscribers=[Subscriber(number=number, type=key) for key, number in NUMBER_OF.items()],
    trunks=[],
)
SYSTEM_TELEPHONES = {NUMBER_OF["ip-hfa"], NUMBER_OF["ip-sip"], NUMBER_OF["up0"]}


@pytest.mark.parametrize("state", NodeState)
def test_system_telephones_show_the_message_exactly_in_failover(state):
    """To the letter in failover, idle in every other state; no other telephone has a display."""
    text = "Failover Period" if state is NodeState.FAILOVER else ""
    assert displays(EVERY_TYPE, state) == dict.fromkeys(SYSTEM_TELEPHONES, text)


def test_only_displays_that_differ_have_changed():
    """What shows the same as before is no news, and a new telephone was idle."""
    assert changed({"1": "", "2": "Failover Period"}, {"1": "", "2": ""}) == {"2": ""}
    assert changed({}, {"1": "", "2": "Failover Period"}) == {"2": "Failover Period"}
