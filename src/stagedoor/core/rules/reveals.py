"""How many directions a permit lets a person be seen from: a bound that no order under it can pass.

A released picture is a new capture, and what decides its worth to a copyist is the solid angle that the views cover
(docs/how-to/what-outputs-reveal.md).  A worker's receipt tells what was covered; this says beforehand what can be.
Whole numbers only, each rounded towards more.
"""

from __future__ import annotations

from typing import Final

from stagedoor.core.base.limits import ELEVATION_DEG_MAX

CAP_DEG: Final = 15
"""Half-angle of the cap of directions that one view covers, as receipts count it (worker/double/coverage.py)."""

END_DEG: Final = 18
"""Azimuth that a cap reaches beyond its view: asin(sin 15 / cos 30) is 17.4 at the steepest elevation, less below."""

_SINE: Final = (
    *(0, 17_453, 34_900, 52_336, 69_757, 87_156, 104_529, 121_870, 139_174, 156_435, 173_649, 190_809),
    *(207_912, 224_952, 241_922, 258_820, 275_638, 292_372, 309_017, 325_569, 342_021, 358_368, 374_607, 390_732),
    *(406_737, 422_619, 438_372, 453_991, 469_472, 484_810, 500_000, 515_039, 529_920, 544_640, 559_193, 573_577),
    *(587_786, 601_816, 615_662, 629_321, 642_788, 656_060, 669_131, 681_999, 694_659, 707_107),
)
"""Sines of 0 to 45 whole degrees, in millionths, rounded up."""

GRID_MSR: Final = 8
"""What a receipt's grid of 16,384 directions may round a band up by, in thousandths of a steradian: ten of them."""

_MICRORADIANS: Final = 17_454
"""Of one degree, rounded up."""


def solid_angle_max_msr(arc_deg: int, elevation_from_deg: int, elevation_to_deg: int) -> int:
    """Thousandths of a steradian, rounded up, that cameras within these bounds can cover; a sphere is 12,567.

    The area of the band round the person that holds every cap: exact in height, an upper bound at the arc's two ends.
    """
    assert arc_deg >= 0 and -ELEVATION_DEG_MAX <= elevation_from_deg <= elevation_to_deg <= ELEVATION_DEG_MAX
    width = min(arc_deg + 2 * END_DEG, 360) * _MICRORADIANS
    height = _sine(elevation_to_deg + CAP_DEG) + _sine(CAP_DEG - elevation_from_deg)
    return -(-width * height // 1_000_000_000) + GRID_MSR


def _sine(degrees: int) -> int:
    """Millionths, towards more for both signs: a negative angle takes less away."""
    return _SINE[degrees] if degrees >= 0 else 1 - _SINE[-degrees]
