"""A run, job by job: plan, train, predictions, evaluate, summary, cost."""
