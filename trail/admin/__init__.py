"""What every screen of the admin is built from, and the screens of the trail itself.

Invariant: nothing here changes state by GET. Rows that a machine writes are `ReadOnlyAdmin`; rows that people write are
`RecordedAdmin`, whose every save is an audit entry; what a person may do to a row beside editing it is a `Lever`.
"""

from trail.admin import alert, audit, heartbeat, workflow
from trail.admin.base import ReadOnlyAdmin, RecordedAdmin, actor, address
from trail.admin.lever import Lever, ReasonForm
from trail.admin.page import Cell, Exchange, Facts, Panel, Table, Text

__all__ = [
    "Cell",
    "Exchange",
    "Facts",
    "Lever",
    "Panel",
    "ReadOnlyAdmin",
    "ReasonForm",
    "RecordedAdmin",
    "Table",
    "Text",
    "actor",
    "address",
    "alert",
    "audit",
    "heartbeat",
    "workflow",
]
