"""What Snakemake's report shows: tables as html pages, and the captions beside them."""
