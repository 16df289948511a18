"""The words of the licensing domain, shared by all parties and by their tests.

Read in this order: `catalogue` (what can be licensed), `words` and `policies`, `license_file` and
`lease` with `entitlements`, `messages` (what parties say), `events` (what they state), `errors`
(what they refuse). Pure: nothing here knows an event loop, a socket, a clock, chance, the disk or a
log.
"""
