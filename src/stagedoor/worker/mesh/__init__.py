"""A replica the traditional way: a textured triangle mesh, read from the trade's files and drawn on the CPU.

It is arithmetic on bytes in memory, as the double is: nothing here opens a file, a socket or a key.
"""
