"""The machines of a scenario with their programs, disks and clocks, and the faults they meet.

Read in this order: `world` and `machine` (what every world offers), `installation` (what is
installed where), `preparations` (what is done before day 0), `link_faults`, `supervisor`,
`backups`; then the simulated world: `simulated`, `simulated_machine`, `simulated_host`. Whatever
happens stands in the `run_journal`; `admin_client` is the one way in.
"""
