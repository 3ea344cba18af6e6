"""Words that a production declares of a use, each with its evidence: what no store can know by itself.

Nobody knows what is not declared, and doubt refuses; so a rule that reads one of these stands behind a guard
(`applies:`) that says which uses it concerns.  `docs/RULE-LANGUAGE.md` lists them for people.
"""

from __future__ import annotations

from typing import Final

from stagedoor.core.rules.text import FLAG, NUMBER, TEXT

AMOUNT: Final = "amount"
"""A number in millionths of the production's currency; people declare it as `1450.000000 USD`."""

_FLAGS: Final = {
    "engaged_on_picture": "whether the performer works on this very picture",
    "participated": "whether the performer took part physically when the replica was made",
    "as_principal": "whether a background actor's replica is shown as a principal",
    "counts_as_background": "whether replicas are counted toward the required number of background actors",
    "scan_only_day": "whether the day of the scan holds no other work",
    "as_performed": "whether the altered result stays substantially as scripted, performed and recorded",
    "exemption_claimed": "whether an exemption from consent is claimed, as for comment, satire or history",
    "human_role": "whether a person would otherwise play the part",
    "value_memo": "whether a memo states the significant additional value of a synthetic performer",
    "union_told": "whether the union was told",
    "union_agreed": "whether bargaining with the union ended in agreement",
    "composite": "whether it is built from several performers",
    "recognisable": "whether the result clearly reads as the performer",
    "facial_feature": "whether a main facial feature of the performer can be recognised",
    "voiced_by_person": "whether a person gives the voice",
    "security_controls": "whether the stored replica has the security controls that the agreement asks for",
    "licensed_out": "whether the performer's data is licensed to an outside party for training",
    "sideletter_k": "whether Sideletter K (pilots, first seasons) applies",
    "photo_double": "whether a stand-in or background actor doubles on camera",
    "displaces_unit_work": "whether it replaces work that members of the union do",
    "processing_tool": "whether it is ordinary processing (animation, noise reduction, pitch shift, rigging)",
    "prior_material": "whether it comes from material not made under this agreement",
    "suspended": "whether the performer suspended consent for new material",
    "rider_signed": "whether the Digital Replica Rider or another paper was signed",
    "spot_described": "whether this spot was described when consent was given",
    "same_advertiser": "whether it is for the same advertiser",
    "same_product_line": "whether it is for the same product line",
    "physical_change": "whether hair, mouth, voice or another physical trait is changed",
    "told_product": "whether the performer was told the product",
    "told_count": "whether the performer was told the number of spots",
    "copies_deleted": "whether every copy is deleted at the end",
    "artist_human": "whether the artist is a human being",
    "royalty_artist": "whether the singer is a royalty artist",
    "situational": "whether dialogue is improvised in play by a model",
    "ships": "whether pre-production lines ship",
    "spot_approved": "whether the performer approved this advertisement",
    "voice_identifiable": "whether a single voice can be identified in the output",
    "experimental": "whether the deal is the one-year experiment",
    "replaces_work": "whether it replaces work that the person would have done in person",
    "uses_specific": "whether the contract describes the uses with reasonable specificity",
    "uses_consistent": "whether the use is consistent with the contract and the character of the recording",
    "counsel": "whether a lawyer represented the person and the terms were clearly signed",
    "union_cover": "whether a union agreement expressly covers the replica",
    "bio_notice": "whether a written notice of the biometric collection was given",
    "bio_purpose": "whether that notice names the purpose",
    "bio_term": "whether that notice names how long the data is kept",
    "bio_release": "whether a written release was signed",
    "bio_profit": "whether the biometric identifier itself is sold or traded",
    "disclosed": "whether the synthetic performer or deep fake is conspicuously disclosed",
    "audio_only": "whether it is sound only",
    "translation_only": "whether the model only translates what a human performer said",
    "expressive_work": "whether it advertises an expressive work and uses the performer as that work does",
    "domiciled": "whether the deceased lived in the place of the law",
    "estate_agrees": "whether the estate agrees",
    "tool_for_one_person": "whether the model serves to imitate one person",
    "knows": "whether the maker knows it",
    "signed_metadata": "whether the output carries signed metadata that says it was generated",
    "timestamped": "whether that metadata is time-stamped",
    "watermark_verified": "whether the watermark was read back from the output",
    "fingerprint_stored": "whether the output's fingerprint is in the registry",
    "input_marks_kept": "whether marks found on the inputs are still on the output",
    "explicit_consent": "whether the person gave explicit consent to the processing of biometric data",
    "processing_stopped": "whether all processing under the withdrawn consent has stopped",
    "anonymity_proved": "whether tests prove that the model is anonymous",
    "back_catalogue": "whether recorded work is sold or licensed to train a model",
    "law_checked": "whether a lawyer checked a term longer than the proposed law allows",
    "on_set_signature": "whether the consent was signed on set",
    "contract_before_ai": "whether the contract was made before it had clauses on AI",
    "end_date_given": "whether the licence has an end date",
    "exclusive": "whether the licence is exclusive",
    "named_production": "whether the licence names the production",
    "deleted": "whether the scan data was deleted",
    "training_opt_in": "whether the performer opted in to training",
    "parody": "whether it is parody or satire",
    "platform_large": "whether the provider has more users a month than the law's threshold",
    "told_at_engagement": "whether the performer was engaged later than the notice allows, and told at engagement",
    "later_spot": "whether this commercial was not yet booked when the consent was given",
    "hidden_mark_fields": "whether the hidden mark carries provider, system name, version, time and a unique id",
    "personal_data_apart": "whether personal data stands in a metadata field of its own and not in the mark",
    "label_reason_stored": "whether the reason for the light label of an artistic work is stored",
    "eps_deducted": "whether the member's own share for the Equity Pension Scheme is deducted",
    "eps_number": "whether the member's scheme number stands on the contract",
}
_NUMBERS: Final = {
    "background_required": "background actors that the agreement requires",
    "background_real": "real background actors on the day",
    "background_replicas": "replicas in the crowd",
    "weeks": "weeks of use",
    "spots": "commercials in which the replica performs",
    "customisations": "customised elements",
    "lines": "lines spoken",
    "words": "words spoken",
    "sides": "sides of a recording (a track of up to 4:30)",
    "training_years": "years for which training is licensed",
    "persons": "persons concerned",
    "methods": "methods of collection",
    "licence_years": "years that the licence runs",
    "tokens": "tokens of generated text",
    "months_since_first_spot": "whole months from the first use of the first spot to the start of this one",
    "licence_units": "units of a voice licence counted, each of 300 lines or 3,000 words",
    "weeks_engaged": "weeks for which the performer is engaged",
}
_TEXTS: Final = {
    "alteration": "why the recording is altered, as cosmetics, wardrobe, noise, dubbing, similar, other",
    "program": "theatrical, tv_half_hour, tv_hour, tv_90_minutes, tv_long or new_media",
    "pay_type": "session or residual",
    "engagement": "daily, weekly or flat",
    "budget_tier": "full, low_65, low_35 or low_20",
    "market": "where the released work is shown, as network_prime or basic_cable",
    "label": "the label on the output: none, full or artistic",
    "origin": "where a voice comes from: session or old_recordings",
    "synthetic_voice": "none, human_like or creature",
}
_AMOUNTS: Final = {
    "contract_share": "the singer's share by contract, an amount",
    "session_fee_agreed": "the session fee agreed in the deal, an amount",
    "revenue": "revenue that the deal shares, an amount",
    "budget": "the budget of the whole production, an amount",
}

DECLARED: Final[dict[str, tuple[str, str]]] = {
    **{name: (FLAG, means) for name, means in _FLAGS.items()},
    **{name: (NUMBER, means) for name, means in _NUMBERS.items()},
    **{name: (TEXT, means) for name, means in _TEXTS.items()},
    **{name: (NUMBER, means) for name, means in _AMOUNTS.items()},
}
"""name -> (kind, what it means)."""

DECLARED_AMOUNTS: Final = frozenset(_AMOUNTS)
"""Declared words that are amounts."""

USUAL: Final[dict[str, str | int | bool]] = {
    "budget_tier": "full",
    "engagement": "daily",
    "pay_type": "session",
    "sideletter_k": False,
}
"""What stands where nothing is declared: the reading that pays performer and plans most, so that silence gains
nobody anything."""

DECLARED_DATES: Final = (
    "engaged_on", "released_on", "production_ended", "purpose_ended", "last_contact", "market_on", "first_spot_on",
    "union_told_on",
    "access_received_on",
    "marks_stripped_on",
)  # fmt: skip
"""Date words that a production declares; the others come from the facts."""
