"""Every bound on what a capture may be, with its unit and its reason: captures come from outside."""

from __future__ import annotations

CAMERA_FILE_BYTES_MAX = 4 * 1024 * 1024
"""Bytes of transforms.json: 1,000 views with long names take 1 MB."""

IMAGE_BYTES_MAX = 64 * 1024 * 1024
"""Bytes of one PNG file: 4096 x 4096 RGBA that does not compress at all."""

CAPTURE_BYTES_MAX = 1024 * 1024 * 1024
"""Bytes of all files together: they are held in memory, sealed and decoded there."""

VIEWS_MAX = 1_000
"""Pictures in one capture: light stages take a few hundred."""

TRAINING_VIEWS_MIN = 3
"""Two views bound no body.  From 3 a double can be fitted (docs/DOUBLE.md says how well); 12 all round are advised."""

IMAGE_SIDE_PX_MAX = 4096
"""Pixels along a side, read from the PNG header before anything is decoded: the guard against decompression bombs."""

CAPTURE_PX_MAX = 256 * 1024 * 1024
"""Pixels of all pictures together: 1 GiB once decoded."""

NAME_CHARACTERS_MAX = 200
"""Characters in one picture's path inside the folder."""

ROTATION_TOLERANCE = 1e-3
"""How far R R^T may be from the identity, and det R from +1, entry by entry: four decimals pass."""

DISTANCE_MAX = 1e4
"""World units from the origin to a camera: beyond this float32 positions lose a thousandth of a unit."""

FOCAL_PX_MAX = 1e6
"""Focal length in pixels: a 4096-pixel frame seen under a quarter of a degree."""

MASK_ALPHA_MIN = 128
"""Alpha (0-255) from which a pixel belongs to the person: half covered."""

COLMAP_BYTES_MAX = 128 * 1024 * 1024
"""Bytes of one COLMAP list: 1,000 pictures with 5,000 points each take 120 MB."""

COLMAP_DISTANCE_MAX = 1e6
"""COLMAP's units from its origin to a camera: its scale is free, but a solve that went away is none."""

CAMERA_DISTANCE = 4.0
"""World units from the middle to a camera (median) once a solve has been given a scale, as in our own captures."""

SOLVE_VIEWS_MAX = 120
"""Pictures whose cameras are solved: every pair is matched, 7,140 of them."""

SOLVE_SIDE_PX_MAX = 1_024
"""Pixels along the longer side of the grey pictures that cameras are solved from; larger ones are made smaller."""

SOLVE_SIDE_PX_MIN = 64
"""Pixels along the shorter side under which no features are found that hold."""

SOLVE_SECONDS_MAX = 600.0
"""Seconds for one solve, all in all; the child is ended then."""

VIDEO_FRAMES_MAX = 9_000
"""Frames of a video that are looked at: five minutes at 30 a second."""

VIDEO_VIEWS = 48
"""Frames taken from a video: the sharpest of as many stretches of equal length."""

VIDEO_SECONDS_MAX = 300
"""Seconds for decoding one video: 9,000 frames of 1920 x 1080 take a minute."""

VIDEO_MEMORY_BYTES_MAX = 4 * 1024 * 1024 * 1024
"""Bytes of address space of the process that decodes: kept frames take 768 MiB at most, OpenCV maps about a GiB."""
