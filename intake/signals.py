"""Bells that intake rings; whoever hears them looks into the database for what to do.

Invariant: a signal nudges and decides nothing. The same work is found by a sweep, so a lost signal costs seconds.
"""

from django.dispatch import Signal

# A record got a new revision, in a transaction that has just been committed.
records_changed = Signal()
