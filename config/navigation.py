"""The side menu and colours of the admin, as data."""

from typing import Any

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Steward",
    "SITE_HEADER": "Steward",
    "SITE_SUBHEADER": "Back office",
}
