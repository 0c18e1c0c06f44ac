"""The English words marketers ask with: for KPIs, kinds of answers, groups of signals, more and less.

A second language brings a file of its own. Must not know what a question is answered with.
"""

KPI_WORDS = {
    "ctr": ("ctr", "click rate", "clickthrough", "click-through", "click through"),
    "cvr": ("cvr", "conversion rate"),
    "cpa": ("cpa", "cost per acquisition", "cost per conversion", "cost per lead", "cpl", "cost per sale", "cac"),
    "roas": ("roas", "return on ad spend", "return on spend", "return on investment", "profitab"),
    "cpm": ("cpm", "cost per thousand", "cost per mille", "cost of impressions"),
    "cpc": ("cpc", "cost per click", "cost of clicks"),
    "aov": ("aov", "order value", "basket"),
}

INTENTS = {
    "why": (
        "why reason reasons driver drivers drove cause caused causes because explain explains explained moved change "
        "changed behind happened wrong expensive costly"
    ),
    "good": "best better winning winner winners works work worked working win top strong strongest succeed",
    "bad": "worst worse avoid bad waste wasted wasting losing loser weak weakest inefficient fail failed failing",
    "next": "next should recommend recommendation recommendations advice advise plan suggest suggestion suggestions",
    "budget": (
        "budget budgets invest investing scale scaling allocate allocation shift move reallocate spend money double "
        "cut reduce increase put pause"
    ),
    "test": "test tests testing try experiment experiments pilot experimenting",
    "alike": "similar alike resemble resembles comparable like before",
    "result": (
        "perform performed performing performs performance result results verdict summary summarise summarize forecast "
        "outcome doing did do going went fare fared success successful target good well"
    ),
    "learnt": (
        "learn learnt learned learning learnings know known evidence sure confident confidence certain lesson lessons "
        "takeaway takeaways insight insights findings finding knowledge teach taught"
    ),
    "trouble": "wrong problem problems tracking flag flags missing revenue anomaly anomalies odd strange broken off",
}
INTENT_WORDS = {name: frozenset(vocabulary.split()) for name, vocabulary in INTENTS.items()}
FUTURE = frozenset(["will", "tomorrow", "predict", "prediction", "future", "soon"])
CAUSE = frozenset(["why", "cause", "caused", "causes", "because", "reason", "drove"])
COST = frozenset(["expensive", "costly", "cost", "costs", "costing", "dear", "pricey", "overpaid", "cheap", "cheaper"])
"""Words that ask for what a conversion costs, where no other KPI is named."""

WORSE = frozenset(["worse", "worst", "bad", "badly", "poorly", "poor", "fail", "failed", "failing"])
BETTER = frozenset(["better", "best", "good", "well"])
"""What a question takes for granted of a campaign as a whole."""

HIGH = frozenset(["expensive", "costly", "dear", "pricey", "overpaid", "high", "higher", "up", "rise", "rose", "jump"])
LOW = frozenset(["cheap", "cheaper", "low", "lower", "down", "drop", "dropped", "fall", "fell", "decline", "declined"])
"""What a question takes for granted, and what the figures may deny."""

WORTH = frozenset(["profit", "profits", "return", "returns"])
MORE = frozenset(
    ["more", "increase", "scale", "scaling", "invest", "double", "raise", "extra", "bigger", "boost", "grow"]
)
LESS = frozenset(
    ["less", "cut", "reduce", "decrease", "lower", "pause", "stop", "drop", "avoid", "waste", "wasted", "wasting"]
)
GROUPS = {
    **dict.fromkeys(("audience", "audiences", "segment", "segments", "who", "people"), "audience"),
    **dict.fromkeys(("creative", "creatives", "ad", "ads", "format", "formats", "visual", "visuals"), "creative"),
    **dict.fromkeys(("platform", "platforms", "channel", "channels", "network", "networks"), "platform"),
    **dict.fromkeys(("cluster", "clusters", "group", "groups"), "cluster"),
}
"""Words that ask for one group of signals only."""

_COMMON_WORDS = """
a an the is are was were of in on for to with and or by at it its this that what which who how when where do
does did we our us i me my you your can could would campaign campaigns ad ads age type tell show about have
has had platform objective audience creative much many be been than from as any all so well get got more most
should test next segment usually please give there any think need want
"""
COMMON = frozenset(_COMMON_WORDS.split())
CUES = frozenset().union(*INTENT_WORDS.values(), GROUPS, COST, HIGH, LOW, WORTH, MORE, LESS, FUTURE, COMMON)
"""Words that ask and name nothing."""
