"""One writer for each folder of vectors; run by `../make_vectors.py`."""
