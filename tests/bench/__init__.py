"""Benchmark: every figure of the section 'Speed', measured on this machine. `python -m tests.bench`."""
