"""The session of a node with its CLA: dialing, redialing, enrolment."""
