"""Networks of many members at once: every weight has a leading axis of members."""
