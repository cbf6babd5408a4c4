"""What generated devices and boards run on."""
