"""The records of crmsync; one file per noun."""

from crmsync.models.attempt import Attempt
from crmsync.models.connection import CallWindow, Connection
from crmsync.models.installation import Installation
from crmsync.models.link import CrmLink
from crmsync.models.mail import EmailTemplate, Suppression
from crmsync.models.push import ASKS, LETTERS, UPSERTS, DeadLetter, Push
from crmsync.models.routing import Agent, Assignment, FollowUp, RoutingRule
from crmsync.models.spending import Spending

__all__ = [
    "ASKS",
    "LETTERS",
    "UPSERTS",
    "Agent",
    "Assignment",
    "Attempt",
    "CallWindow",
    "Connection",
    "CrmLink",
    "DeadLetter",
    "EmailTemplate",
    "FollowUp",
    "Installation",
    "Push",
    "RoutingRule",
    "Spending",
    "Suppression",
]
