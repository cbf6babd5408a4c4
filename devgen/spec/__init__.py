"""Device and board descriptions: from YAML text to a typed, checked model."""
