"""A comparison as evidence: every KPI against what was expected, its drivers, and what the money brought.

Figures are written with as many decimals as their verdict needs to be read off them. Must not know findings, sentences
or models.
"""

from collections.abc import Callable, Iterator
from functools import partial

from reflection.domain.results import Comparison, Decomposition, Delta
from reflection.domain.verdict import verdict_of
from reflection.explain import formatting
from reflection.explain.evidence import Certainty, Evidence, Figure

_DIRECTIONS = {True: "better", False: "worse", None: "neither"}
_CERTAINTIES: dict[bool | None, Certainty] = {True: "beyond_noise", False: "noise", None: "unknown"}


def evidence_of_comparison(comparison: Comparison) -> Iterator[Evidence]:
    """Everything a writer may say of a campaign's comparison."""
    for key, delta in comparison.deltas.items():
        yield _delta(key, delta, comparison)
    for part in comparison.drivers:
        yield from _drivers(part, comparison)
    yield from _outcome(comparison)


def _delta(key: str, delta: Delta, comparison: Comparison) -> Evidence:
    kpi = key.removesuffix("_diff")
    form = kpi_form(kpi, delta, comparison.currency)
    figures: dict[str, Figure] = {}
    if delta.expected is not None:
        figures["expected"] = Figure(delta.expected, form)
    if delta.actual is not None:
        figures["actual"] = Figure(delta.actual, form)
    if delta.pct_diff is not None:
        figures["change"] = Figure(delta.pct_diff, formatting.signed_percent)
        figures["size"] = Figure(abs(delta.pct_diff), formatting.percent)
    if delta.interval is not None:
        low, high = delta.interval
        figures["low"], figures["high"] = Figure(low, form), Figure(high, form)
    detail = {"kpi": kpi, "direction": _DIRECTIONS[delta.favorable], "basis": comparison.basis}
    if verdict := verdict_of(comparison):
        detail["verdict"] = verdict
    if delta.reason:
        detail["reason"] = delta.reason
    return Evidence(0, f"delta:{kpi}", "delta", kpi, _certainty(delta.beyond_noise), "accounting", figures, detail)


def kpi_form(kpi: str, delta: Delta, currency: str | None) -> Callable[[float], str]:
    """How the figures of a comparison are written: with as many decimals as its verdict needs to be read off them."""
    form = partial(formatting.kpi_value, kpi, currency=currency)
    if delta.interval is None or delta.expected is None or delta.beyond_noise is None:
        return form
    return partial(form, extra=formatting.telling_decimals(form, delta.expected, delta.interval, delta.beyond_noise))


def _drivers(part: Decomposition, comparison: Comparison) -> Iterator[Evidence]:
    """The drivers of one KPI; what is written of them is rounded so that it adds up to what is written of the whole."""
    total, rounded_total = part.actual - part.expected, round(part.actual, 2) - round(part.expected, 2)
    move = "" if not rounded_total else "up" if total > 0 else "down"
    currency = comparison.currency
    form = partial(formatting.kpi_value, part.kpi, currency=currency)
    signed = partial(form, signed=True)
    whole, of_whole = Figure(abs(total), form, abs(rounded_total)), comparison.deltas.get(f"{part.kpi}_diff")
    for driver in part.drivers:
        factor = driver.factor.casefold()
        of_factor = partial(formatting.kpi_value, factor, currency=currency)
        figures = {
            "expected": Figure(driver.expected, of_factor),
            "actual": Figure(driver.actual, of_factor),
            "part": Figure(abs(driver.displayed), form),
            "signed_part": Figure(driver.contribution, signed, driver.displayed),
            "total": whole,
        }
        delta = comparison.deltas.get(f"{factor}_diff")
        judged = delta is not None and delta.beyond_noise is not None  # also where nothing was seen, which has no z
        measured = driver.beyond_noise or driver.z is not None or judged
        detail = {"kpi": part.kpi, "factor": factor, "move": move, "basis": comparison.basis}
        detail |= {"note": part.note} if part.note else {}
        detail |= {"whole": _certainty(of_whole.beyond_noise)} if of_whole else {}
        certainty = _certainty(driver.beyond_noise if measured else None)
        name = f"driver:{part.kpi}:{factor}"
        yield Evidence(0, name, "driver", factor, certainty, "accounting", figures, detail)


def _outcome(comparison: Comparison) -> Iterator[Evidence]:
    """What the money brought, beside what the same money brings at the return (else the CPA) that was expected."""
    fact, money = comparison.actual_counts, rough(comparison.currency)
    spend, conversions, revenue = (fact.get(name) for name in ("spend", "conversions", "revenue"))
    if spend is None or not (spend or conversions or revenue):
        return
    figures = {"spend": Figure(spend, money)} if spend else {}
    if conversions is not None:
        figures["conversions"] = Figure(conversions, formatting.count, round(conversions, 1))
    if revenue is not None:
        figures["revenue"] = Figure(revenue, money)
    deltas = {kpi: comparison.deltas.get(f"{kpi}_diff") for kpi in ("roas", "cpa") if spend}
    compared = [(kpi, delta) for kpi, delta in deltas.items() if delta and delta.pct_diff]
    kpi, delta = next(iter([pair for pair in compared if pair[1].beyond_noise] or compared), ("", None))
    if delta is None or not delta.expected:
        yield Evidence(0, "outcome", "outcome", "spend", "stated", "accounting", figures, {"kpi": ""})
        return
    if kpi == "roas":
        figures |= _at_forecast(revenue or 0.0, spend * delta.expected, money, 0)
    else:
        count = conversions or 0.0
        figures |= _at_forecast(count, spend / delta.expected, formatting.count, 1 if count < 10 else 0)
    detail = {"kpi": kpi, "direction": _DIRECTIONS[delta.favorable], "basis": comparison.basis}
    yield Evidence(0, "outcome", "outcome", kpi, _certainty(delta.beyond_noise), "accounting", figures, detail)


def _at_forecast(actual: float, expected: float, form: Callable[[float], str], digits: int) -> dict[str, Figure]:
    """What was to be expected of the money and how far the fact is from it, rounded so that the three add up."""
    rounded = round(expected, digits)
    difference = abs(round(actual, digits) - rounded)
    return {
        "at_forecast": Figure(expected, form, rounded),
        "difference": Figure(abs(actual - expected), form, round(difference, digits)),
    }


def rough(currency: str | None) -> Callable[[float], str]:
    """How budgets and other rough amounts are written: without decimals."""
    return partial(formatting.money, currency=currency, whole=True)


def _certainty(beyond_noise: bool | None) -> Certainty:
    return _CERTAINTIES[beyond_noise]
