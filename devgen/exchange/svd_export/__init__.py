"""Writes neutral register maps as CMSIS-SVD 1.3, for the register views of debuggers and editors.

``mapping`` makes the map out of descriptions. ``read_svd`` of an exported file gives the map again. For example, a
PL031 becomes::

    <peripheral><name>pl031</name>…<registers><register><name>DR</name>…

- ``register_overlaps``: which register SVD calls the alternate of another one.
- ``svd_xml``: the chip as XML. ``svd_rendering``: the text of a file for the export.

Source: the pages "SVD Description format" and the messages of SVDConv (Open-CMSIS-Pack).
"""
