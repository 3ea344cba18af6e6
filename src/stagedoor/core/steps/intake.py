"""Take in, a side path before the first verb: a capture is sealed only with notice, reason, purpose and release."""

from __future__ import annotations

from typing import Final

from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.asset import Notice, Release

NOTICE_HOURS: Final = 48
"""Hours between telling the performer and the scan; at engagement, if engaged later (us-agreements 2.3, TV-N1)."""


def notice_in_time(notice: Notice) -> bool:
    """48 hours before, or at engagement where the performer was engaged later than that."""
    hours = notice.told_at.hours_until(notice.scan_at)
    if notice.told_at > notice.scan_at:
        return False
    engaged_late = notice.engaged_at is not None and notice.engaged_at.hours_until(notice.scan_at) < NOTICE_HOURS
    return hours >= NOTICE_HOURS or (
        engaged_late and notice.engaged_at is not None and notice.told_at <= notice.engaged_at
    )


def take_in(notice: Notice | None, release: Release | None, *, performer: str, production: str) -> Refused | None:
    """None if the capture may be taken in; else the first thing that is missing."""
    if notice is None or notice.performer != performer or notice.production != production:
        return Refused(code=Code.NO_NOTICE, why="No notice of this scan to this performer is recorded.", clause="TV-N1")
    if not notice_in_time(notice):
        hours = notice.told_at.hours_until(notice.scan_at)
        why = (
            f"The performer was told {hours} hours before the scan; it takes {NOTICE_HOURS}, or at engagement if later."
        )
        return Refused(code=Code.NO_NOTICE, why=why, clause="TV-N1")
    if not notice.reason.strip() or not notice.purpose.strip():
        return Refused(
            code=Code.NO_REASON, why="The notice states no reason or no purpose for the scan.", clause="26-5"
        )
    if release is None or release.performer != performer or release.notice != notice.digest():
        return Refused(
            code=Code.NO_RELEASE, why="The performer has signed no release for this scan.", clause="DESIGN 2"
        )
    if release.purpose != notice.purpose:
        return Refused(
            code=Code.NO_RELEASE, why="The release is for another purpose than the notice.", clause="DESIGN 2"
        )
    return None
