"""Measurements of speed and memory; run them as `python -m benchmarks.NAME`."""
