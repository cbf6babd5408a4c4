"""Writes descriptions as SystemRDL 2.0.

SystemRDL can say where registers and fields are, what software may do to them, their resets and enumerations. This
part becomes plain SystemRDL that any tool reads. The rest of a description (timers, hooks, FIFOs, PCI …) goes along as
text in one user-defined property, ``devgen``: the keys of the description language, for the component they belong to.
``devgen.exchange.rdl.devgen_maps`` reads both back. For example::

    reg {
        name = "Load";
        regwidth = 32;
        devgen = "
            fields: {}
            on_write: alarm.arm()
        ";
        field { sw = rw; } VALUE[31:0] = 0x0;
    } LR @ 0x8;

A key that SystemRDL can say in full is in one place only, a SystemRDL property or ``devgen``. Keys of which SystemRDL
says a part, such as locks and what hardware does to a field, are in both. Where an import finds that both differ, the
text of SystemRDL was changed by hand, and wins (``devgen.exchange.rdl_edits``).

- ``rdl_component``: a component as data, and its text. ``rdl_names``: identifiers, strings, numbers.
- ``said``: the SystemRDL properties of a part, and its carried keys. ``devgen_property``: the property's text.
- ``field_constructs``: one entry for each key of a field that SystemRDL can say, in both directions;
  ``field_values``: its enumeration. ``bits``: the bits for which a construct is called.
- ``field_references``: properties whose values are other fields, beside the property ``devgen``.
- ``said_texts``, ``said_fields``, ``said_registers``, ``said_regions``, ``said_device``: from the view to components.
- ``native_aliases``: registers that share the storage of another one.
- ``address_layers``: registers that share bytes, which SystemRDL allows in separate address maps only.
- ``array_runs``: arrays with gaps. ``rdl_order``: the order of a description.

Source: Accellera SystemRDL 2.0, January 2018.
"""
