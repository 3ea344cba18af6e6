"""What a render recipe asks of a replica, whatever technique made it: that it can be drawn, and wiped.

A replica tells by its own bytes what it is.  Another kind joins with one line in KINDS: how to recognise it and how to
open it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from stagedoor.core.facts.permit import Setting
from stagedoor.worker.double.names import CPU
from stagedoor.worker.job import WorkError, measured_backend, wipe_arrays

if TYPE_CHECKING:
    from stagedoor.worker.double.backend import Held
    from stagedoor.worker.double.camera import Camera
    from stagedoor.worker.double.relight import Lit
    from stagedoor.worker.double.splats import Splats

Colour = tuple[float, float, float]


class Drawable(Protocol):
    """An opened replica."""

    def draw(self, camera: Camera, width: int, height: int, background: Colour) -> NDArray[np.uint8]:
        """The picture, uint8 [H,W,3], over a background of colours 0 to 1; the same bytes at any number of threads."""

    def wipe(self) -> None:
        """Overwrite what was opened.  Nothing is drawn afterwards."""


@runtime_checkable
class Lightable(Protocol):
    """An opened replica that can stand in another light."""

    def relight(self, number: int) -> None:
        """From now on it is drawn under one of worker.double.relight's LIGHTS, by its place there from 0."""

    def stand_in(self, light: NDArray[np.float64] | None) -> None:
        """From now on it is drawn under this light [9,3]; under None, as it was captured."""


@runtime_checkable
class Accelerable(Protocol):
    """An opened replica of splats, which more than the processor can draw."""

    backend: str

    def draw_with(self, backend: str) -> None:
        """From now on it is drawn by this one of worker.double.names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """recognises: whether the bytes say that they are this kind, by a look at their head.  opens: reads them; raises a
    ValueError of its own package for what it cannot use, and keeps no view of the buffer, which is wiped."""

    name: str
    recognises: Callable[[bytearray], bool]
    opens: Callable[[bytearray], Drawable]


def opened(plaintext: bytearray, *, backend: str = CPU) -> Drawable:
    """The replica in these bytes, drawn by `backend` if it is of splats, or WorkError.  The caller wipes the bytes."""
    for kind in KINDS:
        if not kind.recognises(plaintext):
            continue
        try:
            replica = kind.opens(plaintext)
        except ValueError as fault:
            # What is wrong with a replica can quote it: only the kind of fault leaves this process.
            raise WorkError(f"the replica is not one that this recipe can draw: {type(fault).__name__}") from None
        if isinstance(replica, Accelerable):
            replica.draw_with(backend)
        return replica
    raise WorkError("the replica is not one that this recipe can draw: its bytes are of no kind known here")


def drawn_by(replica: Drawable) -> Setting:
    """Which backend draws it, as a receipt tells it: all but splats are drawn by the processor."""
    return measured_backend(replica.backend if isinstance(replica, Accelerable) else CPU)


class _DrawnSplats:
    """Gaussians, held by a backend from the first picture on.

    `_splats` are as they were captured; `_shown` stand in the light of the moment.
    """

    def __init__(self, plaintext: bytearray) -> None:
        from stagedoor.worker.formats.ply import read_ply

        self._hold(read_ply(plaintext))

    def _hold(self, splats: Splats) -> None:
        self.backend = CPU
        self._splats = self._shown = splats
        self._held: Held | None = None
        self._lit: Lit | None = None

    def draw(self, camera: Camera, width: int, height: int, background: Colour) -> NDArray[np.uint8]:
        """As Drawable."""
        from stagedoor.worker.double.backend import BackendError
        from stagedoor.worker.double.backends import choose
        from stagedoor.worker.double.render import view_of

        try:
            if self._held is None:
                self._held = choose(self.backend).hold(self._shown)
            return self._held.frame(view_of(camera, width, height), background)
        except BackendError as fault:
            raise WorkError(str(fault)) from None

    def draw_with(self, backend: str) -> None:
        """As Accelerable."""
        self._let_go()
        self.backend = backend

    def _let_go(self) -> None:
        from stagedoor.worker.double.backend import BackendError

        held, self._held = self._held, None
        try:
            if held is not None:
                held.close()
        except BackendError as fault:
            raise WorkError(str(fault)) from None

    def relight(self, number: int) -> None:
        """As Lightable."""
        from stagedoor.worker.double.relight import LIGHTS

        self.stand_in(tuple(LIGHTS.values())[number])

    def stand_in(self, light: NDArray[np.float64] | None) -> None:
        """As Lightable.  Colours are taken apart once, at the first light."""
        from stagedoor.worker.double.relight import relit, separate

        self._let_go()
        before = self._shown
        if light is None:
            self._shown = self._splats
        else:
            self._lit = self._lit or separate(self._splats)
            self._shown = relit(self._splats, self._lit, light)
        if before is not self._splats:
            _wipe_splats(before)

    def wipe(self) -> None:
        """As Drawable."""
        try:
            self._let_go()
        finally:
            _wipe_splats(self._shown)
            _wipe_splats(self._splats)
            if self._lit is not None:
                wipe_arrays(self._lit.albedo, self._lit.normals)


def _wipe_splats(held: Splats) -> None:
    wipe_arrays(held.means, held.log_scales, held.quats, held.opacity_logits, held.colours, held.rest)


class _DrawnMesh:
    """A textured triangle mesh."""

    def __init__(self, plaintext: bytearray) -> None:
        from stagedoor.worker.mesh.draw import Scene
        from stagedoor.worker.mesh.sealed import from_bytes

        self._scene = Scene(from_bytes(plaintext))

    def draw(self, camera: Camera, width: int, height: int, background: Colour) -> NDArray[np.uint8]:
        """As Drawable."""
        picture = self._scene.draw(camera, width=width, height=height, background=background)
        return np.ascontiguousarray(picture[..., :3])

    def wipe(self) -> None:
        """As Drawable."""
        wipe_arrays(*self._scene.arrays())


class _DrawnPerformer(_DrawnSplats):
    """A double that moves, at rest; recipe generate-performance moves it."""

    def __init__(self, plaintext: bytearray) -> None:
        from stagedoor.worker.perform.performer import Performer

        self.backend = CPU
        self._performer = Performer.from_bytes(plaintext)
        self._hold(self._performer.neutral)

    def wipe(self) -> None:
        """As Drawable."""
        try:
            super().wipe()  # the neutral face, which a light of its own makes another one
        finally:
            wipe_arrays(*self._performer.arrays())


class _DrawnField:
    """A radiance field."""

    def __init__(self, plaintext: bytearray) -> None:
        from stagedoor.worker.field.model import Field

        self._field = Field.from_bytes(plaintext)

    def draw(self, camera: Camera, width: int, height: int, background: Colour) -> NDArray[np.uint8]:
        """As Drawable."""
        from stagedoor.worker.field.draw import draw_field

        return draw_field(self._field, camera, width=width, height=height, background=background)

    def wipe(self) -> None:
        """As Drawable."""
        wipe_arrays(*self._field.arrays())


def _is_field(plaintext: bytearray) -> bool:
    from stagedoor.worker.field.form import is_field

    return is_field(plaintext)


def _is_performer(plaintext: bytearray) -> bool:
    from stagedoor.worker.perform.performer import is_performer

    return is_performer(plaintext)


def _is_mesh(plaintext: bytearray) -> bool:
    from stagedoor.worker.mesh.sealed import is_mesh

    return is_mesh(plaintext)


KINDS: Final[tuple[Kind, ...]] = (
    Kind(name="mesh", recognises=_is_mesh, opens=_DrawnMesh),
    Kind(name="performer", recognises=_is_performer, opens=_DrawnPerformer),
    Kind(name="field", recognises=_is_field, opens=_DrawnField),
    Kind(name="splats", recognises=lambda plaintext: plaintext[:4] == b"ply\n", opens=_DrawnSplats),
)
"""Every kind that can be drawn, asked in this order."""
