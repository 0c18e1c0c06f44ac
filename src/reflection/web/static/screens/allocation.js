/** A budget spread over the plans that stand beside each other: the split, what each brings, and what it rests on. */

import { html, useRef, useState } from "../vendor/preact-htm.js";
import { post } from "../api.js";
import { CurvePicture } from "../charts/time.js";
import { amountOrText, capital, figure, moment, money, number, probability, range, share } from "../format.js";
import { Action, Badge, Choice, filledIn, Picture, Table } from "../parts.js";
import { texts } from "../texts.en.js";

const words = texts.allocation;
const CAUTION = Object.entries(words.risks);
const LIMITS = ["min", "max"];

/** The form below two plans or more; `bodies`: the plans as the server takes them. */
export function Allocation({ bodies: plans }) {
  const form = useRef(null);
  const [risk, setRisk] = useState(CAUTION[0][0]);
  const [answer, setAnswer] = useState(null);
  const spread = async () => {
    setAnswer(null);
    setAnswer({ plans, ...(await post("/v1/plans/allocate", { plans, risk: Number(risk), ...moneyOf(filledIn(form.current), plans) })) });
  };
  return html`<section aria-live="polite"><h2>${words.title}</h2><p>${words.text}</p>
    <form ref=${form} onSubmit=${(event) => event.preventDefault()}>
      <div class="filters"><${Amount} name="budget" label=${words.budget} /><${Choice} label=${words.risk} value=${risk} options=${CAUTION} onChange=${setRisk} /></div>
      <details class="numbers"><summary>${words.bounds}</summary>
        ${plans.map((plan, at) => html`<div key=${at} class="filters">${LIMITS.map((limit) => html`<${Amount} key=${limit} name=${`${limit} ${at}`} label=${words.limit[limit](plan.plan_id)} />`)}</div>`)}</details>
    </form>
    <p><${Action} run=${spread}>${words.spread}<//></p>
    ${answer && html`<${Split} answer=${answer} />`}</section>`;
}

const Amount = ({ name, label }) => html`<label class="field"><span>${label}</span><input name=${name} autocomplete="off" inputmode="decimal" maxlength="30" /></label>`;

/** The budget and the bounds that were filled in; what is no number goes as it is, for the server to refuse. */
function moneyOf(filled, plans) {
  const bounds = plans.map((plan, at) => [plan.plan_id, Object.fromEntries(LIMITS.filter((limit) => filled[`${limit} ${at}`]).map((limit) => [limit, amountOrText(filled[`${limit} ${at}`])]))]);
  return { bounds: Object.fromEntries(bounds.filter(([, limits]) => Object.keys(limits).length)), ...(filled.budget && { budget: amountOrText(filled.budget) }) };
}

/** @param {{answer: Answer<"/v1/plans/allocate", "post"> & {plans: any}}} props */
function Split({ answer }) {
  const { currency, metric, items, total, as_planned: before } = answer;
  const brings = (value) => figure(metric, value, currency);
  const within = (interval) => range(metric, interval, currency);
  const what = texts.metric[metric];
  const same = items.every((item) => Math.abs(item.amount - item.was) < answer.budget / 200);
  const columns = [
    { name: "plan", title: texts.plan.columns.plan, text: (row) => row.plan_id, cell: (row) => html`${row.plan_id}${row.extrapolated && html`<br /><${Badge}>${words.extrapolated}<//>`}` },
    { name: "amount", title: words.columns.gets, figure: true, text: (row) => money(row.amount, currency) },
    { name: "was", title: words.columns.was, figure: true, text: (row) => money(row.was, currency) },
    { name: "brings", title: words.columns.brings(what), figure: true, text: (row) => brings(row.brings) },
    { name: "interval", title: texts.interval, figure: true, text: (row) => within(row.interval) },
    { name: "next", title: words.columns.next[metric](money(1, currency)), figure: true, text: (row) => money(row.next_costs, currency) },
  ];
  return html`<section class="card"><p class="message">${words.message(money(answer.budget, currency), words.of[metric](brings(total.brings)), within(total.interval))}</p>
    <p>${same ? words.same : words.against(words.of[metric](brings(before.brings)), within(before.interval), probability(answer.p_better))}${items.some((item) => item.extrapolated) && ` ${words.guess}`}</p>
    <${Table} caption=${words.columns.gets} columns=${columns} rows=${items} keyOf=${(row) => row.plan_id} />
    <ul class="note"><li>${words.scatter}</li>${answer.leaning > 0.005 && html`<li>${words.leaning(share(answer.leaning))}</li>`}${answer.notes.map((note, at) => html`<li key=${at}>${capital(note)}</li>`)}</ul>
    <p class="faint">${answer.as_of ? texts.asOf(moment(answer.as_of)) : texts.overview.notLearnt}${answer.pending ? ` · ${texts.waiting(answer.pending)}` : ""}</p></section>
    ${items.map((item, at) => html`<${Curve} key=${item.plan_id} item=${item} platform=${answer.plans[at].platform} metric=${metric} currency=${currency} />`)}`;
}

/** What one plan brings for other amounts, where it was learnt; else why it was not. */
function Curve({ item, platform, metric, currency }) {
  const what = texts.metric[metric];
  if (!item.curve) return html`<p class="note">${words.notLearnt(item.plan_id, platform, item.elasticity.reason)}</p>`;
  const brings = (value) => figure(metric, value, currency);
  const columns = [
    { name: "amount", title: texts.plan.field.budget, figure: true, text: (row) => money(row.amount, currency) },
    { name: "brings", title: what, figure: true, text: (row) => brings(row.brings) },
    { name: "interval", title: texts.interval, figure: true, text: (row) => range(metric, [row.low, row.high], currency) },
  ];
  return html`<${Picture} title=${words.picture(item.plan_id, platform, what)} note=${words.pictureNote} rows=${item.curve} columns=${columns} legend=${words.legend}
    description=${item.curve.map((row) => `${money(row.amount, currency)}: ${brings(row.brings)}`).join("; ")}>
    <${CurvePicture} points=${item.curve} now=${item.amount} label=${(value) => number(value, value < 10 ? 1 : 0)} /><//>`;
}
