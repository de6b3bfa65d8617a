"""Code of the KYPHO-01 compendium (NCT02700308), one package a floor.

A module imports only from lower floors (checked by import-linter in the tests):

1. ``paths``, ``errors``, ``params``, ``codebook``, ``sap``
2. ``stats`` and ``data``
3. ``results``
4. ``endpoints`` and ``present``
5. ``pipeline`` and ``publish``
6. ``cli``
"""
