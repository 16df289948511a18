"""Outages as chance has them: distributions of times, records of outages, and how they are fitted.

Read `distributions` first. Pure: nothing here draws a number, reads a file, or knows a scenario.
"""
