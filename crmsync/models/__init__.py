"""The records of crmsync; one file per noun."""

from crmsync.models.connection import CallWindow, Connection
from crmsync.models.mail import EmailTemplate, Suppression
from crmsync.models.push import Attempt, CrmLink, DeadLetter, Push
from crmsync.models.routing import Agent, Assignment, RoutingRule

__all__ = [
    "Agent",
    "Assignment",
    "Attempt",
    "CallWindow",
    "Connection",
    "CrmLink",
    "DeadLetter",
    "EmailTemplate",
    "Push",
    "RoutingRule",
    "Suppression",
]
