"""The English of what needs somebody's attention.

Part of the language in phrases/sentences_en.py, under the same rules: no digits, no facts.
"""

from collections.abc import Mapping

ATTENTION: Mapping[str, str] = {
    "attention.held": "{reason} {money} went into it; accept it if its figures are right.",
    "attention.held_unpriced": "{reason} Accept it if its figures are right.",
    "attention.asked": (
        "Is this right: {reason}? {money} went into it, and it is learnt from meanwhile; accept it, or correct it."
    ),
    "attention.asked_unpriced": "Is this right: {reason}? It is learnt from meanwhile; accept it, or correct it.",
    "attention.ended": "No longer so: {text}, because {why}. {spent} went to it so far.",
    "attention.ended_unpriced": "No longer so: {text}, because {why}.",
    "attention.import": "{files}: {problems}. First of them: {first}",
    "attention.import_left_out": "{number} left out",
    "attention.coverage": (
        "The {level} intervals of {metric} are too narrow: of {campaigns} they held {share}. "
        "They are shown wider for it; take them as rough until more campaigns have been learnt."
    ),
    "attention.coverage_of_goal": (
        "The {level} intervals of {metric} are too narrow where {goal} are counted: of {campaigns} they held {share}. "
        "They are shown wider for it; take them as rough until more campaigns have been learnt."
    ),
    "attention.shifted": (
        "{platform}: CVR changed by {size} at once after {day} while its clicks went on as before. Its measurement may "
        "have changed: check its tag, its conversion window and what it counts. Until the new level has held for "
        "{days} days nothing is advised on its conversions."
    ),
    "attention.silence": (
        "No campaign has come in for {days} days; the last one came on {day}. What is known stands as of then."
    ),
    "learning.none": "Nothing learnt yet",
    "learning.as_of": "Learnt as of {time} UTC",
    "learning.waiting_one": "{said}, {campaigns} waits.",
    "learning.waiting": "{said}, {campaigns} wait.",
}
