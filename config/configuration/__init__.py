"""Configuration as code: one YAML file says who may send, how it is read, where it goes and who gets it.

The format is documented in docs/configuration.md. Invariant: no secret is ever in such a file, only the name of one.
"""
