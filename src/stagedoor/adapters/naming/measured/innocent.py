"""Innocent prompts: shots, lines of a script and sentences that name nobody who is registered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stagedoor.adapters.naming.measured.drawing import lines, one_of

INNOCENT: Final = 3_000
"""Prompts that are made here."""

_SHOTS: Final = (
    "{size} of {who} {doing} {where}, {light}, {look}",
    "{who} {doing} {where}, {light}",
    "{light}, {where}: {who} {doing}; {look}",
    "EXT. {WHERE} - {TIME}. {who} {doing}. {size}.",
    "{NAME} ({mood}): {line}",
    "{name} says to {other}: {line} Behind them {who} {doing}.",
    "{name} and {other} wait {where} while {who} {doing}, {look}",
    "replace the {thing} with a {thing2}, keep {light}, {look}",
)
_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "size": ("extreme close-up", "wide shot", "medium two-shot", "over-the-shoulder", "Dutch angle", "aerial view",
             "low-angle shot",
             "tracking shot", "insert"),
    "who": ("an old fisherman", "a girl with a red kite", "two stunt riders", "a weary detective",
            "the baker's apprentice",
            "a hunter and his hound", "a choir of children", "a tall woman in a grey mackintosh", "a tattooed sailor",
            "an android with a cracked visor", "the village smith", "a bride in a torn veil", "a crowd of extras",
            "a nurse with a lantern", "a bald wrestler", "a jazz trio", "a lone astronaut", "a boy king",
            "a marble angel",
            "the park keeper", "a cook with burns on her arms", "a bird catcher", "three weird sisters",
            "a drake and a swan"),
    "doing": ("walks slowly", "burns a letter", "peers through a keyhole", "counts coins", "laughs into the wind",
              "mends a net",
              "tunes a lute", "rows across the lake", "stares at the horizon", "dances alone", "sharpens a blade",
              "drinks from a flask",
              "climbs a rusty ladder", "chases a hat", "reads by candlelight", "crosses the frozen river",
              "hides behind a curtain",
              "feeds the pigeons", "rehearses a speech", "paints a fence"),
    "where": ("in a cobbled alley", "on a windswept moor", "under the arches", "at a desert caravanserai",
              "in a flooded cathedral",
              "beside a wheat field", "on the quay at Marseille", "in a Kyoto garden", "at the edge of the marsh",
              "in a derelict cinema",
              "on a rooftop in Naples", "inside a greenhouse", "near the Brandenburg gate", "in a smoky saloon",
              "on the Volga ferry",
              "among birch trees", "at Victoria station", "on a hotel balcony"),
    "light": ("golden hour", "soft window light", "harsh noon sun", "neon and rain", "chiaroscuro",
              "moonlight through mist",
              "flickering tungsten", "overcast sky", "backlit by flames", "blue dusk", "sodium lamps"),
    "look": ("35mm film grain", "anamorphic flare", "watercolour", "photorealistic, 8k", "faded Kodachrome",
             "charcoal sketch",
             "shallow depth of field", "stop-motion texture", "muted palette", "high contrast monochrome"),
    "WHERE": ("HARBOUR", "CEMETERY", "CASTLE GATE", "MARKET SQUARE", "MOTEL POOL", "RAILWAY YARD", "FOREST ROAD",
              "OPERA STEPS"),
    "TIME": ("DAY", "NIGHT", "DAWN", "LATER", "MAGIC HOUR"),
    "NAME": ("ANNA", "TOM", "THE CAPTAIN", "MARGARET", "LUIS", "OLD WOMAN", "IVAN", "SERGEANT", "PRIYA", "HENRY",
             "MEI", "WALTER"),
    "name": ("Anna", "Tom", "Margaret", "Luis", "Ivan", "Henry", "Mei", "Walter", "Priya", "Robert", "Clara",
             "Francis"),
    "other": ("Judith", "Karl", "the colonel", "Rosa", "George", "Fatima", "Nikolai", "Charlotte", "the widow", "Leo"),
    "mood": ("whispering", "beat", "off", "angrily", "smiling", "cont'd", "on the phone"),
    "line": ("I never said that.", "The train leaves at nine, with or without you.", "You burned it, all of it.",
             "Hope is not a plan.",
             "Will you marry me?", "Mark my words.", "He rose before dawn and was gone.", "Grace, please, sit.",
             "We had a deal.",
             "There is more to it than gold.", "Take the stone, leave the rest.", "Nobody cooks like your mother."),
    "thing": ("chandelier", "violin", "umbrella", "clock", "wine bottle", "rocking chair", "typewriter", "oil lamp",
              "birdcage"),
    "thing2": ("candelabra", "cello", "parasol", "sundial", "teapot", "hammock", "telegraph", "lantern", "fishbowl"),
}  # fmt: skip


def innocent() -> Iterator[str]:
    """Prompts that name nobody."""
    yield from lines("prose.txt")
    for number in range(INNOCENT - len(lines("prose.txt"))):
        shot = one_of(_SHOTS, number, "shot")
        yield shot.format_map({slot: one_of(words, number, slot) for slot, words in _WORDS.items()})
