"""The journal of a run for other tools: each module is a reader that writes one format.

They write as they read, so that a year takes no more memory than a day.
"""
