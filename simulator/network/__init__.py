"""The simulated network: hosts, links and faults, and TCP connections over them."""
