"""What people may do to many dead letters at once: redrive or discard, whichever tables they stand in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from crmsync.services.redrive import discard, redrive
from intake.services.redrive import CannotRedrive, discard_delivery, discard_item, redrive_delivery, redrive_item
from trail.record import Actor
from trail.transitions import IllegalTransition, LostRace

# What a Reviewer may redrive at once; more needs the permission to redrive many.
FEW = 50


@dataclass(frozen=True, slots=True)
class Verb:
    """Redrive or discard.

    Attributes:
        name, label, past: its words.
        one, many: the permission that a few, and that more, need.
        few: how many those are.
        pushes: does it to pushes, and says to how many.
        records: per table of intake, does it to one row.
        reasoned: does it need a reason?
    """

    name: str
    label: str
    past: str
    one: str
    many: str
    few: int
    pushes: Callable[..., int]
    records: Mapping[str, Callable[..., object]]
    reasoned: bool

    def act(self, ids: Mapping[str, Sequence[int]], *, by: Actor, reason: str) -> tuple[int, list[str]]:
        """Do it. Records of intake go one transaction each, so that one that cannot go on holds back no other.

        Args:
            ids: which rows, per table.
            by: who does it.
            reason: where one is needed.

        Returns:
            How many were done, and why records of intake were not.
        """
        words = {"by": by, "reason": reason} if self.reasoned else {"by": by}
        done = self.pushes(ids["push"], **words) if ids["push"] else 0
        refused = []
        for table, act in self.records.items():
            for pk in ids[table]:
                try:
                    act(pk, **words)
                    done += 1
                except CannotRedrive as error:
                    refused.append(str(error))
                except (LostRace, IllegalTransition):
                    continue  # it changed meanwhile, which the sum tells
        return done, refused


VERBS = {
    "redrive": Verb(
        "redrive",
        "Redrive",
        "Redriven",
        "crmsync.redrive_push",
        "crmsync.redrive_many_push",
        FEW,
        redrive,
        {"delivery": redrive_delivery, "item": redrive_item},
        reasoned=False,
    ),
    "discard": Verb(
        "discard",
        "Discard",
        "Discarded",
        "crmsync.discard_push",
        "crmsync.discard_many_push",
        1,
        discard,
        {"delivery": discard_delivery, "item": discard_item},
        reasoned=True,
    ),
}


def refusal(request: HttpRequest, verb: Verb, number: int) -> str:
    """Why this person may not do it to so many; "" when they may."""
    if request.user.has_perm(verb.many):
        return ""
    if not request.user.has_perm(verb.one):
        return f"You can view this but not {verb.name}. Ask a Manager."
    if number > verb.few:
        return f"You can {verb.name} {verb.few} at once, and these are {number:,}. Narrow them, or ask a Manager."
    return ""
