"""Benchmarks: each prints the machine, its rates, and the ratio to a reference of the same run."""
