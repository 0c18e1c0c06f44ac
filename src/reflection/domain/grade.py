"""How strongly an effect is known. Must not know how it was estimated."""

from typing import Literal

Grade = Literal["observed", "randomised"]
"""Whether lots were drawn: an experiment tested it, or campaigns that somebody chose came with it."""
