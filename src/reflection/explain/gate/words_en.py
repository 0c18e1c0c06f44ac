"""The closed English vocabulary of the gate: every word a model's sentence may hold, by what the word claims.

A word or phrase that is not here is not read, and its sentence falls. ``plain`` words claim nothing; every other class
is let through only with evidence that carries it (gate/claims.py, gate/figures.py, gate/advice.py). Phrases take
precedence over the words in them, the longest first: there is no "not" and no "noise" outside a phrase, so nothing can
be negated and no doubt taken back in a way that nobody thought of. A second language brings a file of its own.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

LETTERS = re.compile(r"[A-Za-z ,.;:'()-]*")
"""All that a sentence may hold outside its placeholders: no digits, links, markup, questions or invisible signs."""

_KPIS = """
= ctr: click rates / ctr / click through rate / click rate / clickthrough rate
= cvr: cvr / conversion rate
= cpa: acquisition cost / acquisition costs / per acquisition / cpa / cost per acquisition / cost per conversion /
costs per conversion / cost of a conversion / cost per result / per conversion
= roas: for every unit of spend / per unit of spend / each unit of spend / every unit of spend /
return per unit of spend / revenue per unit of spend / roas / return on ad spend / return on spend /
for each unit of spend
= cpm: price per thousand impressions / impression price / cpm / cost per thousand impressions / cost of impressions /
impression costs / cost of a thousand impressions / a thousand impressions / price of impressions
= cpc: price per click / click price / cpc / cost per click / cost of a click / click costs / price of a click
= aov: basket value / value per order / order size / aov / average order value / order value /
average value of an order / average basket
= spend: spend
= revenue: revenue
= conversions: conversion / conversions
= clicks: click / clicks
= impressions: impression / impressions
"""

_SETS = """
= skipped: a / about / an / approximately / around / its / roughly / some / that / the
= gaps: by / change / changed / differ / differed / difference / differences / differs / down / effect / gap / moved /
movement / shift / up
= against: against / as against / beyond / compared to / compared with / in comparison with / instead of /
rather than / relative to / set against / than / versus / via / vs
= ranges: a range of / anywhere / between / goes / interval / intervals / lay between / lie / lies / lies between /
range / ranged / ranges / ranging / runs / somewhere
= counted: campaign / campaigns
= leading on: a / be / been / had / in / is / its / of / that / the / was / were / what / which
= leading back: a / at / be / been / for / had / had been / in / is / of / on / to / was / were
= attributes: better / cheaper / dearer / declining / decreased / falling / good / greater / growing / higher /
improved / increased / larger / less / less expensive / lower / more / more expensive / poor / poorer / reduced /
rising / smaller / strong / stronger / weak / weaker / worse
= links: a / an / and / as well as / both / in / its / of / on / the / with
= raising: boosted / boosts / grew / increased / increases / lifted / lifting / lifts / raised / raises / raising
= lowering: cut / cuts / decreased / decreases / dropped / lowered / lowering / lowers / reduced / reduces / reducing
= verbs: changed / decreased / decreases / decreasing / dropped / dropping / grew / improved / improving / increased /
increases / increasing / moved / shifted / turned
= articles: a / an / and / by / for / in / its / of / that / the / this / to / with
= before doubt: a / about / basically / broadly / essentially / nearly / quite / also / although / and / are / as /
be / been / both / but / by / came / case / change / come / comes / difference / differences / effect / evidence /
falls / fell / figure / for / gap / here / however / in / is / it / level / lie / lies / movement / of / or / part /
remained / result / roughly / sat / sits / so far / stayed / stays / than / that / there / there is / these / this /
though / was / well / were / what / which / while
= of a forecast: missed / misses / missing / miss / met / did not reach / not reached / was not met / not met /
failed to meet / short of / fell short of / fell short / on target / as planned / as expected / as forecast
= prepositions: above / ahead of / below / beneath / in excess of / under
= contests: beat / beating / beats / bettered / exceeded / exceeds / fell short of / missed / misses / outdid /
outperform / outperformed / outperforms / short of / surpassed / topped
= comparing: against / change / compared to / compared with / differed / difference / differences / differs / gap /
in comparison with / relative to / set against / than / versus / vs
= ends of advice: as / where / which / whose
= joints: although / and / but / however / meanwhile / though / whereas / while
"""

PRICES: Mapping[str, str] = MappingProxyType({"conversions": "cpa", "clicks": "cpc", "impressions": "cpm"})
"""What is spoken of when something counted is called cheap or dear, or is said to cost."""

_CLAIMS = """
= plain: claim nothing =>
by which / not all|the? campaigns agree / returned / earned / in accounting terms /
we saw|see|observed|measured|found / an observation and not a test / in contrast|addition|particular / by contrast /
similarly / likewise / as for / regarding / with regard to / when it comes to / in terms of / namely / that is /
in short|summary / in other words / totalled / amounted / logged / noted / counted / kpi|kpis / headline kpis|figures /
for|in|of this|the campaign / really / an aside / this time / in this|the case / as a comparison /
campaign brought in? / on a? / a / about / achieved / across / actual / against / almost / also / although / among /
amount / an / and / anywhere / appeared / appears / approximately / are / around / arrived / association / at /
basically / be / been / being / between / both / broadly / but / by / came / campaign / case / cases / caveat /
changed / choice / closed / closes / comes / coming / compared / compares / comparing / comparison / data / despite /
did / differ / differed / difference / differences / differs / do / does / effect / effects / ended / ending / ends /
essentially / estimate / estimates / evidence / figure / figures / finished / finishes / for / found / from / gap /
goes / got / had / has / have / having / here / however / in / instead / interval / intervals / into / is / it / its /
itself / knowledge / landed / lands / level / levels / looked / looking / looks / meanwhile / measured / mind / moved /
movement / near / nearer / nearly / note / number / numbers / observed / of / on / onto / option / or / out / outcome /
outcomes / over / overall / part / parts / pattern / per / performance / performed / performing / performs / plus /
portion / posted / quite / ran / range / ranged / ranges / ranging / rate / rather / reached / reaches / reaching /
reads / recorded / registered / remained / reported / respectively / result / results / roughly / rounded / running /
runs / sat / saw / seen / sees / settled / shift / showed / showing / shown / shows / sits / size / so / some /
somewhere / stayed / stays / stood / such / than / that / the / their / them / themselves / there / these / they /
this / those / though / to / together / too / turned / uncertainty / used / using / value / values / versus / vs /
was / went / were / what / when / where / whereas / whether / which / while / who / whose / with / yet / a caveat /
a range of / an? observation / an? observation not a test / are known / as against / as many / as of / as well /
as well as / associated with / at hand / at the end / at the same time / average of / based on / bear in mind /
been learned / been learned from / been learnt / been learnt from / belong to / belongs to / breakdown of the change /
came with / coincided|coincides with / come with / comes with / coming with / compared to / compared with /
confidence|credible|uncertainty|plausible|probable interval|range / correlates|correlated with / do not agree /
do not all agree / does not agree / does not prove a cause / end result / final figure / final result /
for|of|in this campaign / from the plan / go together with / goes together with / going together with / in a group /
in comparison with / in memory / in the data / in the end / in the result / instead of / is associated with /
is known / is known so far / is no norm / is|are linked to|with / keep in mind / keep in mind when reading this /
lay above / lay at / lay below / lay between / learned from / learnt from / lies above / lies at / lies below /
lies between / lies from / lies in / lies near / linked to|with / look alike / looked alike / looks alike /
margin of error / mind when reading / mind when reading this / next to / not a proof of a cause / not all agree /
not tested / not yet tested / note that / no|not proof of a cause / observed and not tested / observed not tested /
observed rather than tested / on average / on file / on record / on that|this basis / on the other side / one caveat /
out of / please note / point the other way / pointed the other way / points the other way / range of uncertainty /
rather than / relative to / rest on / rests on / seen not tested / set against / so far / stand out / stands out /
stood out / taken together / tend to be / tends to be / tends|tended to come|go with / the other way /
this is observed not tested / to date / unit of spend / up to now / was observed not tested / went together with /
within the interval / within this campaign / worth knowing / worth noting
= bare: never first in a clause =>
change / changes / come / compare / hit / look / see / show / come in / come out / end up / run at
= more: beside a figure only =>
further / another / each
= scope: with {..part} or {..total} only =>
alone / altogether / total / whole / in all / in total
= many: with evidence on several campaigns =>
ad rows / ad row / campaigns / campaigns so far / earlier campaigns / other campaigns / past campaigns /
previous campaigns
= forecast: beside {..expected}, or as what a result is compared with =>
anticipated / budgeted / expectation / expectations / expected / forecast / forecasted / forecasts / foreseen / plan /
planned / plans / predicted / projected / target / aimed for / had been expected / had been planned / was expected /
was forecast / was forecasted / was planned / what was expected
= before: as the comparison of a campaign with the period before it (detail basis) =>
in? the? month|week|day|period before / the? earlier|previous month|week|day|period /
the? previous|earlier four? weeks / the? four weeks before / in? the? earlier weeks / the? period before it
= average: of a finding or effect, or of a campaign with the basis account-average =>
usual / the usual / typical / average / averages / account average / average across campaigns / average campaign /
average level / average of all campaigns / average of the account / the average of the account / the norm / usual level
= others: of a group or a budget inefficiency only =>
other campaigns / that of the others / the other campaigns / the others / those of the others
= above: the evidence is higher =>
above / advantage / bigger / exceed / exceeded / exceeding / exceeds / greater / higher / larger / more / overshot /
surpassed / surpasses / topped / ahead of / in excess of / over expectations / over forecast / over plan /
over target / over the forecast / over the plan / over the target
= below: the evidence is lower =>
below / beneath / fewer / less / lower / smaller / under / undercut / undershot / down on
= rise: the result is higher than the forecast; never of a finding =>
picked up / edged up / moved higher / came up / climb / climbed / climbing / gain / gained / grew / growing / grown /
growth / increase / increased / increases / increasing / jump / jumped / lift / lifted / raised / rise / risen /
rises / rising / rose / surge / surged / up / uplift / uptick / upward / upwards / going up / gone up / moved up /
went up
= fall: the result is lower than the forecast; never of a finding =>
edged down / moved lower / eased / came in lower / decline / declined / declining / decrease / decreased / decreases /
decreasing / dip / dipped / down / downward / downwards / drop / dropped / dropping / drops / fall / fallen / falling /
falls / fell / lowered / reduced / reduction / sank / shrank / slid / slide / slipped / slipping / slump / slumped /
came down / come down / going down / gone down / moved down / went down
= better: the evidence says better =>
favourably / favorably / superior / beat / beaten / beating / beats / better / bettered / efficient / encouraging /
favorable / favourable / good / improve / improved / improvement / improving / outdid / outperform / outperformed /
outperforming / outperforms / positive / strong / stronger / more efficient / well ahead of
= worse: the evidence says worse =>
unfavourably / unfavorably / behind / deteriorated / deterioration / disappointing / inefficient / lagged / lagging /
lags / miss / missed / misses / missing / negative / poor / poorer / trailed / underperform / underperformed /
underperforming / underperforms / unfavorable / unfavourable / weak / weaker / worse / worsened / came short of /
came up short / did not reach / failed to meet / falls short of / fell short / fell short of / lagged behind /
lags behind / less efficient / not met / not reached / short of / was not met
= cheap: a cost is lower =>
cheap / cheaper / saved / saving / savings / less costly / less expensive
= dear: a cost is higher =>
costlier / costly / dearer / expensive / overpaid / pricier / more costly / more expensive
= price: of CPA, CPC or CPM =>
acquired / bought / acquiring / cost / costing / costs / paid / pay / paying / pays / price / prices / spent
= much: from 15 % =>
visibly / noticeably / comfortably / considerably / far / markedly / much / notably / sharply / steeply / strongly /
substantially / well / a lot
= little: up to 15 % =>
marginal / marginally / modest / modestly / slight / slightly / somewhat / a bit / a little
= line: certainty noise, or no change =>
matched / met / unchanged / about as expected / about what was expected / as expected / as forecast / as planned /
close to / did not differ / does not differ / in line with / much as expected / near the forecast / no different from /
on par with / on target / similar to the forecast / the same as
= noise: certainty noise =>
lies|lay|falls|fell|sits|stays|remains|is|are|was|were within|inside|in the? statistical|random|normal? noise|chance /
cannot|can't be reliably|safely? told|distinguished|separated apart? from random|statistical noise|chance /
not statistically? significant|meaningful / not a significant|meaningful change|difference /
within statistical|random noise / within the noise range|band / no evidence of a change|difference /
did|does not change|differ beyond noise / no difference|change beyond noise / not a? clear|reliable signal /
are noise / can not be told from noise / cannot be called a change / cannot be called a difference /
cannot|can't be reliably|safely|yet? told|distinguished|separated apart? from noise|chance / chance alone /
could|may|might|can well|easily|still|just|simply? be just|only|mere|pure|simply? noise|chance alone? /
could|may|might|can well|easily|still|just|simply? be no|nothing more than noise|chance /
could|may|might|can well|easily|still|just|simply? be random|normal|chance variation|fluctuation|scatter /
do not go beyond noise / does not go beyond noise / does not rise above noise / does not stand out from noise /
does|do|did not differ from the? forecast|plan by more than noise / does|do|did not exceed the? noise / in the noise /
indistinguishable from noise / indistinguishable|not distinguishable from noise|chance|zero / inside noise /
inside the noise / is noise / is not a change to rely on /
just|only|mere|pure|simply random|normal? noise|chance|variation / no different from noise|chance /
no more than noise|chance / noise alone / noise alone can bring / noise alone could bring / noise can bring /
noise would bring / normal variation|scatter / not a change to rely on / not a difference to rely on /
not a real|reliable|clear|meaningful change|difference / not beyond the? noise / not clear of noise /
not distinguishable / not enough evidence to tell it from noise / not enough to tell it apart from noise /
not enough to tell it from noise / not more than|beyond noise|chance / not outside the? noise / not reliable /
not statistically distinguishable / nothing more than noise /
not|hardly be? reliably|clearly|statistically? told|distinguishable|distinguished|separable apart? from noise|chance /
not|no real|reliable|clear|meaningful? difference|change|signal / random variation / should not be relied on /
the size of noise /
too small a? difference|change|effect|gap? to be? tell|told|distinguish|separate|rely|call apart|on? from noise|chance /
within normal|random|usual|the|its? usual|normal? variation|scatter|fluctuation|noise
= unsure: certainty unknown or noise =>
nothing can be said|told|concluded yet? / nothing is known yet? / not be said yet? /
we do not know yet? / remains to be seen / not yet possible to say|tell / not proven yet? / yet to be shown /
is|remains an open question / inconclusive / uncertain / unclear / unknown / an open question / cannot say /
cannot say for sure / cannot say yet / cannot tell / cannot tell yet / cannot yet be told apart from noise /
cannot yet be told from noise / cannot yet say / cannot|can't yet? be said|told|known|judged yet|reliably? /
could not yet? be said|told|known|judged / does not tell / hard to say / hard to tell / insufficient evidence|data /
is still uncertain / is still unclear / is|are|was not known|clear yet? / more evidence|data is|are needed /
needs more evidence|data / not certain / not clear / not clear yet / not conclusive / not enough data yet /
not enough evidence yet / not enough to tell / not known / not known yet / not settled / not yet certain /
not yet clear / not yet known / not yet told from noise /
not yet? be? known|clear|certain|conclusive|settled|established|possible to say|tell? /
not yet? enough|sufficient evidence|data yet? / remains|is|still open|unclear|uncertain / say for certain /
says little / tells little / the evidence|data is|are thin / thin evidence /
too early|soon to say|tell|judge|know|conclude / we cannot|can't yet? tell|say|know yet?
= firm: certainty beyond_noise =>
noise alone? does not explain / more than noise alone explains / noise cannot explain / too large|big for noise /
clear / clearly / reliable / reliably / above noise / beyond noise / beyond the noise / cannot be explained by noise /
clear of noise / exceeds noise / more than just noise / more than noise / more than noise explains /
more than noise would bring / no noise / not explained by noise / not just noise / not mere noise / not noise /
not only noise / not within noise / out of the noise / outside noise / outside the noise / stands clear of noise
= account: kind driver, with {..part} =>
is|was|are|were responsible for / added / adds / contribute / contributed / contributes / contributing / contribution /
contributions / explain / explained / explains / represented / represents / share / worth / account for /
accounted for / accounting for / accounts for / is worth / made up / make up / makes up / was worth
= source: kind driver, with {..part}: the part of the KPI, then the factor =>
can|could|may be attributed to / attributed to / is|was attributable to / can be put down to / traces|traced back to /
breaks down into / splits into / divides into / accounted for by / accounts by / are down to / attributable to /
came from / come from / comes from / coming from / down to / due to / explained by / go back to / goes back to /
is down to / is explained by / is owed to / stem from / stems from / was down to / went back to
= offset: kind driver whose part goes against the change =>
counteracted / offset / offsets / held back / holds back / in the other direction / partly offset /
pulled the other way / the opposite direction / the opposite way / worked against / works against
= random: grade randomised =>
experiment / randomised / randomized / an experiment / controlled experiment / controlled test /
randomised experiment / randomised test / randomized experiment / randomized test
= cause: grade randomised =>
affected / affects / boosted / boosts / caused / cut / cuts / drives / drove / helped / helps / improves / lifted /
lifting / lifts / lowered / lowering / lowers / made / makes / making / pushed / pushes / raised / raises / raising /
reduced / reduces / reducing / because of / leads to / led to / resulted in / results in / thanks to
= trend: category platform_trend =>
earlier level / its earlier level / moved to / newer level / than before
= likely: beside {..odds} =>
chance / chances / likely / odds / probability / probable / probably / probability of
= similar: kind similar =>
score of / this one / looks|look most like / most alike / closest match / best match / alike / closest / comparable /
memory / nearest / resemble / resembles / resembling / similar / similarity / earlier campaign / like this one /
looks like / looks most like / most like / most similar / past campaign / previous campaign / similarity of /
similarity score
= group: kind description =>
cluster / describes / description / group / groups / describes the past / describes them / no more than a description /
promises nothing / that describes them / this describes the past / this describes them
= signal: of a finding, effect or test in that group =>
ad / ads / audience / audiences / combination / creative / creatives / format / formats / objective / people /
placement / platform / platforms / segment / segments / targeted / targeting / visual / visuals / aimed at
= raw: beside {..raw} =>
raw / unadjusted / before adjustment / without adjustment
= narrow: kind next_test =>
would show|tell|teach|say more about? / shows|tells more about? / learn more about? / to know|learn more about? /
would cost / how it affects|does|performs / to find out / would be narrower / what is known about / learn / narrow /
narrowed / narrower / narrowing / narrows / shrink / shrinks / can be learnt / find out / know more / learn more /
may find / tell more / to know more / to learn more / would bring / would help to know / would make / would narrow /
would show / would shrink / would take / would teach / would tell / would tell more
= now: beside {..now_low} =>
currently / now
= next: in a recommendation =>
next / before the next campaign / in the next plan / next campaign / next plan / next step / next time /
the next campaign / the next thing
= steps: in a recommendation =>
please / over time / carefully / gradually / holds / watch / and keep watching / and watch /
and watch whether it holds / bit by bit / in steps / keep an eye on it / see whether it holds / step by step /
watch whether it holds / whether it holds
= hedge: beside a doubt, or of a test =>
may / might / could / may be / might be / could be / may well be / might well be / perhaps / possibly / maybe
= should: in a recommendation =>
advisable / candidate / consider / could / deserves / may / merits / might / recommend / recommendation / recommended /
should / suggest / suggested / suggestion / worth / would / is advisable / is worth / it is worth / makes sense /
ought to / should be / we recommend / we suggest / would be worth
= head: recommendation: more or less of {..about} of a finding, as it is favorable or unfavorable =>
take / add / pull / lean towards / direct / devote / allocate / allocating / assign / concentrate / divert / focus /
get / give / giving / invest / investing / lean / leaning / move / moving / plan / planning / put / putting /
reallocate / receive / rely / relying / shift / shifting / spend / spending / use
= grow: recommendation: {..about} of a favorable finding =>
boost / prefer / step up spend on / favouring / expand / expanding / extend / extending / favor / favoring / favour /
increase / increasing / prioritise / prioritising / prioritize / prioritizing / raise / raising / scale / scaling /
build on / dial up / expand the use of / lean into / ramp up / scale up / scaling up / step up
= shrink: recommendation: {..about} of an unfavorable finding =>
pull back on|from / reduce reliance on / reduce exposure to / cut spend on / back / cut / decrease / limit / limiting /
lower / reduce / reducing / trim / cut back / cut back on / cutting back / dial back / dial down / ease back /
ease off / go easy on / scale back / scale down / scaling back / scaling down / wind down
= toward: recommendation, favorable =>
into / toward / towards
= away: recommendation, unfavorable =>
away / away from / out of
= budget: recommendation =>
allocation / budget / budgets / funds / investment / money / room / spending / weight / budget share /
share of budget / share of spend / share of the budget
= test: recommendation: {..about} of kind next_test =>
run a trial of / set up a test of|with / an experiment with / worth a trial / test whether / explore / pilot /
reserve / run / running / test / testing / trial / try / trying / experiment with / run a test / run a test of /
set aside / worth a test
= tests: kind next_test =>
a test with / on a test of / a trial with / the test of / a small test of / a test of / a trial of / next test /
proposed test / test of / the next test
= check: recommendation or anomaly: the forecast or the tracking, of a KPI beyond noise =>
please check|review|verify|revisit / is worth a? look|check / should be checked|reviewed|verified|revisited /
deserves a check|look / check / checked / checking / confirm / investigate / recheck / review / reviewing / revisit /
validate / verify / verifying / be checked / be investigated / be looked at / be reviewed / be revisited /
be verified / double check / have a look at / have another look at / look at / look into / need checking /
needs a check / needs checking / worth a check / worth a look / worth checking
= object: with a check =>
measurement / setup / tracking / the tracking
= again_not: recommendation: with {..expected} of a KPI beyond noise =>
avoid planning with / do not plan again / do not plan again with / do not repeat the / not plan again with
= send: recommendation: with {..about} of a flag or reason =>
add / include / provide / send / sending
= breakdown: with send =>
breakdown / audience and creative / breakdown by audience and creative
= reason: after a recommendation =>
as / because / given / since / given that / so that
= so: before a check or a recommendation =>
so / therefore
"""
"""Every word and phrase, by what it claims: ``= class: the evidence it needs, as a model is told it``, and below it the
words between slashes; ``a|b`` is either, and what ends in ``?`` may be left out.
"""


def _sections(text: str) -> Iterator[tuple[str, list[str]]]:
    """Headings with their words."""
    for part in text.strip().removeprefix("= ").split("\n= "):
        heading, _, patterns = part.partition(": ")
        yield heading, [" ".join(pattern.split()) for pattern in patterns.split(" /")]


def _phrases(pattern: str) -> Iterator[tuple[str, ...]]:
    """The phrases a pattern stands for: ``a|b`` is either, and what ends in ``?`` may be left out."""
    choices = []
    for word in pattern.split():
        some = word.removesuffix("?").split("|")
        choices.append([*some, ""] if word.endswith("?") else some)
    for phrase in itertools.product(*choices):
        yield tuple(word for word in phrase if word)


def _patterns() -> Iterator[tuple[str, str, list[str]]]:
    """Each class with the evidence it needs and its patterns."""
    for kind, patterns in _sections(_CLAIMS):
        condition, _, first = patterns[0].partition(" => ")
        yield kind, condition, [first, *patterns[1:]]


def _read() -> dict[tuple[str, ...], frozenset[str]]:
    """Every word and phrase with its classes."""
    classes: dict[tuple[str, ...], set[str]] = {}
    for name in KPIS:
        classes.setdefault(tuple(name.split()), set()).add("kpi")
    for kind, _, patterns in _patterns():
        for phrase in (phrase for pattern in patterns for phrase in _phrases(pattern)):
            classes.setdefault(phrase, set()).add(kind)
    return {phrase: frozenset(kinds) for phrase, kinds in classes.items()}


KPIS: Mapping[str, str] = MappingProxyType({name: kpi for kpi, names in _sections(_KPIS) for name in names})
"""Names of KPIs. A sentence may name those of its evidence, beside figures of the same."""

SETS: Mapping[str, frozenset[str]] = MappingProxyType({name: frozenset(words) for name, words in _sections(_SETS)})
"""Words by what they do in a sentence (lead to a figure, join clauses, precede a doubt), whatever they claim."""

VOCABULARY: Mapping[tuple[str, ...], frozenset[str]] = MappingProxyType(_read())
"""Words and phrases, each as its words, with what they claim."""

LONGEST = max(map(len, VOCABULARY))


def vocabulary() -> str:
    """The vocabulary as a model is told it: a line a class, with the evidence it needs."""
    lines = [f"- {condition}: {', '.join(patterns)}" for _, condition, patterns in _patterns()]
    return "\n".join([f"- names of KPIs, beside figures of the same: {', '.join(KPIS)}", *lines])
