"""The base class of generated devices and the parts it owns: lines, FIFOs, byte streams."""
