"""The commands of a plan: `plan_app` declares them, a module each does what one of them asks.

What is asked stands in `question` and `options`, what a person waits for in `progress`, the files
that stay in `outputs`.
"""
