"""From files to a tree with source marks, checked against the JSON Schema."""
