"""The look of the admin and where its side menu comes from, as data (settings import it, so it imports no model)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static


def _sheet(request: HttpRequest) -> str:
    return static("steward/steward.css")


def _script(request: HttpRequest) -> str:
    return static("steward/steward.js")


def _icon(request: HttpRequest) -> str:
    return static("steward/favicon.svg")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Steward",
    "SITE_HEADER": "Steward",
    "SITE_SUBHEADER": "Back office",
    "SITE_SYMBOL": "real_estate_agent",
    "SITE_URL": None,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _icon}],
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_HISTORY": False,  # the audit log tells more, and of machines too
    "ENVIRONMENT": "config.menu.environment",
    "DASHBOARD_CALLBACK": "config.dashboard.dashboard",
    "STYLES": [_sheet],
    "SCRIPTS": [_script],
    # The search through models keeps names and addresses in the cache for minutes; it stays off.
    "COMMAND": {"search_models": False, "show_history": False},
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": "config.menu.menu"},
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.604)",
            "100": "oklch(93.2% .032 255.585)",
            "200": "oklch(88.2% .059 254.128)",
            "300": "oklch(80.9% .105 251.813)",
            "400": "oklch(70.7% .165 254.624)",
            "500": "oklch(62.3% .214 259.815)",
            "600": "oklch(54.6% .245 262.881)",
            "700": "oklch(48.8% .243 264.376)",
            "800": "oklch(42.4% .199 265.638)",
            "900": "oklch(37.9% .146 265.522)",
            "950": "oklch(28.2% .091 267.935)",
        },
    },
}
