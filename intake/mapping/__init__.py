"""From a source's record to clean values by target: paths (reading), spec (the document), engine (split and
apply).

Invariant: bad data never raises here. A document that is wrong raises before it is published, not when a
lead arrives.
"""
