"""Form names with brackets (`a[b]=1`, `a[]=1`, `a[0][c]=1`) as a tree, the way PHP and Rails senders mean
them.

Invariant: no field is lost. A name that contradicts an earlier one (`a=1&a[b]=2`) is kept under its own full
text.
"""

from __future__ import annotations

import re
from typing import Any

from intake.mapping.unreadable import Limits, Unreadable

# More brackets than this is no form maker's name; it is kept as plain text instead of being followed.
DEEPEST_NAME = 8

_BRACKETED = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)")
_KEY = re.compile(r"\[([^\[\]]*)\]")


class FormTree:
    """Collects a form's fields one by one; `value` is the tree."""

    def __init__(self, limits: Limits) -> None:
        self._tree: dict[str, Any] = {}
        self._left = limits.fields
        self._limit = limits.fields

    def __bool__(self) -> bool:
        return bool(self._tree)

    def add(self, name: str, content: Any) -> None:
        """Puts one field into the tree. Raises Unreadable when the form has more fields than its limit."""
        self._left -= 1
        if self._left < 0:
            raise Unreadable("too_many_fields", f"The form has more than {self._limit:,} fields.")
        path = _path(name)
        if len(path) == 1 or not self._place(path, content):
            _repeat(self._tree, name, content)

    def value(self) -> dict[str, Any]:
        """The tree, with `a[0]`, `a[1]` .. read as a list. Names on the top level stay names: forms have
        numeric ids."""
        return {name: _listed(node) for name, node in self._tree.items()}

    def _place(self, path: list[str], content: Any) -> bool:
        """Follows the path; False when it contradicts what is there (nothing new was made then)."""
        holder: Any = self._tree
        for part, following in zip(path, path[1:], strict=False):
            fresh: Any = [] if following == "" else {}
            if isinstance(holder, list):
                # `people[][name]=..&people[][phone]=..`: a new entry begins when a name comes again.
                last = holder[-1] if holder else None
                if following == "" or not isinstance(last, dict) or following in last:
                    holder.append(fresh)
                holder = holder[-1]
                continue
            child = holder.setdefault(part, fresh)
            if type(child) is not type(fresh):
                return False
            holder = child
        if isinstance(holder, list):
            holder.append(content)
        else:
            _repeat(holder, path[-1], content)
        return True


def _path(name: str) -> list[str]:
    match = _BRACKETED.fullmatch(name)
    if match is None or match[2].count("[") > DEEPEST_NAME:
        return [name]
    return [match[1], *_KEY.findall(match[2])]


def _repeat(holder: dict[str, Any], name: str, content: Any) -> None:
    """A name that comes again becomes a list of what it held."""
    if name not in holder:
        holder[name] = content
    elif isinstance(holder[name], list):
        holder[name].append(content)
    else:
        holder[name] = [holder[name], content]


def _listed(node: Any) -> Any:
    if isinstance(node, list):
        return [_listed(item) for item in node]
    if isinstance(node, dict):
        items = {name: _listed(item) for name, item in node.items()}
        if items and all(str(place) in items for place in range(len(items))):
            return [items[str(place)] for place in range(len(items))]
        return items
    return node
