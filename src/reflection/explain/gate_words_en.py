"""The English words the gate watches: causes, numbers, overclaims, directions, the reader addressed.

Patterns only; what follows from a match is decided in gate.py. A second language brings a file of its own.
"""

import re

LETTERS = re.compile(r"[A-Za-z ,.;:'()?!-]*")
"""All that a sentence may hold outside its placeholders: no digits, links, markup or invisible signs."""

DOTTED = re.compile(r"[A-Za-z]\.[A-Za-z]")
"""A full stop inside a word: a domain or a file name."""

NUMBER_WORDS = re.compile(
    r"\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twent\w+|thirt\w+|fort(y|ies)|fift\w+"
    r"|sixt\w+|sevent\w+|eight(y|ies)|ninet\w+|hundred\w*|thousand\w*|million\w*|billion\w*|dozens?|doubl\w+"
    r"|tripl\w+|quadrupl\w+|twice|thrice|half|halv\w+|thirds?|quarters?|\w+fold|percent\w*|per cent|zero"
    r"|dollars?|euros?|pounds?|cents?)\b",
    re.IGNORECASE,
)

CAUSAL = re.compile(
    r"\b(because|caus\w+|drove|driv(?:e|es|en|ing)|due to|owing to|led to|lead(?:s|ing)? to|thanks to|as a result"
    r"|result(?:s|ed|ing)? (?:in|from)|boost\w*|rais(?:e|es|ed|ing)|lower(?:s|ed|ing)|therefore|hence|so that"
    r"|attribut\w+|responsible|impact\w*|effective(?:ness)?|works? better|generat\w+|trigger\w*|produc\w+"
    r"|creates|created|makes|made|helps|helped|enabl\w+|explain\w*)\b",
    re.IGNORECASE,
)

ON_A_KPI = re.compile(
    r"\b(improv\w+|increas(?:es|ed|ing)|reduc(?:es|ed|ing)|decreas(?:es|ed|ing)|cuts?|cutting|push\w*|pull\w*|hurts?"
    r"|harm\w*|lift(?:s|ed|ing)|wins?|won|delivers?|delivered)\s+(?:(?:the|its|your|our|a|an)\s+)*"
    r"(?:CTR|CVR|CPA|ROAS|CPM|CPC|AOV|conversions?|clicks?|costs?|returns?|revenue|sales|performance|results?|\{)",
    re.IGNORECASE,
)
"""A transitive verb with a KPI as its object says that something acted on it; "CTR increased" does not."""

ACCOUNTING = re.compile(r"\b(account\w* for|contribut\w+|share of the (?:rise|fall|change))\b", re.IGNORECASE)

OVERCLAIM = re.compile(
    r"\b(prov(?:e|es|ed|en|ing)|proof|guarantee\w*|certain(?:ly)?|definite\w*|undoubtedly|without doubt|always|never"
    r"|will|clearly|obvious\w*|significant\w*|sure(?:ly)?|must|best|worst|everyone|all campaigns)\b",
    re.IGNORECASE,
)

DOUBT = re.compile(
    r"\b(noise|cannot|can't|not (?:yet )?(?:be )?(?:known|said|told|clear|reliable|conclusive|distinguish\w+)"
    r"|uncertain|unclear|unknown|inconclusive)\b",
    re.IGNORECASE,
)

NO_DOUBT = re.compile(
    r"\b(beyond (?:the )?noise|(?:not|no|than|isn't|hardly|never|without) (?:just |mere |only )?(?:the )?noise"
    r"|outside (?:the )?noise|not (?:un\w+|inconclusive))\b",
    re.IGNORECASE,
)
"""Doubt taken back."""

UP = re.compile(
    r"\b(rose|rise[sn]?|rising|increas\w+|up|grew|grow\w*|higher|above|climb\w*|gain\w*|jump\w*|exceed\w*|surge\w*"
    r"|more than expected|over the forecast)\b",
    re.IGNORECASE,
)
DOWN = re.compile(
    r"\b(fell|fall\w*|drop\w*|declin\w+|decreas\w+|down|lower|below|shrank|less than expected"
    r"|under the forecast|sank|slid)\b",
    re.IGNORECASE,
)
BETTER = re.compile(
    r"\b(better|beat\w*|outperform\w*|win\w*|won|strong\w*|good|favou?rable|efficient)\b", re.IGNORECASE
)
WORSE = re.compile(
    r"\b(worse|miss\w*|underperform\w*|los[et]\w*|weak\w*|poor\w*|bad\w*|unfavou?rable|inefficien\w+)\b",
    re.IGNORECASE,
)
MORE = re.compile(r"\b(more|scale\w*|increase|expand|raise|invest|add|extend|favou?r|prioriti[sz]e)\b", re.IGNORECASE)
LESS = re.compile(
    r"\b(less|reduce|cut|pause|stop|avoid|away from|drop|limit|lower|decrease|move .* from)\b", re.IGNORECASE
)

KPI_WORDS = re.compile(r"\b(CTR|CVR|CPA|ROAS|CPM|CPC|AOV)\b", re.IGNORECASE)

OFF_SUBJECT = re.compile(
    r"\b(ignor\w+|disregard\w*|overrid\w+|instruct\w+|prompts?|system|assistant|developer|jailbreak\w*|language model"
    r"|passwords?|secrets?|tokens?|credentials?|api key|key|login|log in|sign in|click here|visit|download\w*|call"
    r"|phone|e-?mail\w*|whatsapp|telegram|wire|transfer|pay|refund\w*|gift|urgent\w*|free|http\w*|www|dot com"
    r"|trust|believe|me|us|my|our|website|link|script|execute|delete|approve|admin\w*|weights?|database|memory|json)\b",
    re.IGNORECASE,
)
"""Words no sentence about a campaign's figures needs, and every injected one wants."""

PLAIN_CAPITALS = frozenset({"I", "A"})
