/** Plan: what will it give? One to four plans side by side, the engine's odds and intervals, and what they rest on. */

import { html, useEffect, useState } from "../vendor/preact-htm.js";
import { post, useData } from "../api.js";
import { Plans } from "../charts/amounts.js";
import { OddsPicture } from "../charts/time.js";
import { amountOrText, figure, lift, liftRange, moment, money, number, probability, range, share, signalLabel } from "../format.js";
import { Action, Badge, Choice, Empty, Heading, Picture, Table } from "../parts.js";
import { campaignAddress, Link, signalAddress } from "../router.js";
import { texts } from "../texts.en.js";
import { Allocation } from "./allocation.js";

const words = texts.plan;
const MOST = 4;
const METRICS = ["cpa", "roas", "conversions", "revenue", "ctr", "cvr"];
const BLANK = { platform: "", objective: "", budget: "", currency: "", audience: "", creative: "", type: "", begins: "", ends: "", target: "", conversions: "" };
const FIELDS = ["platform", "objective", "budget", "currency", "audience", "creative", "type", "begins", "ends", "target", "conversions"];
const DAYS = ["begins", "ends"];

/** The screen. */
export function Plan() {
  const [plans, setPlans] = useState([{ ...BLANK }]);
  const [answer, setAnswer] = useState(null);
  const known = useKnown();
  const set = (at, name, value) => setPlans(plans.map((plan, place) => (place === at ? { ...plan, [name]: value } : plan)));
  const evaluate = async () => {
    const asked = plans.map(bodyOf);
    setAnswer({ asked, answer: await post("/v1/plans/evaluate", { plans: asked }) });
  };
  return html`<${Heading} title=${texts.screens.plan} /><p class="lead">${words.lead}</p>
    ${Object.entries(known).map(([name, values]) => html`<datalist key=${name} id=${`known-${name}`}>${values.map((value) => html`<option key=${value} value=${value} />`)}</datalist>`)}
    <form class="plans" onSubmit=${(event) => event.preventDefault()}>${plans.map((plan, at) => html`<fieldset key=${at} class="card"><legend>${words.name(at + 1)}</legend>
      ${FIELDS.map((name) => html`<${Field} key=${name} name=${name} value=${plan[name]} known=${known[name]} onInput=${(value) => set(at, name, value)} />`)}
      ${plans.length > 1 && html`<button type="button" class="plain" onClick=${() => setPlans(plans.filter((_, place) => place !== at))}>${words.remove}</button>`}
    </fieldset>`)}</form>
    <p class="buttons"><${Action} tone="strong" run=${evaluate}>${words.evaluate}<//>
      ${plans.length < MOST && html`<button type="button" onClick=${() => setPlans([...plans, { ...plans.at(-1) }])}>${words.add}</button>`}</p>
    ${answer && html`<${Answer} ...${answer} />`}
    ${plans.length > 1 && html`<${Allocation} bodies=${plans.map(bodyOf)} />`}`;
}

/** What the account has seen, to choose from: the levels of its signals. */
function useKnown() {
  const page = useData("/v1/effects", { metric: "cpa", limit: 1000 });
  const of = (group) => [...new Set((page.data?.items ?? []).filter((effect) => effect.group === group).map((effect) => signalLabel(effect.signal, true)))].sort();
  return { platform: of("platform"), objective: of("objective"), audience: of("audience"), creative: of("creative"), type: of("creative.type") };
}

function Field({ name, value, known, onInput }) {
  const decimal = ["budget", "target", "conversions"].includes(name);
  return html`<label class="field"><span>${words.field[name]}</span><input name=${name} value=${value} list=${known ? `known-${name}` : undefined} autocomplete="off"
    type=${DAYS.includes(name) ? "date" : "text"} inputmode=${decimal ? "decimal" : undefined} maxlength=${name === "currency" ? 3 : 200} onInput=${(event) => onInput(event.target.value)} /></label>`;
}

/** One plan as the server takes it; what was left empty is left out. */
function bodyOf(plan, at) {
  const said = Object.fromEntries(FIELDS.map((name) => [name, plan[name].trim()]));
  return {
    plan_id: words.name(at + 1),
    platform: said.platform,
    objective: said.objective,
    budget: amountOrText(said.budget),
    ...(said.currency && { currency: said.currency.toUpperCase() }),
    ...(said.audience && { audiences: [{ name: said.audience }] }),
    ...((said.creative || said.type) && { creatives: [{ id: said.creative || said.type, ...(said.type && { type: said.type }) }] }),
    ...(said.begins && { period_start: `${said.begins}T00:00:00Z`, period_end: `${said.ends || said.begins}T23:59:59Z` }),
    ...(said.target && { targets: { cpa: amountOrText(said.target) } }),
    ...(said.conversions && { expected: { conversions: amountOrText(said.conversions) } }),
  };
}

/** @param {{answer: Answer<"/v1/plans/evaluate", "post">, asked: any}} props */
function Answer({ answer, asked }) {
  const available = METRICS.filter((metric) => answer.plans.some((plan) => plan.metrics[metric]));
  const [chosen, choose] = useState(null);
  const metric = available.includes(chosen) ? chosen : available[0];
  if (!metric) return html`<${Empty} title=${words.nothing} text=${answer.plans.flatMap((plan) => plan.notes).join(" ")} />`;
  const { currency } = asked[0];
  const rows = answer.plans.filter((plan) => plan.metrics[metric] && at(plan.metrics[metric]) !== null).map((plan) => ({ name: plan.plan_id, metric, ...plan.metrics[metric] }));
  return html`<section aria-live="polite">
    ${answer.plans.map((plan, at) => html`<${Odds} key=${plan.plan_id} plan=${plan} asked=${asked[at]} metric=${metric} currency=${currency} />`)}
    <p class="faint">${answer.as_of ? texts.asOf(moment(answer.as_of)) : texts.overview.notLearnt}${answer.pending ? ` · ${texts.waiting(answer.pending)}` : ""}</p>
    <div class="filters"><${Choice} label=${words.show} value=${metric} options=${available.map((name) => [name, texts.metricLong[name] ?? texts.metric[name]])} onChange=${choose} /></div>
    ${rows.length > 0 && html`<${Comparison} rows=${rows} metric=${metric} currency=${currency} />`}
    ${asked.map((plan) => plan.targets && html`<${ByBudget} key=${JSON.stringify(plan)} plan=${plan} />`)}
    ${answer.plans.map((plan) => html`<${Rests} key=${plan.plan_id} plan=${plan} />`)}
  </section>`;
}

/** The odds of one plan in words. */
function Odds({ plan, asked, metric, currency }) {
  const figures = plan.metrics[metric];
  return html`<div class="card"><h2>${plan.plan_id}: ${asked.platform}, ${money(asked.budget, asked.currency)}</h2>
    ${figures && figures.calibrated === null && html`<p class="message">${words.cannot(texts.metric[metric])}</p>`}
    ${figures && figures.calibrated !== null && html`<p class="message">${words.expect(texts.metric[metric], figure(metric, figures.calibrated, currency), range(metric, figures.intervals?.["90"], currency))}</p>
      <ul>${figures.p_target !== null && html`<li>${words.target(figure(metric, figures.target, currency), probability(figures.p_target))}</li>`}
        ${figures.p_better !== null && html`<li>${words.usual(figure(metric, figures.usual, currency), probability(figures.p_better))}</li>`}
        ${figures.planner !== null && figures.p_planner !== null && figures.p_planner !== undefined && html`<li>${words.planner(figure(metric, figures.planner, currency), probability(figures.p_planner))}</li>`}</ul>
      ${!figures.identified && html`<p><${Badge}>${words.notIdentified}<//></p>`}`}
    ${plan.notes.length > 0 && html`<ul class="note">${plan.notes.map((note, at) => html`<li key=${at}>${note}</li>`)}</ul>`}</div>`;
}

const at = (row) => row.calibrated ?? row.signals ?? row.planner ?? null;

function Comparison({ rows, metric, currency }) {
  const columns = [
    { name: "name", title: words.columns.plan, text: (row) => row.name },
    { name: "at", title: words.columns.ours, figure: true, text: (row) => figure(metric, at(row), currency) },
    ...["50", "80", "90"].map((level) => ({ name: level, title: words.columns.interval(level), figure: true, text: (row) => range(metric, row.intervals?.[level], currency) })),
    { name: "planner", title: words.columns.planner, figure: true, text: (row) => figure(metric, row.planner, currency) },
    { name: "target", title: words.columns.target, figure: true, text: (row) => figure(metric, row.target, currency) },
  ];
  const drawn = rows.map((row) => ({ name: row.name, at: at(row), planner: row.planner, target: row.target, usual: row.usual, intervals: row.intervals ?? {} }));
  return html`<${Picture} title=${words.picture(texts.metric[metric])} rows=${rows} columns=${columns} least=${1} legend=${words.legend}
    description=${rows.map((row) => words.expect(row.name, figure(metric, at(row), currency), range(metric, row.intervals?.["90"], currency))).join("; ")}>
    <${Plans} rows=${drawn} label=${(value) => (metric === "ctr" || metric === "cvr" ? share(value, 1) : number(value, value < 10 ? 1 : 0))} /><//>`;
}

const FACTORS = [0.25, 0.35, 0.5, 0.71, 1, 1.41, 2, 2.83, 4];

/** The same plan at other budgets, its planner's conversions in proportion. */
const atBudget = (plan) => (factor) => ({ ...plan, plan_id: String(factor), budget: plan.budget * factor, ...(plan.expected && { expected: { conversions: plan.expected.conversions * factor } }) });

/** How likely the target is at other budgets; none is said where so much, or so little, was never spent. */
function ByBudget({ plan }) {
  const [points, set] = useState([]);
  useEffect(() => {
    post("/v1/plans/evaluate", { plans: FACTORS.map(atBudget(plan)) }, { compact: true }).then((answer) => set(answer.plans.map((row, at) => ({ budget: plan.budget * FACTORS[at], odds: row.metrics.cpa?.p_target ?? null }))), () => set([]));
  }, []);
  if (points.filter((point) => point.odds !== null).length < 2) return null;
  const columns = [
    { name: "budget", title: words.field.budget, figure: true, text: (row) => money(row.budget, plan.currency) },
    { name: "odds", title: words.columns.odds, figure: true, text: (row) => (row.odds === null ? words.unseen : probability(row.odds)) },
  ];
  return html`<${Picture} title=${words.byBudget(plan.plan_id, money(plan.targets.cpa, plan.currency))} note=${words.byBudgetNote} rows=${points} columns=${columns} legend=${words.byBudgetLegend}
    description=${points.map((point) => `${money(point.budget, plan.currency)}: ${point.odds === null ? words.unseen : probability(point.odds)}`).join("; ")}>
    <${OddsPicture} points=${points} now=${plan.budget} label=${(value) => number(value, 0)} /><//>`;
}

const driverColumns = [
  { name: "label", title: words.columns.driver, text: (row) => row.label, cell: (row) => html`<${Link} href=${signalAddress(row.signal, row.metric)}>${row.label}<//>` },
  { name: "effect", title: texts.works.columns.effect, figure: true, text: (row) => `${texts.metric[row.metric] ?? ""} ${lift(row.effect)}` },
  { name: "interval", title: texts.interval, figure: true, text: (row) => liftRange(row.interval) },
  { name: "campaigns", title: texts.screens.campaigns, figure: true, text: (row) => number(row.campaigns, 0) },
];

/** What one plan rests on: what is booked, what drives it, the campaigns most like it. */
function Rests({ plan }) {
  if (!plan.drivers.length && !plan.similar.length) return null;
  return html`<details class="numbers"><summary>${words.rests(plan.plan_id)}</summary>
    ${plan.booked.length > 0 && html`<h3>${words.booked}</h3><${Table} caption=${words.booked} columns=${driverColumns} rows=${plan.booked} />`}
    ${plan.drivers.length > 0 && html`<h3>${words.drivers}</h3><${Table} caption=${words.drivers} columns=${driverColumns} rows=${plan.drivers} />`}
    ${plan.similar.length > 0 && html`<h3>${texts.campaign.similar}</h3><ul>${plan.similar.map((row) => html`<li key=${row.campaign_id}><${Link} href=${campaignAddress(row.campaign_id)}>${row.campaign_id}<//></li>`)}</ul>`}</details>`;
}
