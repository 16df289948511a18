"""What a run comes to, in few numbers: courses of states, links and seats, calls, expectations.

A reader of the journal like the story, but one that keeps its answers as data: the report's page,
the result for other tools and whoever draws a run ask it. It stays as small for a year as for a
day: a course that changes too often is kept coarser.
"""
