"""The one error of this package: a field that cannot be used, said so that its sender can mend it."""

from __future__ import annotations


class FieldError(ValueError):
    """A field, or what is asked of one, is refused: where, what is wrong, and what to do.  str() is one paragraph.

    `what` quotes numbers at most: a worker that opened a sealed replica tells the kind of fault alone.
    """

    def __init__(self, *, where: str, what: str, todo: str) -> None:
        super().__init__(where, what, todo)
        self.where, self.what, self.todo = where, what, todo

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.todo}."
