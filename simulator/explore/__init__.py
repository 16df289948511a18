"""Exploring: very many runs that chance draws, judged by the oracle, and what fails made short."""
