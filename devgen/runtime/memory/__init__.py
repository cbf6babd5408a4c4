"""Memory regions, flat views, address spaces and register banks."""
