"""The Network Wizard's advice on bandwidth (manual 4.4)."""

import pytest

from licensing.words import Role
from nodes.cla_session.membership import bandwidth_advice
from nodes.telephony.equipment import Equipment, Neighbor


def equipment(ours: int, **others: int) -> Equipment:
    """A node, and what the others have."""
    neighbors = {
        name: Neighbor(address="10.0.0.2", numbers=[], bandwidth_bit_s=width)
        for name, width in others.items()
    }
    return Equipment(
        model="X3", subscribers=[], trunks=[], neighbors=neighbors, bandwidth_bit_s=ours
    )


@pytest.mark.parametrize(
    ("role", "ours", "theirs", "advice"),
    [
        (Role.MASTER, 10, 20, "north has more bandwidth than this node, and should be the master."),
        (Role.MASTER, 20, 20, ""),
        (Role.SLAVE, 20, 10, "This node has the largest bandwidth, and should be the master."),
        (Role.SLAVE, 10, 10, ""),
        (Role.STANDALONE, 1, 20, ""),
        (Role.MASTER, 0, 20, ""),
    ],
)
def test_the_node_with_the_largest_bandwidth_should_be_the_master(role, ours, theirs, advice):
    """Said where it is otherwise, and nowhere else; where nothing is known there is no advice."""
    assert bandwidth_advice(role, equipment(ours, north=theirs, south=1)) == advice


def test_nobody_is_the_widest_beside_a_line_that_is_not_known():
    """A neighbor without a line may have any."""
    assert bandwidth_advice(Role.SLAVE, equipment(20, north=10, south=0)) == ""
    assert bandwidth_advice(Role.MASTER, equipment(20, north=30, south=0))
