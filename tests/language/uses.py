"""Invented past uses under TV/Theatrical 2026, as columns: mostly renders of employment-based replicas, and the rest.

Everything is a function of the seed.  Three performers in four are actors; each has some pictures, so that running
totals cross the plans' ceiling here and there.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

DAY = dt.date(2026, 7, 1)
KINDS = ("EBDR", "ICDR", "BADR", "SYNTHETIC")
TEXTS: dict[str, tuple[tuple[str, ...], tuple[float, ...]]] = {
    "use": (("render", "create", "generate", "alter", "publish", "train"), (0.7, 0.1, 0.08, 0.05, 0.06, 0.01)),
    "replica_kind": (KINDS, (0.8, 0.05, 0.13, 0.02)),
    "medium": (("theatrical", "television", "streaming"), (0.7, 0.2, 0.1)),
    "category": (("actor", "background", "stunt", "dancer"), (0.75, 0.13, 0.1, 0.02)),
    "purpose": (("picture", "advertising"), (0.98, 0.02)),
    "program": (("theatrical", "tv_half_hour", "tv_hour"), (0.7, 0.1, 0.2)),
    "capacity": (("adult", "guardian"), (0.99, 0.01)),
    "after_death": (("ends", "estate", "continues"), (0.6, 0.2, 0.2)),
    "made_under": (("sag_aftra_tv_theatrical_2026", ""), (0.9, 0.1)),
    "alteration": (("none", "dubbing", "cosmetics", "other"), (0.4, 0.3, 0.2, 0.1)),
    "market": (("none", "streaming", "network_prime"), (0.5, 0.3, 0.2)),
}
FIXED = {
    "budget_tier": "full",
    "engagement": "daily",
    "pay_type": "session",
    "agreement": "sag_aftra_tv_theatrical_2026",
}
OFTEN = ("consent_given", "consent_described", "estimate_basis_given", "lifetime", "reason_stated", "signed_apart",
         "released", "participated", "engaged_on_picture", "recognisable", "as_performed", "union_told",
         "security_controls")  # fmt: skip
SELDOM = ("as_principal", "composite", "counts_as_background", "deceased", "displaces_unit_work", "exemption_claimed",
          "facial_feature", "human_role", "other_picture", "photo_double", "prompt_names_performer", "prompted",
          "scan_only_day", "schedule_f", "union_agreed", "value_memo", "voiced_by_person", "minor", "outgrown",
          "sideletter_k", "licensed_out", "prompt_may_name")  # fmt: skip


def uses(count: int, *, seed: int = 2026) -> pl.DataFrame:
    """So many uses in the order of time."""
    chance = np.random.default_rng(seed)
    columns: dict[str, pl.Series] = {}
    for name, (words, shares) in TEXTS.items():
        columns[name] = pl.Series(name, chance.choice(words, count, p=shares)).cast(pl.Enum(list(words)))
    for name, word in FIXED.items():
        columns[name] = pl.Series(name, [word], dtype=pl.Enum([word])).new_from_index(0, count)
    for name in OFTEN:
        columns[name] = pl.Series(name, chance.random(count) < 0.98)
    for name in SELDOM:
        columns[name] = pl.Series(name, chance.random(count) < 0.02)
    strike = chance.random(count) < 0.01
    columns["holds"] = pl.Series("struck", strike)
    performers = max(1, count // 60)
    numbers = {
        "day_rate": chance.integers(900, 6_000, count) * 1_000_000,
        "new_days": chance.integers(0, 6, count),
        "units": chance.integers(1, 400, count),
        "notice_hours": chance.choice([72, 96, 47], count, p=[0.6, 0.39, 0.01]),
        "commission_bp": chance.choice([1000, 0], count),
        "background_real": chance.integers(10, 60, count),
        "background_replicas": chance.integers(0, 40, count),
        "background_required": chance.integers(10, 60, count),
    }
    columns |= {name: pl.Series(name, values.astype(np.int64)) for name, values in numbers.items()}
    days = np.sort(chance.integers(0, 900, count))
    frame = pl.DataFrame(list(columns.values())).with_columns(
        day=pl.Series(days).cast(pl.Int32) + (DAY - dt.date(1970, 1, 1)).days,
        performer=pl.Series(chance.integers(0, performers, count).astype(np.uint32)),
        production=pl.Series(chance.integers(0, 40, count).astype(np.uint32)),
        use_id=pl.int_range(pl.len(), dtype=pl.UInt32),
    )
    return frame.with_columns(
        pl.col("day").cast(pl.Date),
        photography_began=(pl.col("day") - 120).cast(pl.Date),
        at=pl.col("day").cast(pl.Date).cast(pl.Datetime("us")),
        holds=pl.when(pl.col("struck")).then(pl.lit(["strike"])).otherwise(pl.lit([], dtype=pl.List(pl.String))),
    ).drop("struck")
