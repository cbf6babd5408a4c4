"""From the typed model to Python source."""
