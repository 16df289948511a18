"""Which central CLA a node uses, by its role and what a person enters."""

import pytest

from licensing.errors import LicensingError
from licensing.words import Role
from nodes.cla_session.membership import central_cla

OURS = "10.0.0.1:61740"


@pytest.mark.parametrize(
    ("role", "entered", "own", "outcome"),
    [
        (Role.MASTER, "", OURS, OURS),
        (Role.MASTER, " 10.0.0.1 ", OURS, OURS),
        (Role.STANDALONE, "", OURS, OURS),
        (Role.STANDALONE, "", "", ""),
        (Role.SLAVE, "10.0.0.2", OURS, "10.0.0.2:61740"),
        (Role.SLAVE, "10.0.0.2", "", "10.0.0.2:61740"),
        (Role.MASTER, "10.0.0.2", OURS, "master-address-foreign"),
        (Role.STANDALONE, "10.0.0.2", OURS, "master-address-foreign"),
        (Role.STANDALONE, "10.0.0.2", "", "master-address-foreign"),
        (Role.MASTER, "", "", "agent-missing"),
        (Role.SLAVE, "", OURS, "master-address-missing"),
        (Role.SLAVE, "10.0.0.1", OURS, "master-address-missing"),
        (Role.MASTER, "http://x", OURS, "request-malformed"),
    ],
)
def test_only_a_slave_uses_the_cla_of_another_host(role, entered, own, outcome):
    """A master without the CLA that its slaves are to use would never license anybody."""
    try:
        found = central_cla(role, entered, own)
    except LicensingError as error:
        found = error.code
    assert found == outcome
