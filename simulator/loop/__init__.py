"""The event loop whose waiting is a jump, and what runs on it: time, fencing, freezing, pace.

Read in this order: `virtual_loop` and `timers` (how time passes), `socket_calls` (where a socket
leads), `tasks` (whose turn it is), `fencing` and `freezing` (programs that are dead, or asleep),
`pace` (real time beside it), `runner` with `tripwire` (what a run must not do), `failures`.
`private_names` is the one place that knows asyncio from inside.
"""
