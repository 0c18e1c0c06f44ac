"""What a fit was not made of, as one sentence that every door tells. Must not know why, nor who asks."""

from collections.abc import Mapping

EXACT = 10_000
_PARTS = {
    "signals": ("names or attributes that only few campaigns have", "without an effect of their own"),
    "cells": ("rows of breakdowns, the smallest of their campaigns,", "left out"),
    "goals": ("kinds of conversion, those with the least spend,", "not learnt for"),
}


def left_out_sentence(left_out: Mapping[str, int]) -> str | None:
    """That what is known is approximate, and what was left out; None where nothing was.

    Args:
        left_out: {signals, cells, goals}, as `Knowledge.left_out` has them.
    """
    parts = [
        f"{_number(count)} {_PARTS[name][0]} are {_PARTS[name][1]}" for name, count in sorted(left_out.items()) if count
    ]
    if not parts:
        return None
    return "This is approximate, because the campaigns say more than one fit can take in: " + "; ".join(parts) + "."


def _number(count: int) -> str:
    """Large numbers are of names that were counted by hash, at least so many."""
    return f"{count:,}" if count < EXACT else f"more than {(count - 1) // 1000 * 1000:,}"
