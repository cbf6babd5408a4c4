"""A machine: RAM, address spaces, devices at their places, interrupt wires and clocks."""
