"""The internetwork that technicians walk through: one S as master, two X3 as slaves."""

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
