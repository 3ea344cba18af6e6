"""A double that moves: resting Gaussians, one change of them for each control, and curves that drive the controls.

Like the double, all of it is in memory only; what is sealed are the bytes of a Performer.
"""
