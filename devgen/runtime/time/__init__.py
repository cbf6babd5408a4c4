"""Clocks, counters, timers and the queue of deadlines."""
