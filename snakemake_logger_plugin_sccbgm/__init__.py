"""`snakemake --logger sccbgm`: one display of a run in place of a screen of lines for every job.

Jobs done of all, what runs now with the last line of its log, and about how long it still takes. On
a terminal the display stays in place; elsewhere it is a line now and then. Warnings and errors are
printed as Snakemake prints them, and everything is in Snakemake's own log file. A dry run,
`--verbose`, `--printshellcmds` and `--debug-dag` are Snakemake's own output.
"""

from snakemake_logger_plugin_sccbgm.handler import LogHandler

__all__ = ["LogHandler"]
