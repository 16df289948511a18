"""The manual's procedure for one communication system (4.3), as a technician walks through it."""

import pytest
from playwright.sync_api import expect
from walking import Hire, Technician

OFFICE = """
title: An office with one system
about: Bought, and not licensed yet.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    office:
      model: X3
      role: standalone
      subscribers: [{numbers: 10-12, type: ip-hfa}]
      trunks: [{name: itsp-1, kind: itsp, channels: 4}]
  links:
    office-internet: {bandwidth: 100 Mbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, ip: 2, voicemail: 1, itsp: 3, company-autoattendant: 1, attendant: 1}
timeline:
  - {at: day 0 09:00, unlock: all}
"""


@pytest.fixture
def scenario() -> str:
    """The office instead of the town hall."""
    return OFFICE


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_from_the_lac_to_a_licensed_station(hire: Hire, script: bool):
    """Activation period, registration, activation; then station, lines, and it is licensed."""
    technician = hire(script=script)
    lac = technician.lac("LAC-1")
    technician.sign_in("office")
    technician.reads("Activation period")
    technician.register()
    technician.activate(lac)
    technician.told("License file 1, epoch 1, is activated.")
    technician.go("Home")
    technician.reads("Regular")
    _system_wide_features_are_unlocked_already(technician)
    technician.assign("10", "IP User", "Voicemail")
    technician.unlock()
    technician.told("Checked and unlocked the whole node: 2 licenses granted.")
    _trunks_get_licenses(technician)
    technician.go("License information")
    for name in ("IP User", "Voicemail", "Company AutoAttendant"):
        expect(technician.row(name).first).to_contain_text("1")


def _system_wide_features_are_unlocked_already(technician: Technician) -> None:
    technician.go("System licenses")
    technician.reads("unlocked by the license activation")
    for name in ("Company AutoAttendant", "OpenScape Business Attendant"):
        expect(technician.row(name)).to_contain_text("Successfully licensed")
    expect(technician.row("Gate View")).not_to_contain_text("Successfully licensed")


def _trunks_get_licenses(technician: Technician) -> None:
    technician.go("Line licenses")
    technician.enter(**{"Licenses for itsp-1": "3"})
    technician.press("Save")
    technician.told("itsp-1: saved")
    technician.press("Check and unlock")
    technician.told("Checked and unlocked the whole node: 3 licenses granted.")
    expect(technician.row("itsp-1")).to_contain_text("3 of 4")
