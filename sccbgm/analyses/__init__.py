"""Parts of the paper beyond the benchmark's tidy rows and tables of them, one file an analysis.

An analysis is a function of a dataset's cells and of a `Study`, which returns tidy rows and, where
a figure shows single cells, these cells. `sccbgm.config.analyses` says which there are; `run`
calls them.
"""
