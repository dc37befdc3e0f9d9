"""The rows of the trail; one file per noun."""

from trail.models.alert import Alert
from trail.models.audit import AuditEntry
from trail.models.heartbeat import Heartbeat
from trail.models.workflow import Workflow

__all__ = ["Alert", "AuditEntry", "Heartbeat", "Workflow"]
