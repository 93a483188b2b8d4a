"""Training of many members in one process: draws, batches, optimiser, checkpoints, solvers."""
