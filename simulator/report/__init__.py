"""What a person reads of a run: the story of its journal, the license table, the verdict.

Read in this order: `page` (rows of a given width), `phrases` and `sentences` (one fact in words),
`story` (which facts it has, and which in one line), `groups` and `folding` (many sites at once),
`opening` and `closing` (what stands before and after), `screen` (a terminal or a pipe). All are
readers: nothing here plays anything or looks into a machine, and the same journal always gives the
same text.
"""
