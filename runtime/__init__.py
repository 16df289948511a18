"""The seam to the world that the three parties share; it knows no rule of licensing.

Read `host` first, then `process` (what stands behind it in a real process) with `options` and
`acceleration`; `http` with `operation_handlers`, `problem_answers` and `openapi`; `database` with
`schema`, `audit` and `disk_failure`; `passwords` and `password_checks`; `pages`.
"""
