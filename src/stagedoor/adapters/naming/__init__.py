"""Who is named in a prompt.  The index is in memory and holds names alone; docs/NAMES.md says what counts.

Order of reading: letters, words, sound, register, meeting, then pairing, single and joining, and index above them.
"""

from stagedoor.adapters.naming.index import NameIndex

__all__ = ["NameIndex"]
