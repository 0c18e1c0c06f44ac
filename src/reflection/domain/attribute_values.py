"""How an attribute's value may be written: a text or a number, or a list of them; all are kept as text.

Knows pydantic and nothing else; the names and bounds of a text are the campaign's.
"""

import math
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, Tag

_Written = Annotated[str, Field(min_length=1, max_length=200)] | float


def _as_text(value: Any) -> Any:
    """A number as the text it is written as: 25 and 25.0 are ``25``; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("should be a text or a finite number")
    return str(int(value)) if isinstance(value, int) or value.is_integer() else repr(value)


NUMBERS_AS_TEXT = BeforeValidator(_as_text, json_schema_input_type=_Written)
ONE, MANY = Tag("one"), Tag("many")
BY_SHAPE = Discriminator(lambda value: "many" if isinstance(value, (list, tuple)) else "one")
"""Tells one value from a list before either is looked into, so that an error is that of what was meant."""
