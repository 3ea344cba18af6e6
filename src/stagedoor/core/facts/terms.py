"""The closed words that requests, consents and rules have in common."""

from __future__ import annotations

from enum import Enum


class WordEnum(Enum):
    """A closed word.  Its hash is its identity, which costs a tenth of Enum's own: decisions look words up often."""

    __hash__ = object.__hash__


class Use(WordEnum):
    """What may be asked for.  `create` fits a double from a capture; `train` is machine learning on the data."""

    CREATE = "create"
    RENDER = "render"
    GENERATE = "generate"
    ALTER = "alter"
    PERFORM = "perform"
    TRAIN = "train"
    PUBLISH = "publish"


class Purpose(WordEnum):
    """What it is for."""

    PICTURE = "picture"
    ADVERTISING = "advertising"
    TRAINING = "training"
    GAME = "game"
    SOUND_RECORDING = "sound_recording"
    VOICE_SERVICE = "voice_service"
    OTHER = "other"


class Content(WordEnum):
    """What the performer would be seen or heard doing.  Anything but ordinary is named in a consent or refused."""

    ORDINARY = "ordinary"
    NUDITY = "nudity"
    SEXUAL = "sexual"
    VIOLENCE = "violence"
    POLITICAL = "political"
    MEDICAL = "medical"
    RELIGIOUS = "religious"
    OTHER = "other"


class Audience(WordEnum):
    """For whom it is made."""

    GENERAL = "general"
    ADULT = "adult"
    CHILDREN = "children"
    INTERNAL = "internal"


class Quality(WordEnum):
    """How good the result may be, from a preview to the cinema screen; a higher `tier` reveals more of a person."""

    PREVIEW = "preview"
    BROADCAST = "broadcast"
    CINEMA = "cinema"

    tier: int

    def __init__(self, _value: str) -> None:
        self.tier = len(type(self).__members__)  # 0, 1, 2: members made so far


class Capacity(WordEnum):
    """In which capacity the consent was signed."""

    ADULT = "adult"
    GUARDIAN = "guardian"
    ESTATE = "estate"
    UNION = "union"


class AfterDeath(WordEnum):
    """What becomes of the consent when the performer dies."""

    CONTINUES = "continues"
    ENDS = "ends"
    ESTATE = "estate"


class StrikeTerm(WordEnum):
    """What a strike does: as the agreement says, no new material, or nothing at all."""

    AGREEMENT = "agreement"
    SUSPEND_NEW = "suspend_new"
    STOP_ALL = "stop_all"


class ControlTerm(WordEnum):
    """What a change of control over the production's company does."""

    CONTINUES = "continues"
    ASK = "ask"
    ENDS = "ends"


class WithdrawalMode(WordEnum):
    """How the performer may take the consent back; the law of the place stands above it."""

    AT_WILL = "at_will"
    WITH_NOTICE = "with_notice"
    UNTIL_DELIVERY = "until_delivery"
    NEVER = "never"
