"""Every file that a user writes, read and checked in one way."""
