"""The senders we know: one folder each, with a preset (`source.yaml`) and payloads of its real shape.

Invariant: every person, number and address in here is invented; e-mails are at example.com, .net and .org
only.
"""
