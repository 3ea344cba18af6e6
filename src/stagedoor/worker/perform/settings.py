"""What a fit of a performer may be asked."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields

from stagedoor.worker.double.train import TrainSettings
from stagedoor.worker.perform.errors import PerformError

_SHARES = ("rate_end", "rest_share", "carry_until", "settle_at", "reseed_share", "reseed_until", "hidden")


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformSettings:
    """`rest` decides the resting face, the seed and the threads; `iterations` are the steps on all captures after it.

    Rates are Adam's, per step, at the start: change_mean and carry_rate in world units, the others in the parameters'
    own units; all fall exponentially to rate_end of themselves.  rest_share is the resting parameters' rate in the
    second part beside their own in the first.  Shares of the run: until carry_until skin is only carried, by `nodes`
    nodes, from slight expressions to full ones; until settle_at changes are pulled to none by `shrink` typical steps,
    and what is none then stays so.  `hidden` more Gaussians, as a share, are put under the skin.  Raises PerformError.
    """

    rest: TrainSettings = field(default_factory=lambda: TrainSettings(iterations=1_200))
    iterations: int = 4_000
    change_mean: float = 4e-3
    change_scale: float = 2e-2
    change_quat: float = 2e-2
    change_opacity: float = 5e-2
    change_colour: float = 2e-2
    rate_end: float = 0.06
    rest_share: float = 0.25
    nodes: int = 400
    carry_rate: float = 2e-2
    carry_until: float = 0.3
    shrink: float = 0.2
    settle_at: float = 0.7
    reseed_every: int = 200
    reseed_share: float = 0.01
    reseed_until: float = 0.5
    hidden: float = 0.2

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if entry.name == "rest":
                continue
            if entry.type == "int":
                sound = isinstance(value, int) and value >= 1
            else:
                most = 1.0 if entry.name in _SHARES else 1e3
                sound = math.isfinite(value) and 0.0 <= value <= most
            if not sound:
                raise PerformError(
                    where=f"settings: {entry.name}", what=f"it is {value}", todo="Counts begin at 1, shares end at 1"
                )
        if not self.rate_end > 0.0 or self.reseed_share >= 0.5:
            raise PerformError(
                where="settings",
                what="rate_end is 0, or half of all Gaussians are moved at once",
                todo="Ask for rate_end above 0 and reseed_share under 0.5",
            )
