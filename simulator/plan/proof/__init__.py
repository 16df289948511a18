"""The proof of the model: the same outages on the real programs, and what becomes of each site.

Read in this order: `timeline` (outages as a scenario), `chance` (what model and programs draw in
common), `year_facts` (what the programs' journal says of a year), `programs` (the year itself).
Instants are nanoseconds since the start of the year, as in the model.
"""
