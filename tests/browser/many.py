"""An account as large as a page must bear: ten thousand campaigns, and some four hundred signals in them.

Invented, the same at every run. Must not know the page.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from reflection.domain.campaign import Campaign

CAMPAIGNS = 10_000
AUDIENCES, CREATIVES = 200, 190
PLATFORMS = ("Meta", "Google", "TikTok", "LinkedIn", "Pinterest")
OBJECTIVES = ("Sales", "Lead Generation", "App Installs")
TYPES = ("video", "image", "carousel", "text")
GOOD = 1.8
"""How much better every tenth audience converts."""


def campaigns(number: int = CAMPAIGNS) -> Iterator[Campaign]:
    """Campaigns over two years, each with one audience and one creative."""
    rng = np.random.default_rng(11)
    for place in range(number):
        audience, creative = int(rng.integers(AUDIENCES)), int(rng.integers(CREATIVES))
        impressions = int(rng.lognormal(11, 0.5))
        clicks = int(rng.binomial(impressions, 0.012))
        conversions = int(rng.binomial(clicks, 0.03 * (GOOD if audience % 10 == 0 else 1.0)))
        counts: dict[str, Any] = {
            "impressions": impressions,
            "clicks": clicks,
            "conversions": conversions,
            "spend": round(impressions * 0.02, 2),
            "revenue": conversions * 90.0,
        }
        body = {
            "campaign_id": f"many_{place:05}",
            "name": f"Campaign number {place}",
            "platform": PLATFORMS[place % len(PLATFORMS)],
            "objective": OBJECTIVES[place % len(OBJECTIVES)],
            "currency": "EUR",
            "timestamp": datetime(2024, 4, 1, tzinfo=UTC) + timedelta(hours=1.7 * place),
            "expected_metrics": {**counts, "conversions": max(1, int(0.03 * clicks)), "revenue": 2.7 * clicks},
            "actual_metrics": counts,
            "audiences": [{"name": f"Audience {audience}"}],
            "creatives": [{"id": f"creative_{creative}", "type": TYPES[creative % len(TYPES)]}],
        }
        yield Campaign.model_validate(body)
