"""The central CLA: keeps the license file and answers the license requests of all nodes.

Read in this order, decisions first: `pool` with `holdings` and `seat_ends` (who has which seat),
`members` (what is known of a node), `absence` (what follows if it stays away), `admission` (who is
let in), `decision` and `outcomes`; `ledger` (the books, in memory and in the `store` as one),
`holds` (which end in them) and `writer` (one commit for many); then `agent`, `sessions`,
`deadlines`, `activation` and `enrolment`, which do; `startup` and `service` around them.
`unfitting_file` and `stopped_clock` are a CLA that serves nobody.
"""
