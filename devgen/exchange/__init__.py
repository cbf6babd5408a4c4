"""Imports register files of other formats as descriptions, and exports descriptions to them.

A reader turns a file into a neutral register map (``register_map``) that keeps each part's place in the source. The
package ``describe`` turns the map's peripherals into descriptions: a generated fragment with the structure, and a
device file for the author's behaviour that includes it. A part that the language cannot
express is a finding (``findings``). For example::

    chip, findings = read_svd("vendor.svd")
    files = describe_chip(chip, findings)

- ``register_map``: chips, peripherals, registers, fields, enumerations; no format's own words.
- ``findings``: what was renamed, corrected or left out, with its place.
- ``rdl``: SystemRDL, through systemrdl-compiler. ``rdl_edits``: changes by hand in files that devgen exported.
  ``peakrdl``: devgen as a plugin of PeakRDL.
- ``svd``: CMSIS-SVD 1.3. ``ipxact``: IP-XACT 2009 and 2014. ``array_shapes``: arrays of several dimensions.
  ``xml_elements``: XML from an untrusted file, with line numbers.
- ``describe``: from the neutral map to YAML. ``yaml_text``: prints YAML the way the catalogue is written;
  ``spelled_numbers``: numbers as an author wrote them.
- ``patching``: corrects the neutral map with patch files.
- ``import_files``: writes the files, and keeps the author's.
- ``export_formats``: the formats of an export; ``export_files`` writes them.
- ``rdl_export``: SystemRDL. ``svd_export``: CMSIS-SVD. ``ipxact_export``: IP-XACT.
- ``mapping``: from descriptions to the neutral map, for ``svd_export`` and ``ipxact_export``.
"""
