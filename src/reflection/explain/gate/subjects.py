"""What a word of a model's sentence speaks of, and what the evidence says of that.

"Fell" speaks of the KPI it stands with, or of what its clause shows; evidence says of that up or down, better or worse,
and by how much. Pure; must not know what is let through.
"""

from collections.abc import Sequence

from reflection.domain.metrics import METRICS
from reflection.explain.evidence import Evidence
from reflection.explain.gate import words_en as words
from reflection.explain.gate.reading import FOUND, MEASURED, Sentence

UP, DOWN = ("above", "rise", "dear"), ("below", "fall", "cheap")

MOVES = ("rise", "fall")

_ATTRIBUTES = words.SETS["attributes"]

_LINKS = words.SETS["links"] | {"(", ")", ","}


def subjects(sentence: Sentence, place: int, cited: Sequence[Evidence]) -> list[tuple[Evidence, str | None]]:
    """What a word speaks of: evidence, each with the KPI it is spoken of under (None where no KPI is named)."""
    group = _mention_group(sentence, place)
    if group:
        return [(item, kpi) for kpi in group for item in about(sentence, kpi, cited, place)]
    clause = sentence.clause(place)
    items = sentence.items_in(clause) or sentence.items
    return [(item, None) for item in items if item.kind in MEASURED | FOUND]


def about(sentence: Sentence, kpi: str, cited: Sequence[Evidence], place: int) -> list[Evidence]:
    """Evidence on a KPI: what the sentence shows of it, else what it cites; compared as the clause compares."""
    of_kpi = [item for item in sentence.items if kpi in kpis(item)]
    items = of_kpi or [item for item in cited if kpi in kpis(item)]
    clause = sentence.clause(place)
    if sentence.any("average", "others", run=clause):
        items = [item for item in items if item.kind in FOUND] or items
    elif sentence.any("forecast", "before", run=clause):
        items = [item for item in items if item.kind in MEASURED] or items
    return items


def kpis(item: Evidence) -> set[str]:
    """The KPIs a piece of evidence is about; conversions per unit of spend are spoken of as CPA."""
    metrics = {item.detail[key] for key in ("kpi", "factor", "metric", "what") if key in item.detail}
    if item.kind == "outcome":
        return {"spend", "conversions", "revenue"}
    return metrics | ({"cpa"} if "conversions_per_spend" in metrics else set())


def _mention_group(sentence: Sentence, place: int) -> list[str]:
    """The KPIs a word of direction stands with, a list of them as a whole; empty where none is named."""
    token, clause = sentence.tokens[place], sentence.clause(place)
    if token.text in _ATTRIBUTES:
        for ahead in range(place + 1, min(place + 4, clause.stop)):
            if sentence.kpi_at(ahead):
                return _listed(sentence, ahead, 1)
            if sentence.text(ahead) not in _LINKS and not sentence.tokens[ahead].has("much"):
                break
    if token.has("rise", "fall", "cheap") and (mention := _object(sentence, place, clause)) is not None:
        return _listed(sentence, mention, 1)
    mentions = sentence.mentions(clause)
    before = [p for p in mentions if p < place]
    if before:
        return _listed(sentence, before[-1], -1)
    if mentions:
        return _listed(sentence, mentions[0], 1)
    earlier = [p for p in sentence.mentions(range(len(sentence))) if p < place]
    items = sentence.items_in(clause)
    return _listed(sentence, earlier[-1], -1) if earlier and not items else []


def _object(sentence: Sentence, place: int, clause: range) -> int | None:
    """`a rise of 3 % in CTR`: the KPI after "in" or "of"."""
    for ahead in range(place + 1, min(place + 6, clause.stop)):
        if sentence.text(ahead) in ("in", "of") and (mentions := sentence.mentions(range(ahead + 1, clause.stop))):
            near = [p for p in mentions if p <= ahead + 3]
            if near:
                return near[0]
        if sentence.tokens[ahead].item is None and sentence.text(ahead) not in (*_LINKS, "from", "to", "of", "by"):
            return None
    return None


def _listed(sentence: Sentence, place: int, step: int) -> list[str]:
    """The KPI at a place with those it is listed with: `CPC and CPM`, `CPA (3.10) and ROAS (2.0)`."""
    group = [kpi] if (kpi := sentence.kpi_at(place)) else []
    place += step
    while 0 <= place < len(sentence):
        if (kpi := sentence.kpi_at(place)) is not None:
            group.append(kpi)
        elif sentence.tokens[place].item is None and sentence.text(place) not in _LINKS:
            break
        place += step
    return group


def move(item: Evidence, kpi: str | None) -> int:
    """Which way evidence says something went or stands, as -1, 0 or 1."""
    if item.kind == "driver" and kpi is not None and kpi == item.detail.get("kpi"):
        return {"up": 1, "down": -1}.get(item.detail.get("move", ""), 0)
    if item.kind == "outcome":  # of the same money more revenue or more conversions
        return {"better": 1, "worse": -1}.get(item.detail.get("direction", ""), 0)
    if item.kind in MEASURED:
        expected, actual = item.value("expected"), item.value("actual")
        return 0 if expected is None or actual is None else (actual > expected) - (actual < expected)
    if kpi is not None and kpi == item.detail.get("what"):  # what the same money brings of it
        return 1 if item.detail.get("direction") == "favorable" else -1
    effect = item.value("effect")
    sign = 0 if effect is None else (effect > 1) - (effect < 1)
    return -sign if kpi == "cpa" and item.detail.get("metric") == "conversions_per_spend" else sign


def quality(item: Evidence, kpi: str | None) -> int:
    """Whether evidence says better (1) or worse (-1); 0 where it says neither."""
    stated = {"better": 1, "favorable": 1, "worse": -1, "unfavorable": -1}.get(item.detail.get("direction", ""))
    if stated is not None:
        return stated
    name = kpi or item.label if item.kind == "driver" else item.detail.get("metric")
    metric = METRICS.get(name) if name else None
    return 0 if metric is None else move(item, kpi) * (-1 if metric.lower_is_better else 1)


def size_of(item: Evidence) -> float | None:
    """The size of a change or an effect, in per cent."""
    if item.kind == "driver":
        expected, actual = item.value("expected"), item.value("actual")
        return None if not expected or actual is None else 100 * abs(actual / expected - 1)
    if item.kind == "delta":
        return item.value("size")
    effect = item.value("effect")
    return None if effect is None else 100 * abs(effect - 1)
