"""Single-cell concept bottleneck generative models, and the benchmark they are judged in."""
