"""An invented agreement of the usual size, and random uses under it.  No number here is anybody's real rate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import numpy as np
import polars as pl

from stagedoor.adapters.bulk.book import BulkBook, Dated, Span, Total
from stagedoor.core.rules.compiled import JudgeText, PayText
from stagedoor.core.rules.text import RuleText, parse
from stagedoor.core.rules.tree import FLAG, NUMBER, TEXT, TEXTS

USES: Final = ("create", "render", "generate", "alter", "perform", "train", "publish")
KINDS: Final = ("EBDR", "ICDR", "BADR", "SYNTHETIC")
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "medium": ("theatrical", "television", "streaming", "interactive"),
    "purpose": ("picture", "advertising", "training", "game"),
    "content": ("ordinary", "ordinary", "ordinary", "nudity", "violence", "political"),
    "quality": ("preview", "broadcast", "cinema"),
    "audience": ("general", "adult", "children"),
    "unit": ("frame", "second", "call", "line"),
    "category": ("actor", "actor", "stunt", "background", "voice", "dancer"),
    "territory": ("US", "UK", "EU", "world"),
    "capacity": ("adult", "adult", "adult", "guardian", "estate"),
    "after_death": ("continues", "ends", "estate"),
    "strike_term": ("agreement", "suspend_new", "stop_all"),
    "worker_grade": ("hosted", "attested", "studio-run"),
}
FLAGS: Final[Mapping[str, float]] = {
    "consent_given": 0.97, "consent_described": 0.98, "signed_apart": 0.97, "schedule_f": 0.05, "released": 0.9,
    "deceased": 0.04, "minor": 0.03, "lifetime": 0.9, "other_picture": 0.06, "prompted": 0.3, "reason_stated": 0.9,
    "prompt_names_performer": 0.02, "estimate_basis_given": 0.95, "assignable": 0.1, "delete_at_end": 0.8,
}  # fmt: skip
DECLARED: Final = ("processing_tool", "union_told", "recognisable", "displaces_unit_work", "training_opt_in",
                   "as_principal", "value_memo", "photo_double")  # fmt: skip
NUMBERS: Final[Mapping[str, tuple[int, int]]] = {
    "units": (1, 5_000), "new_days": (0, 9), "estimate_days": (1, 30),
    "arc_deg": (0, 361), "arc_together_deg": (0, 361),
    "notice_hours": (0, 120), "signed_days_before": (0, 400), "consent_days": (10, 2_000),
    "day_rate": (0, 3_000), "unit_rate": (0, 5), "flat_fee": (0, 9_000), "commission_bp": (0, 1_001),
    "residual_bp": (0, 700), "years_since_death": (0, 90),
}  # fmt: skip
MONEY: Final = ("day_rate", "unit_rate", "flat_fee")
SAMPLES: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "holds": ((), (), (), (), (), (), (), ("dispute",), ("strike",)),
    "places": (("US-CA",), ("US-NY", "EU"), ("UK",), ()),
}

_DAYS = tuple(date(year, 7, 1) for year in (2022, 2024, 2025))


def _dated(name: str, values: tuple[int, int, int], keyed_by: str = "day") -> Dated:
    return Dated(name=name, keyed_by=keyed_by, values=tuple(zip(_DAYS, values, strict=True)))


M = 1_000_000
PARAMETERS: Final = (
    _dated("day_minimum", (1_000 * M, 1_100 * M, 1_200 * M)),
    _dated("icdr_minimum", (2_000 * M, 2_100 * M, 2_300 * M)),
    _dated("real_time_bp", (70_000, 75_000, 75_000)),
    _dated("training_rate", (M // 10, M // 8, M // 8)),
    _dated("background_minimum", (200 * M, 210 * M, 220 * M)),
    _dated("bonus_from", (50_000 * M, 50_000 * M, 60_000 * M)),
    _dated("bonus_to", (200_000 * M, 200_000 * M, 240_000 * M)),
    _dated("bonus_bp", (150, 150, 200)),
    _dated("ph_ceiling", (232_000 * M, 250_000 * M, 250_000 * M), "photography_began"),
    _dated("pension_bp", (1_350, 1_400, 1_450), "photography_began"),
    _dated("health_bp", (750, 700, 700), "photography_began"),
    _dated("dues_bp", (157, 157, 158)),
    _dated("dues_cap", (750_000 * M, 800_000 * M, 1_000_000 * M)),
    _dated("late_bp", (1_000, 1_000, 1_200)),
    _dated("orbit_degrees", (300, 300, 270)),
    _dated("notice_needed", (48, 48, 72)),
    _dated("death_years", (50, 70, 70)),
    _dated("longest_consent", (1_825, 1_825, 1_460)),
    _dated("units_limit", (4_000, 4_000, 4_500)),
    _dated("cooling_days", (1, 2, 3)),
)
SPANS: Final = (
    Span(name="law_a", keyed_by="day", first=date(2025, 1, 1), last=None),
    Span(name="law_b", keyed_by="day", first=date(2024, 6, 9), last=date(2025, 12, 31)),
    Span(name="law_c", keyed_by="day", first=date(2030, 1, 1), last=None),
)
TOTALS: Final = (Total(name="prior_gross", sums="gross", by=("performer", "production")),)

WORDS: Final[dict[str, str]] = {
    **dict.fromkeys(("use", "replica_kind", "currency", *CHOICES), TEXT),
    **dict.fromkeys((*FLAGS, *DECLARED, *(span.name for span in SPANS)), FLAG),
    **dict.fromkeys((*NUMBERS, *(parameter.name for parameter in PARAMETERS)), NUMBER),
    **dict.fromkeys(("prior_gross", "gross", "ph_base", "bonus"), NUMBER),
    **dict.fromkeys(SAMPLES, TEXTS),
}

_ALTERED = "use in ('render', 'generate') or (not processing_tool if use == 'alter' else False)"
_PAYS: Final = (
    # (name, applies, formula, weak)
    ("gross", "use == 'create' and replica_kind in ('EBDR', 'BADR')",
     "max(day_rate, day_minimum) * new_days", ("day_minimum",)),
    ("gross", f"({_ALTERED}) and replica_kind in ('EBDR', 'BADR')",
     "(max(day_rate, day_minimum) if category != 'background' else max(day_rate, background_minimum)) * new_days",
     ("background_minimum",)),
    ("gross", "use in ('create', 'render', 'generate', 'alter') and replica_kind == 'ICDR'",
     "max(flat_fee, icdr_minimum)", ("icdr_minimum",)),
    ("gross", "use == 'perform'", "max(day_rate, bp(day_minimum, real_time_bp)) * new_days", ("real_time_bp",)),
    ("gross", "use == 'train'", "max(unit_rate, training_rate) * units", ("training_rate",)),
    ("gross", "use == 'publish'", "bp(flat_fee, residual_bp)", ()),
    ("bonus", "medium in ('theatrical', 'streaming')",
     "bp(band(prior_gross, gross, bonus_from, bonus_to), bonus_bp)", ("bonus_to", "bonus_bp")),
    ("ph_base", None, "band(prior_gross, gross, 0, ph_ceiling)", ("ph_ceiling",)),
    ("pension", None, "bp(ph_base, pension_bp)", ("pension_bp",)),
    ("health", None, "bp(ph_base, health_bp)", ()),
    ("commission", "capacity != 'estate'", "bp(gross, commission_bp)", ()),
    ("dues", None, "min(bp(gross, dues_bp), dues_cap)", ("dues_cap",)),
)  # fmt: skip

_MAKES = "use in ('create', 'render', 'generate', 'alter')"
_SHOWN = "use in ('render', 'generate', 'alter', 'perform', 'publish') and category != 'voice'"
_STRUCK = "'strike' in holds and use in ('create', 'render', 'generate', 'perform')"
_JUDGES: Final = (
    # (applies, when)
    (None, "use in ('create', 'render', 'generate', 'alter', 'perform') and not consent_given"),
    (None, "not consent_described"),
    (None, "schedule_f"),
    (None, "capacity == 'guardian' and not minor"),
    (None, "minor and content in ('nudity', 'sexual', 'violence')"),
    (None, "replica_kind == 'ICDR' and use == 'train'"),
    (None, "'strike' in holds"),
    (None, "'dispute' in holds and use in ('publish', 'train')"),
    (None, "use == 'create' and notice_hours < notice_needed"),
    (None, "use == 'create' and not reason_stated"),
    (None, "use == 'create' and not released"),
    (None, "arc_together_deg >= orbit_degrees"),
    (None, "use == 'train' or purpose == 'training'"),
    (None, "not estimate_basis_given and estimate_days > 0"),
    (None, "units > units_limit and unit == 'frame'"),
    (None, "consent_days > longest_consent"),
    (None, "signed_days_before < cooling_days"),
    (None, "prompt_names_performer"),
    (None, "worker_grade == 'studio-run' and quality == 'cinema' and arc_deg > 180"),
    (None, "audience == 'children' and content != 'ordinary'"),
    (None, "territory == 'world' and assignable"),
    (None, "purpose == 'advertising' and medium != 'television'"),
    (None, "other_picture and use != 'publish'"),
    (None, "estimate_days < new_days"),
    (None, "quality == 'preview' and use == 'publish'"),
    (_SHOWN, "other_picture"),
    (_SHOWN, "purpose == 'advertising'"),
    ("use in ('render', 'generate') and replica_kind in ('EBDR', 'BADR')", "True"),
    ("use in ('render', 'generate') and replica_kind in ('EBDR', 'BADR')", "recognisable and not consent_given"),
    (f"{_MAKES} and replica_kind in ('EBDR', 'BADR')", "not (category in ('actor', 'stunt', 'dancer'))"),
    (f"{_MAKES} and replica_kind in ('EBDR', 'BADR')", "day_rate < day_minimum"),
    ("use == 'perform'", "unit not in ('call', 'second')"),
    ("use == 'perform'", "new_days > 5"),
    ("use == 'alter'", "not consent_given and not processing_tool"),
    ("use == 'alter'", "processing_tool"),
    ("consent_given", "not signed_apart"),
    ("consent_given", "not consent_described"),
    ("consent_given", "consent_days > longest_consent and capacity != 'adult'"),
    ("deceased", "not lifetime"),
    ("deceased", "years_since_death < death_years and after_death == 'ends'"),
    ("deceased and lifetime", "after_death == 'ends'"),
    ("deceased and lifetime", "after_death == 'estate'"),
    ("deceased and lifetime", "capacity != 'estate'"),
    ("replica_kind in ('ICDR', 'SYNTHETIC') or prompted", "recognisable and not consent_given"),
    ("replica_kind in ('ICDR', 'SYNTHETIC') or prompted", "not recognisable"),
    ("replica_kind == 'SYNTHETIC'", "not union_told"),
    ("replica_kind == 'SYNTHETIC'", "not value_memo"),
    ("replica_kind == 'SYNTHETIC'", "displaces_unit_work"),
    ("replica_kind == 'SYNTHETIC' and use != 'publish'", "category != 'background'"),
    (_STRUCK, "strike_term in ('suspend_new', 'stop_all')"),
    ("'strike' in holds and use in ('alter', 'publish')", "strike_term == 'stop_all'"),
    ("use == 'train'", "not training_opt_in"),
    ("use == 'train'", "territory == 'EU' or 'EU' in places"),
    ("use == 'train'", "bp(unit_rate, late_bp) < training_rate"),
    ("category == 'background'", "as_principal"),
    ("category == 'background'", "use == 'create' and arc_deg == 0"),
    ("category == 'background' and as_principal", "day_rate < day_minimum"),
    ("law_a if ('US-CA' in places) else False", "not consent_described or not signed_apart"),
    ("law_b if ('EU' in places) else False", "use == 'publish' and prompted"),
    ("law_c", "replica_kind == 'EBDR'"),
)  # fmt: skip


def text(said: str) -> RuleText:
    """A rule text over the words of this book."""
    return parse(said, WORDS)


PAYS: Final = tuple(
    PayText(key, name, text(applies) if applies else None, text(formula), weak)
    for key, (name, applies, formula, weak) in enumerate(_PAYS)
)
JUDGES: Final = tuple(
    JudgeText(key, text(applies) if applies else None, text(when)) for key, (applies, when) in enumerate(_JUDGES)
)
BOOK: Final = BulkBook(
    pays=PAYS, judges=JUDGES, parameters=PARAMETERS, spans=SPANS, totals=TOTALS, constants={"currency": "USD"}
)


def uses(count: int, *, seed: int) -> pl.DataFrame:
    """Random uses, as a production's records would hold them: few performers with much work, and gaps."""
    chance = np.random.default_rng(seed)

    def gaps(name: str, series: pl.Series, share: float) -> pl.Series:
        kept = pl.Series(chance.random(count) >= share)
        return series.zip_with(kept, pl.Series([None], dtype=series.dtype)).alias(name)

    def words(options: tuple[str, ...]) -> pl.Series:
        letters = pl.Enum(list(dict.fromkeys(options)))
        return pl.Series(options, dtype=letters).gather(chance.integers(0, len(options), count).astype(np.uint32))

    def days(first: date, spread: int) -> pl.Series:
        since = chance.integers(0, spread, count) + (first - date(1970, 1, 1)).days
        return pl.Series(since, dtype=pl.Int32).cast(pl.Date)

    at = chance.integers(0, count * 2, count)
    performers = max(20, count // 50)
    columns: dict[str, Any] = {
        "use_id": pl.Series(chance.permutation(count)),
        "at": pl.Series(at),
        "performer": pl.Series((performers * chance.random(count) ** 3).astype(np.int64)),
        "production": pl.Series(chance.integers(0, 12, count)),
        "use": words(USES),
        "replica_kind": gaps("replica_kind", words((*KINDS[:3] * 5, *KINDS)), 0.002),
        # Served when it was asked for, as in a true record; the first day is one before any value is known.
        "day": pl.Series(at * 1_600 // (count * 2) + (date(2022, 6, 30) - date(1970, 1, 1)).days, dtype=pl.Int32).cast(
            pl.Date
        ),
        "photography_began": gaps("photography_began", days(date(2022, 3, 1), 1_500), 0.002),
    }
    for name, options in CHOICES.items():
        columns[name] = words(options)
    for name, share in FLAGS.items():
        columns[name] = pl.Series(chance.random(count) < share)
    for name in DECLARED:
        columns[name] = gaps(name, pl.Series(chance.random(count) < 0.7), 0.02)
    for name, (low, high) in NUMBERS.items():
        columns[name] = pl.Series(chance.integers(low, high, count) * (M if name in MONEY else 1))
    columns["flat_fee"] = gaps("flat_fee", columns["flat_fee"], 0.01)
    columns["notice_hours"] = gaps("notice_hours", columns["notice_hours"], 0.01)
    for name, options in SAMPLES.items():
        letters = pl.Enum(sorted({word for sample in options for word in sample}))
        lists = pl.Series([list(sample) for sample in options], dtype=pl.List(letters))
        columns[name] = lists.gather(chance.integers(0, len(options), count).astype(np.uint32))
    return pl.DataFrame(columns)
