"""Cleaning of single values: one kind of value per file, each a pure function of the raw value and a Context.

Start at `registry.py` (which kinds exist, by name and version) and `result.py` (what a normalizer answers).
The laws every kind keeps: it never raises for any JSON value, a value that could not be read carries an
issue, and cleaning a clean value changes nothing.
"""
