"""Worlds in which what an ad says has an effect, seen through the files that platforms export: is it learnt from these?

    python benchmarks/worlds_of_ad_exports.py                 every kind of file, 8 seeds each
    python benchmarks/worlds_of_ad_exports.py --seeds 3

A file has one row an ad and day; ads have no name and no id, only the columns of their texts. A question in a headline
has the planted effect on CTR, nothing else has any.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reflection.domain.creative_knowledge import CreativeTexts, TextEffect
from reflection.domain.evidence import evidence_of
from reflection.engine.creative_texts import texts_of
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn
from reflection.ingest.options import ImportOptions
from reflection.ingest.pipeline import read_export

SEEDS = 8
PLANTED = -0.3
"""Of a question, on the log of CTR."""

CAMPAIGNS, ADS = 60, 3
WORDS = [
    "river",
    "stone",
    "paper",
    "light",
    "garden",
    "market",
    "window",
    "planet",
    "silver",
    "circle",
    "forest",
    "bridge",
]
SCATTER = 0.12


@dataclass(frozen=True)
class File:
    """A platform's file: header, and how a row is written; {h1} to {h3} and {body} are texts."""

    header: str
    row: str
    decimal: str = "."


FILES = {
    "Google, responsive, German": File(
        "Tag;Kampagne;Anzeigengruppe;Anzeigentitel 1;Anzeigentitel 2;Anzeigentitel 3;Textzeile 1;Impr.;Klicks;Kosten;"
        "Währungscode;Durchschn. CPC;Conversions",
        "{day};{campaign};alle;{h1};{h2};{h3};{body};{shown};{clicks};{spend};EUR;1,00;{came}",
        ",",
    ),
    "Microsoft": File(
        "Gregorian date;Campaign name;Ad group;Title part 1;Title part 2;Title part 3;Ad description;Impressions;"
        "Clicks;Spend;Currency code;Conversions",
        "{day:%m/%d/%Y};{campaign};all;{h1};{h2};{h3};{body};{shown};{clicks};{spend};EUR;{came}",
    ),
    "Meta, Spanish": File(
        "Día;Nombre de la campaña;Título;Texto principal;Impresiones;Clics en el enlace;Importe gastado (EUR);Compras;"
        "Indicador de resultado",
        "{day};{campaign};{h1} {h2} {h3};{body};{shown};{clicks};{spend};{came};",
        ",",
    ),
    "LinkedIn": File(
        "Start Date (in UTC);Campaign Group Name;Campaign Name;Ad Headline;Ad Introduction Text;Impressions;"
        "Clicks to Landing Page;Total Spent;Currency;Conversions",
        "{day:%m/%d/%Y};{campaign};all;{h1} {h2} {h3};{body};{shown};{clicks};{spend};EUR;{came}",
    ),
}


def export(kind: str, seed: int, planted: float) -> bytes:
    """The file of one world."""
    rng, file = np.random.default_rng((81, seed)), FILES[kind]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(file.header.split(";"))
    for index in range(CAMPAIGNS):
        level = 0.02 * np.exp(rng.normal(0, 0.4))
        for place in range(ADS):
            asks = bool((index + place) % 2)
            parts = [" ".join(rng.choice(WORDS, 3)) for _ in range(3)]
            parts[int(rng.integers(3))] += "?" * asks
            body = " ".join(rng.choice(WORDS, 14))
            rate = level * np.exp(planted * asks + rng.normal(0, SCATTER))
            for day in range(2):
                shown = int(rng.lognormal(np.log(6_000), 0.5))
                clicks = int(rng.poisson(shown * rate))
                cells = {
                    "day": dt.date(2026, 1, 1) + dt.timedelta(days=4 * index + day),
                    "campaign": f"campaign {index:02}",
                    **dict(zip(("h1", "h2", "h3"), parts, strict=True)),
                    "body": body,
                    "shown": shown,
                    "clicks": clicks,
                    "spend": f"{clicks * 0.8:.2f}".replace(".", file.decimal),
                    "came": int(rng.poisson(clicks * 0.05)),
                }
                writer.writerow(file.row.format(**cells).split(";"))
    return out.getvalue().encode()


def learnt(kind: str, seed: int, planted: float) -> Iterator[TextEffect]:
    """What the file teaches of texts."""
    campaigns = read_export((f"{seed}.csv", export(kind, seed, planted)), ImportOptions(locale=_locale(kind))).campaigns
    texts = {one.campaign_id: one.creatives for one in map(texts_of, campaigns) if one.creatives}
    knowledge = learn(map(evidence_of, campaigns), FitRequest(texts=CreativeTexts(texts, {})))
    yield from (row for row in knowledge.creatives.effects if row.metric == "ctr")


def _locale(kind: str) -> str:
    return "de_DE" if FILES[kind].decimal == "," else ""


def report(seeds: int = SEEDS) -> str:
    """A line a kind of file."""
    lines = [
        "| file | seeds | ads compared | question found | its 90 % interval holds | bias (log) | false "
        "| null worlds with any |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for kind in FILES:
        ads, found, held, bias, false, silent = [], 0, 0, [], 0, 0
        for seed in range(seeds):
            for row in learnt(kind, seed, PLANTED):
                if row.trait != "question":
                    false += row.finding
                    continue
                ads.append(row.texts + row.others)
                found += row.finding
                held += row.interval[0] <= np.exp(PLANTED) <= row.interval[1]
                bias.append(np.log(row.effect) - PLANTED)
            silent += any(row.finding for row in learnt(kind, seed, 0.0))
        cells = (kind, seeds, f"{np.mean(ads):.0f}", f"{found} of {seeds}", f"{held} of {seeds}",
                 f"{np.mean(bias):+.3f} ({np.std(bias, ddof=1) / np.sqrt(seeds):.3f})", false, silent)  # fmt: skip
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    print(report(parser.parse_args().seeds))
