"""Guarded state changes: a table of allowed moves, one conditional write, one audit entry, one transaction.

Invariant: `state` is assigned nowhere else. A move that the table does not allow raises `IllegalTransition`; a row
that somebody else moved first raises `LostRace`, which is a normal answer and not an error of the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db import models, transaction

from trail.record import STEWARD, Actor, entry, write


class IllegalTransition(Exception):
    """This row may not go from its state to that one."""


class LostRace(Exception):
    """Somebody else changed this row first; nothing was written."""


@dataclass(frozen=True, slots=True)
class Move:
    """One state change that is still to be written.

    Attributes:
        row: the row as its caller saw it.
        to: the state it goes to; None keeps the state and still writes the entry.
        action: the audit entry's `thing.past_participle`; empty writes no entry (a lease is not a state).
        changes: further columns to write with it.
        guard: further columns that must still hold, such as the lease's token.
    """

    row: Stateful
    to: str | None
    action: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    guard: Mapping[str, Any] = field(default_factory=dict)
    by: Actor = STEWARD
    reason: str = ""
    lead_id: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


class Stateful(models.Model):
    """A row with one named state, moved only by verbs that end in `_move`."""

    TRANSITIONS: ClassVar[Mapping[str, frozenset[str]]] = {}
    state: Any

    class Meta:
        abstract = True

    def may_become(self, state: str) -> bool:
        """Does the table allow this row to go to `state`?"""
        return state in self.TRANSITIONS.get(self.state, frozenset())

    def _move(
        self,
        to: str,
        action: str,
        *,
        by: Actor = STEWARD,
        reason: str = "",
        lead_id: int | None = None,
        detail: Mapping[str, Any] | None = None,
        guard: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> None:
        """Go to state `to` and tell the trail.

        Raises:
            IllegalTransition: the table does not allow it; nothing was written.
            LostRace: the row is no longer as this caller saw it; nothing was written.
        """
        move = Move(self, to, action, changes, guard or {}, by, reason, lead_id, detail or {})
        if not apply_moves([move]):
            raise LostRace(f"{self._meta.verbose_name} {self.pk} was changed by somebody else")


def apply_moves(moves: Iterable[Move]) -> list[Move]:
    """Write many moves in one transaction, with all their audit entries in one statement.

    Returns:
        The moves that were written; the others lost their race and changed nothing.

    Raises:
        IllegalTransition: a table does not allow a move; nothing at all was written.
    """
    moves = list(moves)
    for move in moves:
        if move.to is not None and not move.row.may_become(move.to):
            raise IllegalTransition(
                f"{move.row._meta.verbose_name} {move.row.pk} cannot go from {move.row.state} to {move.to}"
            )
    with transaction.atomic(savepoint=False):
        won = [move for alike in _alike(moves) for move in _update(alike)]
        write(
            entry(
                move.row,
                move.action,
                by=move.by,
                reason=move.reason,
                lead_id=move.lead_id,
                detail={**({"from": move.row.state, "to": move.to} if move.to else {}), **move.detail},
            )
            for move in won
            if move.action
        )
    for move in won:
        for name, value in move.changes.items():
            if not hasattr(value, "resolve_expression"):  # what the database computed is read when it is needed
                setattr(move.row, name, value)
        if move.to is not None:
            move.row.state = move.to
    return won


def _alike(moves: list[Move]) -> list[list[Move]]:
    """Moves that write the same over the same, so that one statement serves a whole batch."""
    groups: dict[tuple[Any, ...], list[Move]] = {}
    for move in moves:
        key = (type(move.row), move.row.state, move.to, repr(sorted(move.changes.items(), key=str)), repr(move.guard))
        groups.setdefault(key, []).append(move)
    return list(groups.values())


def _update(alike: list[Move]) -> list[Move]:
    """Write one group; returns the moves whose rows were still as their caller saw them."""
    first = alike[0]
    rows = type(first.row)._default_manager.filter(**{"state": first.row.state, **first.guard})
    columns = dict(first.changes) if first.to is None else {**first.changes, "state": first.to}
    if len(alike) == 1:
        return alike if rows.filter(pk=first.row.pk).update(**columns) else []
    held = rows.filter(pk__in=[move.row.pk for move in alike]).select_for_update(of=("self",))
    still = set(held.values_list("pk", flat=True))
    rows.model._default_manager.filter(pk__in=still).update(**columns)
    return [move for move in alike if move.row.pk in still]
