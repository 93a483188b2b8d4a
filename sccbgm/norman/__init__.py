"""Unseen double perturbations from single ones: the task on Norman et al. 2019, in gene space."""
