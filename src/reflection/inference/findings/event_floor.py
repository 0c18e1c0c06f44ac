"""Whether a comparison of two sets of campaigns rests on events enough to be made.

Rates are compared with half an event added; where hardly anything happened the half event is all that is seen. Events
are those expected, so that a set is not judged by how few it turned out to have. Must not know what is compared.
"""

import numpy as np
from numpy.typing import NDArray

from reflection.domain.bookable import EvidenceFloor
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.fits.fit import FittedMetrics
from reflection.inference.support import expected_events
from reflection.stats.sums.columns import Feature

FLOOR = EvidenceFloor()


def having(table: Dataset, feature: Feature) -> NDArray[np.bool_]:
    """Campaigns with a signal in any of their cells, (campaigns,)."""
    cells = table.shares[:, [table.features.index(feature)]].nonzero()[0]
    return np.bincount(table.campaign[cells], minlength=len(table)) > 0


def reaches_floor(fitted: FittedMetrics, metric: str, floor: EvidenceFloor, *sides: NDArray[np.bool_]) -> bool:
    """Whether each set of campaigns, a mask of shape (campaigns,), has as many events as a claim needs at least."""
    events = np.nan_to_num(fitted.table.by_campaign(expected_events(fitted, metric)))
    return all(float(events[side].sum()) >= floor.events for side in sides)
