"""Signal weights: what planning reads."""

from reflection.domain.knowledge import NOTHING
from reflection.domain.metrics import ScoreWeights
from reflection.inference.weights import weights_for


def test_without_learning_there_are_no_weights_but_the_scores(sample):
    found = weights_for(NOTHING, ScoreWeights(), generated_at="now")
    assert found.signal_weights == {}
    assert found.scoring_weights == {"conversion_weight": 1.0, "ctr_weight": 1000.0, "cpa_weight": 1.0}
    assert found.as_of is None


def test_all_signals_unless_some_are_chosen(knowledge):
    everything = weights_for(knowledge, ScoreWeights(), generated_at="now")
    some = weights_for(
        knowledge, ScoreWeights(), generated_at="now", signals=("platform:meta", "creative.type:video", "nobody:knows")
    )

    assert len(everything.signal_weights) == len(knowledge.weights)
    assert set(some.signal_weights) == {"platform:meta", "creative.type:video"}
    assert some.signal_weights["creative.type:video"] == everything.signal_weights["creative.type:video"]


def test_a_weight_comes_with_what_it_rests_on(knowledge):
    for item in weights_for(knowledge, ScoreWeights(), generated_at="now").updated_signals:
        low, high = item.interval
        assert low <= item.weight <= high
        assert item.successes + item.failures <= knowledge.campaigns
        assert item.last_updated.startswith("202")


def test_weights_say_what_they_are_as_of(knowledge):
    found = weights_for(knowledge, ScoreWeights(), generated_at="now")
    assert (found.as_of, found.epoch, found.goal_metric) == (knowledge.as_of, knowledge.epoch, knowledge.goal_metric)
