"""The proof of the model: the same outages on the real programs, and what becomes of each site.

Read in this order: `timeline` (outages as a scenario), `chance` (what model and programs draw in
common), `year_facts` (what the programs' journal says of a year), `programs` (the year itself);
then `trials` (years that are hard to decide), `verdicts` and `explanations` (do both agree, and if
not, may they differ), `verification` (all of it). Instants are nanoseconds since the start of the
year, as in the model.
"""
