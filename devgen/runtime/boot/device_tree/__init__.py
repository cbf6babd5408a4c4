"""The device tree of a board, which describes the machine to the guest.

``tree_node`` is a node as plain data, and its flattened form, which the library libfdt writes. ``virt_tree`` makes the
tree of a board of type `virt`: processors, memory, interrupt controllers and timer, and through ``device_nodes`` and
``pci_node`` its devices. Sources: Devicetree Specification 0.4, and the bindings of Linux
(Documentation/devicetree/bindings). For example::

    blob = virt_tree(machine, Chosen("console=ttyAMA0", None))
"""
