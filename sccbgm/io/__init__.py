"""Files written whole, locks, logs, downloads."""
