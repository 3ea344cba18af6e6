"""Consents drawn up from a template and its blanks: the common cases, restrictive where nothing is said.

A template decides nothing.  It fills in a Consent, which is then read as sentences, signed and decided on like any
other; its name goes into `Consent.template`, so that a rulebook and a reader can see where the terms came from.
"""

from __future__ import annotations

from typing import Final

from stagedoor.core.rules.templates.blanks import Blank, Template, TemplateError, build
from stagedoor.core.rules.templates.equity import EQUITY
from stagedoor.core.rules.templates.pictures import BACKGROUND, PICTURE, SENSITIVE
from stagedoor.core.rules.templates.training import TRAINING
from stagedoor.core.rules.templates.voices import ADVERTISEMENT

TEMPLATES: Final[dict[str, Template]] = {
    template.name: template for template in (PICTURE, ADVERTISEMENT, BACKGROUND, TRAINING, SENSITIVE, EQUITY)
}
"""Every template by the name that a consent carries."""

__all__ = ["TEMPLATES", "Blank", "Template", "TemplateError", "build"]
