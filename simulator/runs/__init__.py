"""A scenario at work: the internetwork of a run, its steps, and how a whole timeline is played."""
