"""The consent's yes without a word on the way: one finding if all is in order; else None, and `rights` tells all."""

from __future__ import annotations

from stagedoor.core.base.limits import GRANTS_MAX
from stagedoor.core.facts.consent import Consent
from stagedoor.core.facts.decision import Finding
from stagedoor.core.facts.request import Request, Standing
from stagedoor.core.rules.ready import Ready
from stagedoor.core.rules.rights import fits, refuses, whole_document, yes_of


def consented(request: Request, standing: Standing, made: Ready) -> Finding | None:
    """The performer's yes if nothing at all is missing, forbidden or asked; None sends the caller the long way."""
    consent = made.consent
    if not _in_order(request, standing, consent) or whole_document(request, standing, consent):
        return None
    for item in consent.forbids:
        if refuses(item, request):
            return None
    covering = next((grant for grant in made.by_use.get(request.use, ()) if fits(request, standing, grant)), None)
    if covering is None:
        return None
    for grant in made.by_use[request.use]:
        if request.shot in grant.approve_shots or standing.arc_together_deg > grant.ask_above_arc_deg:
            return None
    return yes_of(covering.grant, f"consent, permission {covering.number}", request)


def _in_order(request: Request, standing: Standing, consent: Consent) -> bool:
    readable = len(consent.grants) <= GRANTS_MAX and len(consent.forbids) <= GRANTS_MAX
    return readable and standing.consent == request.consent and standing.consent_signed and not standing.holds
