"""Why something is as it is: a chain of facts, back to what a person or a fault did.

Read in this order: `reason` (one link of a chain, and how it reads), `rulebook` (each rule in
words, with the manual's sentence), `faults` (what keeps two hosts apart), `causes` (the reader that
keeps of everything why it is so), `absence` (why a node stays apart from its CLA), `free_seats`
(who has a license), `answers` (what can be asked) and `shortfalls` (what a step asks that did not
come out as expected). A cause is found by what facts say; where none says it, the chain ends.
"""
