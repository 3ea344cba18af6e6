"""The closed list of refusals, as a list."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stagedoor.core.base.outcome import Code, first_in_precedence


def test_codes_are_unique_and_written_in_order_of_precedence() -> None:
    """Numbers rise down the file; names and numbers are each used once; sentences are sentences."""
    numbers = [code.number for code in Code]
    assert numbers == sorted(set(numbers))
    assert len({code.value for code in Code}) == len(numbers)
    for code in Code:
        assert code.value == code.name.lower()
        assert code.sentence[0].isupper() and code.sentence.endswith(".")
    assert len({code.sentence for code in Code}) == len(numbers)


@given(st.lists(st.sampled_from(list(Code)), min_size=1))
def test_the_first_in_precedence_answers_for_all(codes: list[Code]) -> None:
    """The lowest number wins, whatever the order."""
    first = first_in_precedence(tuple(codes))
    assert first in codes and all(first.number <= code.number for code in codes)
