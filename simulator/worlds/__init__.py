"""The machines of a scenario with their programs, disks and clocks, and the faults they meet."""
