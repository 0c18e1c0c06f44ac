"""The English of alerts: what a message is called, and its one line about an event.

Part of the language in phrases/sentences_en.py, under the same rules: no digits, no facts.
"""

from collections.abc import Mapping

ALERTS: Mapping[str, str] = {
    "alert.campaign.outside_interval": "A campaign came out other than forecast, beyond chance",
    "alert.campaign.outside_interval_many": "{campaigns} came out other than forecast, beyond chance",
    "alert.campaign.held": "A campaign looks like a tracking fault",
    "alert.campaign.held_many": "{campaigns} look like tracking faults",
    "alert.learning.established": "Something new was learnt",
    "alert.learning.established_many": "{number} new learnings",
    "alert.learning.contested": "A learning is contested: it works in opposite ways",
    "alert.learning.contested_many": "{number} learnings are contested: they work in opposite ways",
    "alert.learning.ended": "A learning no longer holds",
    "alert.learning.ended_many": "{number} learnings no longer hold",
    "alert.import.failed": "An import failed",
    "alert.import.failed_many": "{number} imports failed",
    "alert.import.findings": "An import needs a look",
    "alert.import.findings_many": "{number} imports need a look",
    "alert.data.silent": "No new data",
    "alert.data.silent_many": "No new data",
    "alert.intervals.too_narrow": "Ranges are too narrow",
    "alert.intervals.too_narrow_many": "Ranges are too narrow, of {number} figures",
    "alert.report.ready": "Weekly report, {start} to {end}",
    "alert.whole_report": "The whole report:",
    "alert.test": "Test: this alert works",
    "alert.test_line": "Messages about {workspace} arrive here. There is nothing to do.",
    "alert.missed": "{name}: {metric} {actual} against {expected} forecast, {size} {side}{money}.",
    "alert.money_more_cost": "; {money} more than these results were to cost",
    "alert.money_less_cost": "; {money} less than these results were to cost",
    "alert.money_more_return": "; {money} more came back than forecast",
    "alert.money_less_return": "; {money} less came back than forecast",
    "alert.held": "{name} is left out of learning: {reason}. {money} went into it; accept it if its figures are right.",
    "alert.held_unpriced": "{name} is left out of learning: {reason}. Accept it if its figures are right.",
    "alert.import_unread": "{files}: nothing was taken in. {reason}",
    "alert.import_refused": "{files}: nothing was taken in. First reason: {reason}",
    "alert.import_part": "{files}: {refused} of {campaigns} could not be taken in. First reason: {reason}",
    "alert.more": "and {number} more",
}
