"""Every vector of spec/, every case of every rulebook, and the pages that are held against the code."""
