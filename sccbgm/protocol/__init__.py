"""The words of the benchmark: task, member, method, variant, key. Imports nothing else of ours."""
