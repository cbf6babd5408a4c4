"""Writes what the targets render: decides which outputs are stale and replaces files atomically."""
