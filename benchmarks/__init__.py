"""How fast the simulator is, layer by layer, beside what else could have carried it.

Every figure is measured in one run together with what it is compared with, in turns, because
machines are noisy; medians are judged. Time is not a test: whatever the figures, the exit status
is 0.
"""
