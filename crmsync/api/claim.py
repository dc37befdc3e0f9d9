"""The page behind a claim link: GET shows the lead, POST takes it. The signed link is the agent's proof."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from crmsync.links import BadLink, read_claim
from crmsync.services import claim_lead


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest, token: str) -> HttpResponse:
    try:
        lead_id, agent_id = read_claim(token)
        act = claim_lead.claim if request.method == "POST" else claim_lead.look
        assignment = act(lead_id, agent_id)
    except (BadLink, claim_lead.NotYours):
        return render(request, "crmsync/bad_link.html", status=404)
    return render(request, "crmsync/claim.html", {"assignment": assignment, "lead": assignment.lead})
