"""The central Customer License Agent (CLA): one license file, and the leases on its seats."""
