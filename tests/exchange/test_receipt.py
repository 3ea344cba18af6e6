"""Receipts by ISO/IEC TS 27560 in DPV's terms: what must be in one, one status for each state."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from core import builders as make
from properties.test_sentences import FULL
from stagedoor.core.facts.consent import Purpose, Use
from stagedoor.core.rules.exchange import ConsentStatus, StatusEvent, to_receipt
from stagedoor.core.rules.exchange.receipt import CONTEXT
from stagedoor.core.rules.sentences import sentences

STATES = {
    "Requested", "RequestDeferred", "Given", "Refused", "Expired", "Invalidated", "Revoked", "Withdrawn",
    "RenewedConsentGiven",
}  # fmt: skip


def receipt(*statuses: ConsentStatus, **over: Any) -> dict[str, Any]:
    """A receipt of the story's consent."""
    consent = make.consent(**over)
    events = tuple(StatusEvent(status=status, by=consent.performer, at=make.AT) for status in statuses)
    return json.loads(json.dumps(to_receipt(consent, events, receipt_id="r-1", at=make.AT)))


def test_the_mandatory_fields_of_the_standard_are_there() -> None:
    """By DPV's guide: identifiers, versions of the schema, subject, controller, notice, language, purpose, data,
    storage, jurisdiction, recipients, withdrawal, and the events."""
    whole = receipt(ConsentStatus.GIVEN, law="GB")
    record = whole["dpv:hasRecordOfActivity"]
    assert whole["@type"] == "dpv:ConsentReceipt" and record["@type"] == "dpv:ConsentRecord"
    assert whole["dct:conformsTo"].endswith("#receipt") and record["dct:conformsTo"].endswith("#record")
    for field in ("dct:identifier", "dpv:hasDataSubject", "dpv:hasDataController", "dpv:hasJurisdiction",
                  "dpv:hasConsentControl", "dpv:hasNotice", "dpv:hasConsentStatus", "dpv:hasProcess"):  # fmt: skip
        assert record[field], field
    for process in record["dpv:hasProcess"]:
        for field in ("dpv:hasPurpose", "dpv:hasProcessing", "dpv:hasPersonalData", "dpv:hasStorageCondition",
                      "dpv:hasRecipient", "dpv:hasLocation", "dct:valid"):  # fmt: skip
            assert process[field], field
    assert record["dpv:hasNotice"]["dct:language"] == "en"
    assert record["dpv:hasNotice"]["dct:description"] == list(sentences(make.consent(law="GB")))


def test_states_map_one_to_one() -> None:
    """Nine states, nine terms of DPV, none twice."""
    terms = [status.value for status in ConsentStatus]
    assert len(set(terms)) == len(terms) == len(STATES)
    assert {term.removeprefix("Consent") if term != "RenewedConsentGiven" else term for term in terms} == STATES


def test_events_stand_in_order_with_who_and_when() -> None:
    """Given, then withdrawn."""
    events = receipt(ConsentStatus.GIVEN, ConsentStatus.WITHDRAWN)["dpv:hasRecordOfActivity"]["dpv:hasConsentStatus"]
    assert [event["@type"] for event in events] == ["dpv:ConsentGiven", "dpv:ConsentWithdrawn"]
    assert all(event["dpv:isIndicatedBy"]["@type"] == "dpv:DataSubject" for event in events)
    assert events[0]["dpv:isIndicatedAtTime"]["@value"] == str(make.AT)


def test_every_prefix_is_in_the_receipt_itself() -> None:
    """Nothing has to be fetched to read it."""
    text = json.dumps(to_receipt(FULL, (), receipt_id="r-1", at=make.AT))
    used = set(re.findall(r'"([a-z]+):[A-Za-z]', text)) - {"urn", "https", "http"}
    assert used <= {*CONTEXT, "consent", "party", "asset", "production"}
    assert {"dpv", "dct", "xsd"} <= used


@pytest.mark.parametrize("use", list(Use))
@pytest.mark.parametrize("purpose", list(Purpose))
def test_every_use_and_purpose_has_a_term(use: Use, purpose: Purpose) -> None:
    """A new word of ours fails here until DPV's nearest one stands beside it."""
    process = receipt(grants=(make.permission(use=use, purposes=(purpose,)),))["dpv:hasRecordOfActivity"][
        "dpv:hasProcess"
    ]
    assert process[0]["dpv:hasPurpose"][0]["skos:broader"].startswith("dpv:")
    assert process[0]["dpv:hasProcessing"][0]["skos:broader"].startswith("dpv:")
