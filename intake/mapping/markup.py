"""XML as a tree: element -> dict, attributes as `@name`, repeated elements -> list, text beside either as
`#text`.

Invariant: a document type, an entity or an external reference is refused, never followed (defusedxml), and
depth and size are counted while parsing, so a hostile document is dropped before it is built.
"""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import ParseError  # the exception alone; parsing is defusedxml's

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from intake.mapping.unreadable import Limits, Unreadable


def parse_xml(source: bytes | str, limits: Limits) -> dict[str, Any]:
    """The document as {root element's name: its tree}. Raises Unreadable."""
    builder = _Builder(limits)
    parser = DefusedXMLParser(target=builder, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    try:
        parser.feed(source)
        parser.close()
    except DefusedXmlException:
        raise Unreadable(
            "forbidden_xml", "The XML declares a document type or an entity. Such documents are never read."
        ) from None
    except (ParseError, ValueError, LookupError) as problem:
        raise Unreadable("bad_xml", "The body is not well-formed XML.") from problem
    return builder.tree


class _Builder:
    """The parser's target: builds plain dicts and no elements."""

    def __init__(self, limits: Limits) -> None:
        self.tree: dict[str, Any] = {}
        self._open: list[tuple[dict[str, Any], list[str]]] = [(self.tree, [])]
        self._limits = limits
        self._left = limits.values

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._left -= 1 + len(attributes)
        if self._left < 0:
            raise Unreadable("too_many_values", f"The XML holds more than {self._limits.values:,} values.")
        if len(self._open) > self._limits.depth - 1:
            raise Unreadable("too_deep", f"The XML is nested deeper than {self._limits.depth} levels.")
        self._open.append(({f"@{_local(name)}": value for name, value in attributes.items()}, []))

    def data(self, text: str) -> None:
        self._open[-1][1].append(text)

    def end(self, tag: str) -> None:
        node, texts = self._open.pop()
        text = "".join(texts).strip()
        value: Any = node
        if not node:
            value = text
        elif text:
            node["#text"] = text
        parent, name = self._open[-1][0], _local(tag)
        if name not in parent:
            parent[name] = value
        elif isinstance(parent[name], list):
            parent[name].append(value)
        else:
            parent[name] = [parent[name], value]

    def close(self) -> dict[str, Any]:
        return self.tree


def _local(tag: str) -> str:
    """The name without its namespace: senders change prefixes, mappings should not have to."""
    return tag.rpartition("}")[2]
