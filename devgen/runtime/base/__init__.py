"""Errors, the machine lock, the guest log, and plain data for saved state."""
