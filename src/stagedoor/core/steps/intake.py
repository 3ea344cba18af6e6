"""Take in, a side path before the first verb: nothing is sealed without the papers that let it in.

A capture comes with notice, reason, purpose and release.  A replica that was made elsewhere comes with a declaration of
its origin and the performer's release of that very file; its creation is still to be asked for and paid (ADR 0016).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from stagedoor.core.base.ids import has_shape
from stagedoor.core.base.limits import TEXT_CHARS_MAX
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.asset import Asset, AssetKind, Notice, Release, ReplicaKind
from stagedoor.core.facts.origin import Origin, ReplicaRelease, Source

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


KIND_OF: Final[Mapping[Source, ReplicaKind]] = {
    Source.WITH_PERFORMER: ReplicaKind.EBDR,
    Source.WITH_BACKGROUND_ACTOR: ReplicaKind.BADR,
    Source.FROM_ARCHIVES: ReplicaKind.ICDR,
}
"""Taking part decides the kind (us-agreements 2.1): EBDR and BADR need it, ICDR is made without."""

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


def take_in_replica(
    origin: Origin | None, release: ReplicaRelease | None, capture: Asset | None, *, performer: str, production: str
) -> Refused | None:
    """None if the replica may be taken in; else the first thing that is missing.

    `capture` is the asset that the origin names, None if it names none or there is none.
    """
    if origin is None or origin.performer != performer or origin.production != production:
        return Refused(
            code=Code.NO_REASON, why="Nobody declared where this replica comes from, for this performer and production."
        )
    wrong = _wrong_origin(origin)
    if wrong:
        return Refused(code=Code.MALFORMED, why=f"The replica's origin has {wrong}.")
    if not origin.purpose.strip():
        return Refused(code=Code.NO_REASON, why="The origin states no purpose for the replica.", clause="26-5")
    refused = _capture_missing(origin, capture)
    if refused is not None:
        return refused
    if release is None or release.performer != performer or release.origin != origin.digest():
        return Refused(
            code=Code.NO_RELEASE, why="The performer has signed no release for this very file.", clause="DESIGN 2"
        )
    if (release.asset, release.capture, release.purpose) != (origin.asset, origin.capture, origin.purpose):
        return Refused(
            code=Code.NO_RELEASE,
            why="The release names another asset, capture or purpose than the origin.",
            clause="DESIGN 2",
        )
    return None


def _wrong_origin(origin: Origin) -> str:
    """What is out of bounds in an origin; "" if nothing is."""
    if not has_shape("asset", origin.asset) or origin.asset == origin.capture:
        return "an id that is none of an asset, or its capture's"
    if _SHA256.fullmatch(origin.plain_sha256) is None or origin.plain_bytes < 1:
        return "no SHA-256 (64 hexadecimal digits) or no size of the file"
    if _DIGEST.fullmatch(origin.evidence) is None:
        return "no digest (sha256: and 64 hexadecimal digits) of the document that says how it was made"
    return f"a purpose of more than {TEXT_CHARS_MAX} characters" if len(origin.purpose) > TEXT_CHARS_MAX else ""


def _capture_missing(origin: Origin, capture: Asset | None) -> Refused | None:
    """Who took part stands on a capture that was noticed and released here; archives have none."""
    if origin.source is Source.FROM_ARCHIVES:
        if not origin.capture:
            return None
        why = "A replica from archives names no capture: a performer who stood for one took part."
        return Refused(code=Code.MALFORMED, why=why, clause="us-agreements 2.1")
    if capture is None or capture.asset != origin.capture or capture.kind is not AssetKind.CAPTURE:
        why = "A replica made with the performer names the capture that it was made from. Take that in first."
        return Refused(code=Code.UNKNOWN_ASSET, why=why, clause="us-agreements 2.1")
    if (capture.performer, capture.production) != (origin.performer, origin.production):
        why = "The capture that the origin names is another performer's, or another production's."
        return Refused(code=Code.UNKNOWN_ASSET, why=why)
    return None


def brought_asset(
    origin: Origin,
    release: ReplicaRelease,
    capture: Asset | None,
    *,
    sealed_sha256: str,
    sealed_bytes: int,
    at: Instant,
) -> Asset:
    """The sealed replica as an asset.  No worker of ours made it, so `made_by` is "", as a capture's is."""
    return Asset(
        asset=origin.asset,
        kind=AssetKind.REPLICA,
        performer=origin.performer,
        production=origin.production,
        replica_kind=KIND_OF[origin.source],
        made_from=(capture.digest(),) if capture else (),
        notice=capture.notice if capture else "",
        release=release.digest(),
        made_by="",
        sealed_sha256=sealed_sha256,
        sealed_bytes=sealed_bytes,
        at=at,
    )
