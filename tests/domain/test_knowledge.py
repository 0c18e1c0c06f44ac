"""The value everybody reads: what it answers without any history."""

import numpy as np
import pytest

from reflection.domain.knowledge import NOTHING, Knowledge
from reflection.domain.metrics import COMPOSED, OBSERVED
from reflection.domain.scatter import UNLEARNT


def test_an_empty_workspace_knows_nothing_and_says_so():
    assert Knowledge() == NOTHING
    assert NOTHING.as_of is None
    assert NOTHING.reason == "nothing has been learnt yet"
    assert [NOTHING.scatter.of(metric) for metric in OBSERVED] == [UNLEARNT] * 4, "unknown is not none"
    assert NOTHING.aliases == {}


def test_scatter_is_found_by_name(knowledge):
    assert 0.05 < knowledge.scatter.of("ctr") < 0.4
    assert knowledge.scatter.of("conversions") is None, "what is spent has no scatter of its own"


def test_posteriors_have_one_row_a_feature_the_intercept_and_the_slope(knowledge):
    for metric in OBSERVED:
        posterior = knowledge.posteriors[metric]
        slopes = posterior.draws.shape[0] - 1 - len(posterior.features)  # in the planned size, where it was learnt
        assert slopes == (metric in knowledge.size)
        assert posterior.draws.dtype == np.float32
        assert posterior.means == pytest.approx(posterior.draws.mean(axis=1), abs=1e-5)
        assert posterior.reference > 0


def test_every_signal_has_an_effect_on_every_metric(knowledge):
    signals = {effect.signal for effect in knowledge.effects}
    assert {effect.metric for effect in knowledge.effects} == {*OBSERVED, *COMPOSED}
    assert len(knowledge.effects) == len(signals) * (len(OBSERVED) + len(COMPOSED))


def test_it_cannot_be_changed(knowledge):
    with pytest.raises(AttributeError):
        knowledge.epoch = 2
