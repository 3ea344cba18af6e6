"""A radiance field: density and colour in every place of a box, learned from a capture and drawn by marching rays.

The technique of NeRF (Mildenhall et al., ECCV 2020) on the hash grid of Müller et al. (ACM Transactions on Graphics 41,
2022), written here from the papers, for the CPU.  It is arithmetic on bytes in memory, as the double is.
"""
