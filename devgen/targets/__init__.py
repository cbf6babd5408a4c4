"""A folder for each target that needs Python of its own; a target renders a checked device."""
