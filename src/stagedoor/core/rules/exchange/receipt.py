"""A consent receipt by ISO/IEC TS 27560:2023, in the terms of the Data Privacy Vocabulary (its guide `consent-27560`).

It copies what the consent says; it holds no name and no contact, which live apart.  Statuses are mapped one to one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from stagedoor.core.base.when import Instant
from stagedoor.core.facts.consent import Capacity, Consent, Grant, Purpose, Use, WithdrawalMode
from stagedoor.core.rules.exchange.terms import PROFILE, iri, term
from stagedoor.core.rules.sentences import sentences, text_of

Json = dict[str, object]

CONTEXT: Final[dict[str, str]] = {
    "dpv": "https://w3id.org/dpv#",
    "dct": "http://purl.org/dc/terms/",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "sd": PROFILE,
}
"""Written into every receipt, so that nobody fetches anything to read one."""

RECEIPT: Final = "https://w3id.org/dpv/schema/dpv-27560#receipt"
RECORD: Final = "https://w3id.org/dpv/schema/dpv-27560#record"


class ConsentStatus(Enum):
    """The states of a consent as TS 27560 and DPV name them; each value is DPV's own word."""

    REQUESTED = "ConsentRequested"
    REQUEST_DEFERRED = "ConsentRequestDeferred"
    GIVEN = "ConsentGiven"
    REFUSED = "ConsentRefused"
    EXPIRED = "ConsentExpired"
    INVALIDATED = "ConsentInvalidated"
    REVOKED = "ConsentRevoked"
    WITHDRAWN = "ConsentWithdrawn"
    RENEWED = "RenewedConsentGiven"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusEvent:
    """One event in the consent's life: its state, who brought it about, when."""

    status: ConsentStatus
    by: str
    at: Instant


_PURPOSES: Final[dict[Purpose, str]] = {
    Purpose.PICTURE: "dpv:ServiceProvision",
    Purpose.ADVERTISING: "dpv:Advertising",
    Purpose.TRAINING: "dpv:ResearchAndDevelopment",
    Purpose.GAME: "dpv:ServiceProvision",
    Purpose.SOUND_RECORDING: "dpv:ServiceProvision",
    Purpose.VOICE_SERVICE: "dpv:ServiceProvision",
    Purpose.OTHER: "dpv:Purpose",
}
"""DPV's nearest purpose; ours stands beside it and is the narrower."""

_PROCESSING: Final[dict[Use, str]] = {
    Use.CREATE: "dpv:Derive",
    Use.RENDER: "dpv:Generate",
    Use.GENERATE: "dpv:Generate",
    Use.ALTER: "dpv:Alter",
    Use.PERFORM: "dpv:Use",
    Use.TRAIN: "dpv:Use",
    Use.PUBLISH: "dpv:MakeAvailable",
}

_MODES: Final[dict[WithdrawalMode, str]] = {
    WithdrawalMode.AT_WILL: "at any time",
    WithdrawalMode.WITH_NOTICE: "with notice",
    WithdrawalMode.UNTIL_DELIVERY: "until delivery",
    WithdrawalMode.NEVER: "not by its own terms; the law may allow it",
}


def to_receipt(consent: Consent, events: tuple[StatusEvent, ...], *, receipt_id: str, at: Instant) -> Json:
    """The receipt: a wrapper round one consent record, whose statuses are these events in order."""
    return {
        "@context": dict(CONTEXT),
        "@id": iri("receipt:" + receipt_id),
        "@type": "dpv:ConsentReceipt",
        "dct:identifier": receipt_id,
        "dct:conformsTo": RECEIPT,
        "dct:created": _moment(at),
        "schema:recipient": "dpv:DataSubject",
        "dpv:hasRecordOfActivity": _record(consent, events),
    }


def _record(consent: Consent, events: tuple[StatusEvent, ...]) -> Json:
    law = {"dpv:hasApplicableLaw": consent.law, "dpv:hasJurisdiction": consent.law} if consent.law else {}
    return {
        "@id": iri("consent:" + consent.digest().removeprefix("sha256:")),
        "@type": "dpv:ConsentRecord",
        "dct:identifier": consent.consent,
        "dct:conformsTo": RECORD,
        "dct:hasVersion": str(consent.version),
        "dpv:hasDataSubject": {"@id": iri(consent.performer), "@type": "dpv:DataSubject"},
        "dpv:hasDataController": {"@id": iri(consent.production), "@type": "dpv:DataController"},
        **law,
        "dpv:hasLegalBasis": "dpv:ExplicitlyExpressedConsent",
        "dpv:hasProcess": [_process(grant, consent) for grant in consent.grants],
        "dpv:hasConsentControl": {
            "@type": "dpv:WithdrawConsent",
            "dct:description": _withdrawal(consent),
        },
        "dpv:hasNotice": {
            "@id": iri("sentences:" + text_of(consent).removeprefix("sha256:")),
            "@type": "dpv:ConsentNotice",
            "dct:language": "en",
            "dct:description": list(sentences(consent)),
        },
        "dpv:hasConsentStatus": [_status(event, consent) for event in events],
    }


def _process(grant: Grant, consent: Consent) -> Json:
    stored = (
        {"@type": "dpv:StorageDeletion", "dct:description": "when the production ends"}
        if consent.delete_at_end
        else {"@type": "dpv:StorageDuration", "dpv:hasDuration": "dpv:EndlessDuration"}
    )
    return {
        "@type": "dpv:Process",
        "dpv:hasPurpose": [{"@id": term(item), "skos:broader": _PURPOSES[item]} for item in grant.purposes],
        "dpv:hasProcessing": [{"@id": term(grant.use), "skos:broader": _PROCESSING[grant.use]}],
        "dpv:hasPersonalData": {"@id": iri(consent.capture), "@type": "dpv:SpecialCategoryPersonalData"},
        "dpv:hasRecipient": [{"@id": iri(consent.production), "@type": "dpv:Recipient"}],
        "dpv:hasLocation": list(grant.territories),
        "dpv:hasStorageCondition": [stored],
        "dct:valid": f"{grant.first_day.isoformat()}/{grant.last_day.isoformat()}",
    }


def _withdrawal(consent: Consent) -> str:
    what = ", ".join(word.replace("_", " ") for word in consent.withdrawal.may_withdraw) or "nothing"
    return f"{what}: {_MODES[consent.withdrawal.mode]}; {consent.withdrawal.notice_days} days' notice"


def _status(event: StatusEvent, consent: Consent) -> Json:
    subject = event.by == consent.performer and consent.capacity is Capacity.ADULT
    return {
        "@type": f"dpv:{event.status.value}",
        "dpv:isIndicatedBy": {"@id": iri(event.by), "@type": "dpv:DataSubject" if subject else "dpv:LegalEntity"},
        "dpv:hasIndicationMethod": "signature",
        "dpv:isIndicatedAtTime": _moment(event.at),
    }


def _moment(at: Instant) -> Json:
    return {"@value": str(at), "@type": "xsd:dateTime"}
