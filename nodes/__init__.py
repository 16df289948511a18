"""A communication system (node): subscribers, trunks, telephones, and the licenses they use.

Read in this order, decisions first: `assignment` (which license is in which state), `failover` (the
machine of states, and what contact gives back), `telephony` (calls and equipment), `cla_session`
(the link to the central CLA); then `licensed_node` and `license_operations`, `system` (all of it),
`service` (its addresses) and `wbm` (its pages). `store` and `seals` keep it on the disk.
"""
