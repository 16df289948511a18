"""What commands take and leave behind: a module for each option that several commands share.

`parameters` says how files, switches and numbers are written, `outputs` has together what a run
may leave behind, `written_files` what may stand in the way of a file.
"""
