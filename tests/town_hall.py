"""An internetwork for technicians: one S as master, two X3 as slaves, bought but not licensed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from simulated_browser import PASSWORD, Browser

from licensing.messages import NODE_PORT
from licensing.words import Profile
from nodes.administration import SaveWbmUser
from simulator.runs.internetwork import Internetwork
from simulator.scenario import parse_scenario

TOWN_HALL = """
title: The town hall and two branch offices
about: Bought, cabled, and not licensed yet.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq:
      model: S
      role: master
      subscribers: [{numbers: 100-102, type: ip-hfa}]
      trunks: [{name: itsp-1, kind: itsp, channels: 2}]
    north:
      model: X3
      role: slave
      subscribers: [{numbers: 200-201, type: up0}]
    south:
      model: X3
      role: slave
      subscribers: [{numbers: 300-301, type: ip-hfa}]
  links:
    hq-north: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-south: {bandwidth: 50 Mbit/s, latency: 8 ms}
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, ip: 4, tdm: 2, voicemail: 2, uc-suite: 1, fax: 1, itsp: 2, networking: 2}
    ADD-ON: {voicemail: 1}
timeline:
  - {at: day 0 09:00, unlock: all}
"""
NAME = "expert"


@asynccontextmanager
async def town_hall() -> AsyncIterator[Internetwork]:
    """It runs in virtual time; somebody may sign in at each WBM."""
    async with Internetwork(parse_scenario(TOWN_HALL)) as net:
        for node in net.scenario.internetwork.nodes:
            user = SaveWbmUser(name=NAME, profile=Profile.EXPERT, password=PASSWORD)
            await net.save_wbm_user(node, user)
        yield net


async def at_master(net: Internetwork, host: str) -> Browser:
    """A browser on `host`, signed in at the master's WBM over whatever links lead there."""
    address = (await net.state("north")).master_address.partition(":")[0]
    browser = Browser(host, f"http://{address}:{NODE_PORT}")
    await browser.sign_in(NAME)
    return browser


async def at_own(host: str) -> Browser:
    """A browser on the host of a node, signed in at its own WBM."""
    browser = Browser(host)
    await browser.sign_in(NAME)
    return browser
