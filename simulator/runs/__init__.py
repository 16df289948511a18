"""A scenario at work: the internetwork of a run, its steps, and how a whole timeline is played.

Read in this order: `play` (a scenario to its end), `internetwork` with `world_steps` and
`technician_steps` (every step as a method), `steps` (what each one does).
"""
