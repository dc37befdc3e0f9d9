"""What people do to a dead letter of intake, whichever kind it is: redrive it, discard it, take the discard back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from intake.services.redrive import CannotRedrive
from trail.admin import Lever, ReasonForm


def dead_letter_levers(
    redrive: Callable[..., str],
    discard: Callable[..., str],
    restore: Callable[..., str],
    *,
    again: str,
    offered: Callable[[Any], bool],
    discarded: str,
) -> tuple[Lever, ...]:
    """The three levers.

    Args:
        again: what a redrive does, in a sentence.
        offered: is this row a dead letter that can be redriven or discarded here?
        discarded: the state from which it can be restored.
    """
    return (
        Lever(
            "redrive",
            "Redrive",
            "crmsync.redrive_push",
            redrive,
            lambda row: (again,),
            offered=offered,
            refusals=(CannotRedrive,),
            primary=True,
        ),
        Lever(
            "discard",
            "Discard",
            "crmsync.discard_push",
            discard,
            lambda row: ("You say that this is no lead. It still counts as received and can be restored.",),
            form=ReasonForm,
            offered=offered,
            danger=True,
        ),
        Lever(
            "restore",
            "Restore",
            "crmsync.discard_push",
            restore,
            lambda row: ("It becomes a dead letter again, which you can redrive.",),
            offered=lambda row: row.state == discarded,
        ),
    )
