"""USD text, opened by OpenUSD's own library: the schema's names and types, every number as it was."""

from __future__ import annotations

import numpy as np
import pytest

from formats.doubles import opacities, some
from stagedoor.worker.double.splats import Splats
from stagedoor.worker.formats.errors import FormatError
from stagedoor.worker.formats.usd import write_usda

pxr = pytest.importorskip("pxr", reason="usd-core is not installed: no USD file was opened by its own library")


@pytest.mark.parametrize("degree", [0, 1, 3])
def test_openusd_reads_every_number_back(degree: int) -> None:
    from pxr import Sdf, Usd, UsdGeom, UsdVol

    splats = some(50, degree=degree)
    layer = Sdf.Layer.CreateAnonymous("double.usda")
    assert layer.ImportFromString(write_usda(splats).decode("ascii"))
    stage = Usd.Stage.Open(layer)
    prim = UsdVol.ParticleField3DGaussianSplat(stage.GetDefaultPrim())
    assert prim and prim.GetPrim().GetTypeName() == "ParticleField3DGaussianSplat"
    assert UsdGeom.GetStageUpAxis(stage) == "Y"
    # Every attribute is the schema's own, with its type: none was made up here.
    known = {*prim.GetSchemaAttributeNames(), *prim.GetPrim().GetPrimDefinition().GetPropertyNames()}
    told = {one.GetName() for one in prim.GetPrim().GetAuthoredAttributes()}
    assert told <= known and len(told) == 9
    np.testing.assert_array_equal(np.array(prim.GetPositionsAttr().Get()), splats.means)
    np.testing.assert_allclose(np.array(prim.GetScalesAttr().Get()), np.exp(splats.log_scales), rtol=1e-6)
    np.testing.assert_allclose(np.array(prim.GetOpacitiesAttr().Get()), opacities(splats), rtol=1e-6)
    turns = [(one.GetReal(), *one.GetImaginary()) for one in prim.GetOrientationsAttr().Get()]
    np.testing.assert_allclose(turns, splats.quats / np.linalg.norm(splats.quats, axis=1, keepdims=True), atol=1e-6)
    assert prim.GetRadianceSphericalHarmonicsDegreeAttr().Get() == degree
    read = np.array(prim.GetRadianceSphericalHarmonicsCoefficientsAttr().Get()).reshape(50, -1, 3)
    np.testing.assert_array_equal(read[:, 0], splats.colours)
    np.testing.assert_array_equal(read[:, 1:], splats.rest)
    low, high = np.array(prim.GetExtentAttr().Get())
    assert (low < splats.means.min(axis=0)).all() and (high > splats.means.max(axis=0)).all()


def test_a_double_too_large_for_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stagedoor.worker.formats.usd.NUMBERS_MAX", 100)
    with pytest.raises(FormatError, match="too long a text"):
        write_usda(some(10))


def test_scales_stay_in_the_range_of_float32() -> None:
    splats = some(2)

    def scaled(log: float) -> Splats:
        return Splats(
            means=splats.means,
            log_scales=np.full((2, 3), log),
            quats=splats.quats,
            opacity_logits=splats.opacity_logits,
            colours=splats.colours,
        )

    assert b"float3[] scales = [(1.1754944e-38, " in write_usda(scaled(-9000))
    with pytest.raises(FormatError, match="beyond float32"):
        write_usda(scaled(100))
