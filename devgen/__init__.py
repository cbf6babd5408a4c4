"""devgen: describe a virtual device once, in YAML; get a device that runs."""

__version__ = "0.1.0"
