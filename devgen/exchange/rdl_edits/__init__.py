"""Changes by hand in SystemRDL that devgen exported: the text of SystemRDL wins over the property ``devgen``.

Some keys of a description are in an exported file twice: as properties of SystemRDL, and in the property ``devgen``,
because SystemRDL says only a part of them (an enumeration with patterns, an enable that is an expression). An import
makes the description, exports it again and compares. A difference is a change by hand. For example, the property says
``enable: EN.A``, and the author of the file wrote ``STATUS.RX->enable = EN.B;``: the description gets ``enable: EN.B``,
and a finding names the place. A difference that no rule applies to the description is a finding too, so
that no change is lost in silence.

- ``compared_parts``: the parts of an address map by their paths, and the values of their properties.
- ``hand_edits``: the differences between a map and the export of its description.
- ``edited_description``: the part of the description that belongs to a component.
- ``applying``: puts the differences into the description; ``edited_fields``, ``edited_resets`` and ``edited_sources``
  do it for fields.
"""
