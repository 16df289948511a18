"""How likely emergency mode is: a model of the rules for numbers, the real programs for the proof.

Read in this order: `years` (what fails in a year, from a seed and a number alone), `model` (what
becomes of each site in such a year, by the rules of the nodes), `risk` (what very many of them come
to, with uncertainty), `variants` (several networks on the same years), `proof` (the same outages on
the real programs), `told` and `pages` (the answer at a terminal, for other tools, and as a page).
In the first four nothing knows an event loop, a program or a clock; all chance follows from the
seed. Instants are nanoseconds since the start of a year, at which all is up and all periods are
whole.
"""
