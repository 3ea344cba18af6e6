"""From a capture to a double, and from a double to frames: 3D Gaussians on the CPU, in memory only.

`train.train` fits `splats.Splats` to a `Capture`; `render.render_frame` draws them; `moves.arc` makes cameras;
`warm.compile_kernels` spares the first run the compiler.  Nothing here touches a disk, a key or the network.
"""
