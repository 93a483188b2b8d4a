"""The entries of the catalogue of metrics, one file a kind."""
