"""What can be said in a timeline: a frozen model for each step, by who does it or what it befalls.

`timeline` is the table of them all. `order` is what a purchase has, before day 0 or as a step.
"""
