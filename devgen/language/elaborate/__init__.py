"""From a valid tree to the typed model, with every check that a JSON Schema cannot state.

The order is that of the scope: properties, numbers of elements, everything that has a name, then the behaviour of
each thing, last what concerns the device as a whole. Nothing here raises for what a description says; a thing that
is wrong is reported and built as well as it can be, so that all errors come in one run.
"""
