"""The same scenario on real processes, real sockets and real cuts.

Read in this order: `play` and `world` (a run, as the simulated world has it), `processes` and
`live_machine` (programs and their hosts), `backend` (the network) with its two kinds, `namespaces`
and `proxy`, `relay` (a connection on its way); then how fast: `rate_plan`, `slow_parts` and
`computer`, and whether that was kept: `stalls`. `preview` says all of it before the run, and
`leftovers` tidies up whatever happens.
"""
