"""The simulated network: hosts, links and faults, and TCP connections over them.

Read in this order: `fabric` with `link` and `path` (hosts, what joins them, and what befalls it),
`routes` and `routing` (which way traffic takes), `segment`, `queue` and `traffic` (what travels);
then TCP: `handshake`, `delivery` with `retransmission` (the sending half of an end), `connection`
(all of it, as a kernel has it), `silence`; and what programs see of it: `transport`, `listeners`
and `sockets`. `tap` and `vantage` are for whoever looks on, `capture` makes a file of that. Time
comes in by `virtual_time`; all instants are nanoseconds.
"""
