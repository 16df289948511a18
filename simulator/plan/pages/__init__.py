"""The page of a plan in one file: where the risk is, when, under which policy, and why."""
