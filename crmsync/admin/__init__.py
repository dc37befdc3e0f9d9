"""The screens of crmsync, one file per noun, and the lead's page, which joins what came in with what went out."""

from crmsync.admin import connection, dead_letter, lead, mail, push, routing, spending

__all__ = ["connection", "dead_letter", "lead", "mail", "push", "routing", "spending"]
