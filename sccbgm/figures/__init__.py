"""Figures of tidy results and of edited cells."""
