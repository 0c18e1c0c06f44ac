"""One sentence for each thing that needs somebody: what it is, with its own figures.

Texts of files and names are data and stand in a sentence as inert text. Must not know what needs attention, nor in
which order.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from reflection.explain import formatting
from reflection.explain.sentences import Sentences

LONGEST_REMARK = 300


class AttentionSentences:
    """Sentences in the language of the engine."""

    def __init__(self) -> None:
        self._sentences = Sentences()

    def held(self, sentence: str, spend: float | None, currency: str | None) -> str:
        """A campaign that is kept out; `sentence` says why."""
        reason = formatting.plain_name(sentence, LONGEST_REMARK)
        if spend is None:
            return self._say("held_unpriced", reason=reason)
        return self._say("held", reason=reason, money=formatting.money(spend, currency, whole=True))

    def asked(self, because: str, spend: float | None, currency: str | None) -> str:
        """A campaign that looks odd and is learnt from all the same."""
        reason = formatting.plain_name(because, LONGEST_REMARK)
        if spend is None:
            return self._say("asked_unpriced", reason=reason)
        return self._say("asked", reason=reason, money=formatting.money(spend, currency, whole=True))

    def ended(self, text: str, reason: str, spend: float | None, currency: str | None) -> str:
        """A learning that holds no longer; `text` and `reason` as they were recorded."""
        words = {name: formatting.plain_name(part, LONGEST_REMARK) for name, part in (("text", text), ("why", reason))}
        if spend is None:
            return self._say("ended_unpriced", **words)
        return self._say("ended", spent=formatting.money(spend, currency, whole=True), **words)

    def remarks(self, files: str, findings: Sequence[Mapping[str, Any]], rejects: Sequence[Mapping[str, Any]]) -> str:
        """What an import remarked on its files, and what it left out."""
        problems = []
        if findings:
            problems.append(self._sentences.counted("remark", len(findings)))
        if rejects:
            problems.append(self._say("import_left_out", number=formatting.count(len(rejects))))
        first = findings[0]["message"] if findings else rejects[0]["reason"]
        return self._say(
            "import",
            files=formatting.plain_name(files),
            problems=self._sentences.listed(problems),
            first=formatting.capital(formatting.plain_name(first, LONGEST_REMARK)),
        )

    def coverage(self, metric: str, campaigns: int, share: float, goal: str | None) -> str:
        """Intervals that held too few campaigns; `goal` as people say it, None where there is one goal."""
        words = {
            "metric": self._sentences.kpi_name(metric),
            "campaigns": self._sentences.counted("campaign", campaigns),
            "share": formatting.percent(100 * share, decimals=0),
        }
        return self._say("coverage", **words) if goal is None else self._say("coverage_of_goal", goal=goal, **words)

    def shifted(self, platform: str, lift: float, day: str, days: int) -> str:
        """A platform whose conversions may be counted in another way since some day, and how long that is doubted."""
        name = formatting.plain_name(platform)
        return self._say("shifted", platform=name, size=formatting.rounded_lift(lift), day=day, days=str(days))

    def silence(self, days: int, day: str) -> str:
        """That nothing came for some days; `day` is that of the last arrival."""
        return self._say("silence", days=formatting.count(days), day=day)

    def _say(self, phrase: str, **words: str) -> str:
        return self._sentences.say(f"attention.{phrase}", **words)


def learnt_so_far(as_of: str | None, pending: int) -> str:
    """How far learning is: when the last fit was (UTC), and how many campaigns are not in it yet."""
    sentences = Sentences()
    instant = "" if as_of is None else as_of[:16].replace("T", " ")
    basis = sentences.say("learning.none") if as_of is None else sentences.say("learning.as_of", time=instant)
    if not pending:
        return f"{basis}."
    campaigns = sentences.counted("campaign", pending)
    return sentences.say(
        "learning.waiting_one" if pending == 1 else "learning.waiting", said=basis, campaigns=campaigns
    )
