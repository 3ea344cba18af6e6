"""Every limit of the check of prompts, with its reason."""

from __future__ import annotations

from typing import Final

PROMPT_CHARACTERS_MAX: Final = 10_000
"""Characters of one prompt: five pages of screenplay.  Models of pictures read a few hundred words."""

CLEANED_CHARACTERS_MAX: Final = 20_000
"""Characters after normalisation: one Arabic ligature unfolds into eighteen letters."""

WORDS_MAX: Final = 2_500
"""Words of one prompt: more than 10,000 characters of prose hold; letters spaced out one by one reach it."""

COMPARISONS_MAX: Final = 25_000
"""Spellings compared for one prompt, a tenth of a second: 300 words need some thousands among 100,000 performers."""

HITS_MAX: Final = 64
"""Performers told of one prompt, the surest first."""

SHARED_MAX: Final = 64
"""Bearers of one name who are told, where many share a surname or a whole name."""

REMEMBERED_MAX: Final = 1 << 14
"""Words whose matches are remembered until the register changes: prompts use few words, again and again."""

MATCHES_MAX: Final = 16
"""Registered words that one word of a prompt may stand for, the nearest first."""

BUCKET_MAX: Final = 400
"""Registered words compared with one word of a prompt, at most this many from one key of an index."""

GAP_WORDS_MAX: Final = 2
"""Words that may stand between two words of a name, as a middle name does."""

MARKS_MAX: Final = 2
"""Combining marks kept on one letter; living languages use two, and sorting a long run of them takes quadratic time."""

NAME_CHARACTERS_MAX: Final = 120
"""Characters of one registered name."""

NAME_WORDS_MAX: Final = 8
"""Words of one registered name."""

NAMES_OF_ONE_MAX: Final = 64
"""Names of one performer."""

PERFORMERS_MAX: Final = 200_000
"""Performers in one register: every member of the largest unions."""

CSV_BYTES_MAX: Final = 64 << 20
"""Bytes of a CSV of names: 200,000 performers with four names each take 40 MB."""

YAML_BYTES_MAX: Final = 2 << 20
"""Bytes of a YAML of names, which is read two hundred times more slowly than CSV."""

JOINED_MIN: Final = 4
"""Letters of a name that is looked for without its spaces: shorter ones stand inside too many words."""

JOINED_MAX: Final = 48
"""Letters of a name that is looked for without its spaces."""

JOINED_BEGIN: Final = 6
"""Letters by which a name without spaces is first looked for; shorter names are kept under all their letters."""

LETTERS_MAX: Final = 40
"""Letters of one word that is compared with registered words; longer ones are only searched for names inside."""
