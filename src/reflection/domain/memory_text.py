"""What is remembered of a campaign: its meaning as text, and how it did against its forecast as data.

The text is what gets embedded and searched: objective, audiences, messages and what was found, no metrics (boilerplate
figures cut retrieval from .84 to .68). One line per field, so that `why` can say in which field two memories agree.
Names and ad copy are data: white space is collapsed, so copy cannot forge a field, and every field is bounded. Pure;
must not know embedders, indexes or stores.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from reflection.domain import signals
from reflection.domain.basis import BASES, FORECAST, Basis
from reflection.domain.campaign import Audience, Campaign
from reflection.domain.ports import MemoryRecord, Vector
from reflection.domain.results import Comparison, Delta, Finding

MAX_CHARACTERS = 1_500
"""The embedder reads 256 tokens, about 1,100 characters; the rest still serves the search by words."""

_LIMITS = {"audience": (8, 120), "headline": (8, 160), "message": (4, 240), "found": (3, 120)}
"""Per field: how many values, and how many characters of each."""

_MAX_ALIASES = 6

MEANING = ("headline", "message", "audience", "learning", "also")
"""Fields that say what a memory is about; the others (platform, objective, what was found) many memories share."""

WHOLE = 0.5
"""What the whole text counts in a memory's vector, beside the meaning alone with 1. Measured on paraphrases
(`benchmarks/paraphrases.py`): the whole text alone MRR .69, the meaning alone .92, both so .91, and a question that
names an objective still finds campaigns that have it."""

TEMPLATE = hashlib.sha256(repr(("platform objective", sorted(_LIMITS.items()), MEANING, WHOLE)).encode()).hexdigest()[
    :8
]
"""Changes when the text of a campaign changes, or what is embedded of it; part of every embedder id, so old and new
vectors never mix."""

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_STOP = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be but by for from has have how i if in into is it its more no not of on or our out so "
        "than that "
        "the their them then there these they this to up was we were what when where which who will with you your",
    )
)

_WEAK = frozenset(
    re.findall(
        r"\w+",
        "all also any been before best built can come comes day days do does done every first free get gets go good "
        "got great had here just like look made make makes most much need new now off one only other over own per "
        "ready see start still such take time today under use used want way week well work works year",
    )
)
"""Words that texts share without being alike: alone they are no reason of similarity."""

_READ_AS = {"message": "ad text", "found": "result", "learning": "subject", "also": "subject", "": "text"}
"""What a field is called where people read it; the others have their own name."""

ALIKE = 2
"""Words that two memories have to share in a field; of a question one is enough, for somebody asked for it."""

HELD = "held: looks like a tracking fault"
"""What is said of how a held campaign did."""


def memory_text(campaign: Campaign, findings: Sequence[Finding] = ()) -> str:
    """The meaning of a campaign, at most `MAX_CHARACTERS` characters, one ``field: value`` per line."""
    lines = [f"platform: {_short(campaign.platform, 60)}", f"objective: {_short(campaign.objective, 120)}"]
    spellings = signals.spellings_of(campaign) if findings else {}
    values: dict[str, Iterable[str]] = {
        "audience": (_audience(audience) for audience in campaign.audiences),
        "headline": (creative.headline for creative in campaign.creatives),
        "message": (creative.primary_text for creative in campaign.creatives),
        "found": (_finding_text(finding, spellings) for finding in findings if not finding.descriptive),
    }
    for field, candidates in values.items():
        count, width = _LIMITS[field]
        distinct = dict.fromkeys(text for value in candidates if (text := _short(value, width)))
        lines += [f"{field}: {text}" for text in list(distinct)[:count]]
    return "\n".join(lines)[:MAX_CHARACTERS]


def learning_text(
    signal_key: str,
    context: str,
    metric: str,
    aliases: Sequence[str] = (),
    spellings: Mapping[str, str] | None = None,
) -> str:
    """The meaning of a learning: what it is about, not its numbers, so it never needs embedding twice.

    Args:
        aliases: signals that always came together with this one, so that it is found by their names too.
        spellings: how campaigns spell their signals.
    """
    spellings = spellings or {}
    about = signals.label_of(signal_key, spellings)
    where = f" on {signals.label_of(context, spellings)}" if context else ""
    also = [f"also: {signals.label_of(key, spellings)}" for key in aliases[:_MAX_ALIASES]]
    return "\n".join([f"learning: {about}{where}", *also, f"metric: {metric}"])[:MAX_CHARACTERS]


def memory_record(
    campaign: Campaign,
    comparison: Comparison,
    text: str,
    embedder_id: str | None = None,
    vector: Vector | None = None,
) -> MemoryRecord:
    """The memory of one analysed campaign; `text` is its `memory_text`, and `vector` the embedding of that.

    Platform and objective are normalised, because they are filtered by; as they were given they are in `metadata`.
    """
    return MemoryRecord(
        memory_id=memory_id("campaign", campaign.campaign_id),
        kind="campaign",
        text=text,
        platform_name=signals.normalise(campaign.platform),
        objective_name=signals.normalise(campaign.objective),
        timestamp=campaign.timestamp,
        summary=" ".join(comparison.summary)[:MAX_CHARACTERS],
        metadata={
            "campaign_id": campaign.campaign_id,
            "platform": campaign.platform,
            "objective": campaign.objective,
            "timestamp": campaign.timestamp.isoformat(),
            "outcome": outcome_of(comparison),
        },
        embedder_id=embedder_id,
        vector=vector,
    )


def memory_id(kind: str, name: str) -> str:
    """The id of a memory: ``campaign:<campaign id>`` or ``learning:<learning id>``."""
    return f"{kind}:{name}"


def outcome_of(comparison: Comparison) -> dict[str, Any]:
    """How a campaign did against its forecast or what stands in its place (`basis`): a phrase, its score, and per KPI
    the difference and if it is noise.
    """
    deltas = {name.removesuffix("_diff"): delta for name, delta in comparison.deltas.items()}
    comparable = {kpi: delta for kpi, delta in deltas.items() if delta.pct_diff is not None}
    return {
        "verdict": HELD if comparison.verdict == "held" else _verdict(comparable, BASES[comparison.basis]),
        "basis": comparison.basis,
        "performance_score": comparison.performance_score,
        "currency": comparison.currency,
        "against_forecast": {
            kpi: {
                "expected": delta.expected,
                "actual": delta.actual,
                "pct_diff": delta.pct_diff,
                "favorable": delta.favorable,
                "beyond_noise": delta.beyond_noise,
            }
            for kpi, delta in comparable.items()
        },
    }


def fields_of(text: str) -> dict[str, list[str]]:
    """Read a memory's text back: field -> its values. A plain question gives ``{"": [question]}``."""
    fields: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, separator, value = line.partition(": ")
        recognised = separator and name in (*_LIMITS, "platform", "objective", "learning", "also", "metric")
        fields.setdefault(name if recognised else "", []).append(value if recognised else line)
    return fields


@lru_cache(maxsize=1_024)
def words(text: str) -> frozenset[str]:
    """The words that carry meaning, case folded; what `why` and the lexical weight count."""
    return frozenset(word for word in _WORD.findall(text.casefold()) if word not in _STOP)


def passages(text: str) -> list[tuple[str, float]]:
    """What is embedded of a text, with what each passage counts: of a memory its meaning and the whole of it.

    A plain question, and a memory without any words of its own, is one passage.
    """
    fields = fields_of(text)
    meaning = "\n".join(value for name in MEANING for value in fields.get(name, ()))
    if "" in fields or not meaning:
        return [(text, 1.0)]
    return [(meaning, 1.0), (text, WHOLE)]


class _Field(NamedTuple):
    """What is asked for in one field: all of it and each value, normalised, and its words."""

    text: str
    values: frozenset[str]
    words: frozenset[str]


@lru_cache(maxsize=64)
def _question_fields(text: str) -> tuple[dict[str, _Field], frozenset[str]]:
    """A question by field, and the words of it that stand in none; compared with every memory that is found."""
    fields = {
        field: _Field(
            signals.normalise(" ".join(values)),
            frozenset(signals.normalise(value) for value in values),
            words(" ".join(values)),
        )
        for field, values in fields_of(text).items()
    }
    return fields, fields[""].words if "" in fields else frozenset()


def why(query: str, text: str, limit: int = 4) -> list[str]:
    """In which fields a memory agrees with what was asked, strongest first: "same objective: lead generation".

    Two memories are compared field by field; a plain question is compared with every field. Words that say nothing,
    numbers, and what stands where nothing was said are no reason.
    """
    terms, free = _question_fields(query)
    reasons: list[tuple[float, str]] = []
    for field, values in fields_of(text).items():
        theirs, name = " ".join(values), _READ_AS.get(field, field)
        if signals.normalise(theirs) in signals.UNSTATED_LEVELS:
            continue
        own_value = terms.get(field)
        if own_value is not None and own_value.text and own_value.text == signals.normalise(theirs):
            reasons.append((10.0 + len(own_value.words), f"same {name}: {_short(theirs, 80)}"))
            continue
        both = (
            [value for value in values if signals.normalise(value) in own_value.values] if own_value is not None else []
        )
        if both:
            reasons.append((5.0 + len(both), f"same {name}: {_short(', '.join(both), 120)}"))
            continue
        theirs_too = [word for word in words(theirs) if _means(word)]
        in_both = sorted(word for word in theirs_too if own_value is not None and word in own_value.words)
        asked_for = sorted(word for word in theirs_too if word in free)
        if asked_for:
            reasons.append((float(len(asked_for)), f"mentions {', '.join(asked_for[:6])} ({name})"))
        elif len(in_both) >= ALIKE:
            reasons.append((float(len(in_both)), f"both mention {', '.join(in_both[:6])} ({name})"))
    return [reason for _, reason in sorted(reasons, key=lambda item: (-item[0], item[1]))[:limit]]


def _means(word: str) -> bool:
    """Whether a word that two texts share says something: no number, no part of an id, none that every text has."""
    return word not in _WEAK and not any(char.isdigit() for char in word)


def _audience(audience: Audience) -> str:
    attributes = [
        f"{name.replace('_', ' ')} {value if isinstance(value, str) else ' '.join(value)}"
        for name, value in audience.attributes.items()
    ]
    return f"{audience.name} ({', '.join(attributes)})" if attributes else audience.name


def _finding_text(finding: Finding, spellings: Mapping[str, str]) -> str:
    good = "better" if finding.direction == "favorable" else "worse"
    return f"{good} {finding.metric.replace('_', ' ')} with {signals.label_of(finding.signal_key, spellings)}"


def _short(text: str, width: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= width else flat[: width - 1].rstrip() + "…"


def _verdict(deltas: dict[str, Delta], basis: Basis) -> str:
    sides = {True: "better", False: "worse"}
    named = {
        side: [kpi.upper() for kpi, delta in deltas.items() if delta.beyond_noise and delta.favorable is flag]
        for flag, side in sides.items()
    }
    reference = FORECAST if basis.forecast else basis.phrase
    parts = [f"{side} than {reference} on {', '.join(kpis)}" for side, kpis in named.items() if kpis]
    return "; ".join(parts) or (f"within noise of {basis.phrase}" if deltas else "no forecast to compare with")
