"""devgen in PeakRDL: its commands read descriptions, and ``peakrdl devgen`` writes them.

PeakRDL finds both classes by the package's entry points (``peakrdl.importers``, ``peakrdl.exporters``) and imports
their modules at each start of ``peakrdl``; they import the rest of devgen when they are used. For example::

    peakrdl html devices/hpet.yaml -o out/
    peakrdl devgen chip.rdl -o devices/

- ``peakrdl_importer``: a description as SystemRDL in PeakRDL's compiler. ``description_places``: messages of PeakRDL's
  tools point into the description.
- ``peakrdl_exporter``: an elaborated address map as descriptions.
"""
