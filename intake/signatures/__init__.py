"""Is this request from whom it claims to be? One scheme per file; `registry.scheme(name)` finds it.

Invariant: whatever bytes a stranger sends, a scheme answers with a value (`Verified` or `Refused`), never an
exception, and every comparison with a secret takes the same time wherever the first difference lies.
"""
