"""A run next to the paper: a verdict for every published number. Computes no metric."""
