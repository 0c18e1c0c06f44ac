/** One signal: its effect, the campaigns for it and against it, what it cannot be told apart from, and its history. */

import { html, useState } from "../vendor/preact-htm.js";
import { useData } from "../api.js";
import { Strip } from "../charts/lifts.js";
import { dayNumber, DriftPicture } from "../charts/time.js";
import { capital, count, day, lift, liftRange, moment, probability, signalLabel, tone } from "../format.js";
import { Badge, Choice, Heading, loaded, Picture, Table } from "../parts.js";
import { campaignAddress, Link, useFilters } from "../router.js";
import { texts } from "../texts.en.js";
import { StateBadge } from "./learnings.js";
import { Share } from "./share.js";
import { changesOf } from "./works.js";

const words = texts.signal;
const METRICS = ["roas", "cpa", "ctr", "cvr", "cpm", "aov"];
const WINDOW = 50;
const lasting = (row) => Math.exp(row.residual);

/** The screen. */
export function Signal({ id }) {
  const [filters, change] = useFilters();
  const answer = useData(`/v1/effects/${encodeURIComponent(id)}/evidence`, { metric: filters.metric, goal: filters.goal });
  return html`<p class="back"><${Link} href="/works">${texts.screens.works}<//></p>
    <${Heading} title=${signalLabel(id)} />
    ${loaded(answer, (evidence) => html`<${Evidence} evidence=${evidence} change=${change} />`, { lines: 10 })}`;
}

/** @param {{evidence: Answer<`/v1/effects/${string}/evidence`>, change: any}} props */
function Evidence({ evidence, change }) {
  const { effect, metric } = evidence;
  const dots = ["supporting", "contradicting", "neither"].flatMap((part) => evidence[part].map((row) => ({ ...row, part })));
  const sides = words.stripNote(...(evidence.sides ?? [evidence.supporting.length, evidence.contradicting.length]));
  return html`
    <div class="filters"><${Choice} label=${texts.works.metric} value=${metric} options=${METRICS.map((name) => [name, texts.metricLong[name]])} onChange=${(value) => change({ metric: value })} /></div>
    ${effect ? html`<${Verdict} effect=${effect} metric=${metric} />` : html`<p class="message">${words.noEffect(texts.metric[metric])}</p>`}
    ${evidence.next_cursor && html`<p class="note">${texts.works.capped(count(dots.length))}</p>`}
    <p class="faint">${texts.asOf(moment(evidence.as_of))}${evidence.pending ? ` · ${texts.waiting(evidence.pending)}` : ""}</p>
    ${dots.length > 0 && html`<${Picture} title=${words.strip(texts.metric[metric])} note=${sides} rows=${dots} columns=${columnsOf(metric)} legend=${words.legend}
      description=${sides}>
      <${Strip} dots=${dots.map((row) => ({ id: row.campaign_id, lift: lasting(row), tone: row.part === "neither" ? "unsure" : tone(metric, lasting(row), true) }))} />
    <//>`}
    <${Drift} dots=${dots} effect=${effect} metric=${metric} />
    ${dots.length >= 5 && html`<${Campaigns} title=${words.for} rows=${evidence.supporting} metric=${metric} /><${Campaigns} title=${words.against} rows=${evidence.contradicting} metric=${metric} none=${words.noneAgainst} />`}
    ${evidence.held?.length > 0 && html`<section><h2>${words.held}</h2><ul>${evidence.held.map((id) => html`<li key=${id}><${Link} href=${campaignAddress(id)}>${id}<//></li>`)}</ul></section>`}
    <${History} signal=${evidence.signal} metric=${metric} />`;
}

const PARTS = 8;
const FEWEST = 3;
const Z90 = 1.645;

/** Means of neighbours in time, each of about as many campaigns, with what noise leaves of them. */
function means(dots) {
  const number = Math.min(PARTS, Math.floor(dots.length / FEWEST));
  return Array.from({ length: number }, (_, at) => dots.slice(Math.floor((at * dots.length) / number), Math.floor(((at + 1) * dots.length) / number))).map((rows) => {
    const weights = rows.map((row) => 1 / row.sd ** 2);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const mean = rows.reduce((sum, row, at) => sum + weights[at] * row.residual, 0) / total;
    const half = Z90 / Math.sqrt(total);
    return { day: rows.reduce((sum, row) => sum + dayNumber(row.day), 0) / rows.length, from: rows[0].day, to: rows.at(-1).day, n: rows.length, lift: Math.exp(mean), low: Math.exp(mean - half), high: Math.exp(mean + half) };
  });
}

/** Whether it is as it was: campaigns in the order of their days, and the mean of neighbours. */
function Drift({ dots, effect, metric }) {
  const ordered = [...dots].sort((a, b) => a.day.localeCompare(b.day));
  const line = means(ordered);
  if (line.length < 2 || !effect?.interval || ordered[0].day === ordered.at(-1).day) return null;
  const columns = [
    { name: "days", title: words.columns.days, text: (row) => texts.change.between(day(row.from), day(row.to)) },
    { name: "mean", title: words.columns.difference(texts.metric[metric]), figure: true, text: (row) => lift(row.lift) },
    { name: "interval", title: texts.interval, figure: true, text: (row) => liftRange([row.low, row.high]) },
    { name: "n", title: texts.screens.campaigns, figure: true, text: (row) => count(row.n) },
  ];
  const points = ordered.map((row) => ({ id: row.campaign_id, day: dayNumber(row.day), lift: lasting(row), tone: row.part === "neither" ? "unsure" : tone(metric, lasting(row), true) }));
  return html`<${Picture} title=${words.drift} rows=${line} columns=${columns} least=${2} legend=${words.driftLegend}
    description=${line.map((row) => `${day(row.from)}: ${lift(row.lift)}`).join("; ")}><${DriftPicture} dots=${points} line=${line} interval=${effect.interval} /><//>`;
}

function Verdict({ effect, metric }) {
  if (!effect.identified) return html`<p class="message"><${Badge} tone="unsure">${words.verdict.unsure}<//> ${capital(effect.reason)}.</p><p>${words.rests(count(effect.real_campaigns), count(effect.rows))} ${words.raw(lift(effect.raw_lift))}</p>`;
  const kind = tone(metric, effect.effect, effect.finding);
  return html`<p class="message"><${Badge} tone=${kind}>${words.verdict[kind]}<//> ${words.sentence(texts.metric[metric], lift(effect.effect), liftRange(effect.interval))}</p>
    <p>${words.rests(count(effect.real_campaigns), count(effect.rows))} ${words.raw(lift(effect.raw_lift))} ${words.direction(probability(effect.probability))}</p>
    ${changesOf(effect).map((text) => html`<p key=${text}>${capital(text)}.</p>`)}
    <p class="note">${capital(effect.reason)}.</p>`;
}

const columnsOf = (metric) => [
  { name: "campaign", title: words.columns.campaign, text: (row) => row.campaign_id, cell: (row) => html`<${Link} href=${campaignAddress(row.campaign_id)}>${row.campaign_id}<//>` },
  { name: "difference", title: words.columns.difference(texts.metric[metric]), figure: true, text: (row) => lift(lasting(row)) },
  { name: "interval", title: texts.interval, figure: true, text: (row) => liftRange([Math.exp(row.residual - Z90 * row.sd), Math.exp(row.residual + Z90 * row.sd)]) },
  { name: "speaks", title: words.columns.speaks, text: (row) => words.part[row.part] ?? "" },
];

function Campaigns({ title, rows, metric, none }) {
  const [most, show] = useState(WINDOW);
  if (!rows.length) return none ? html`<section><h2>${title}</h2><p>${none}</p></section>` : null;
  return html`<section><h2>${title}</h2><${Table} caption=${title} columns=${columnsOf(metric).slice(0, 3)} rows=${rows.slice(0, most)} keyOf=${(row) => row.campaign_id} />
    ${rows.length > most && html`<button type="button" onClick=${() => show(most + WINDOW)}>${texts.more(rows.length - most)}</button>`}</section>`;
}

/** The learnings of this signal and metric: state, history, where it differs, what people said. */
function History({ signal, metric }) {
  const answer = useData("/v1/learnings", { signal, metric, limit: 20 });
  const mine = answer.data?.items.find((row) => row.signal_key === signal && !row.context);
  const detail = useData(mine ? `/v1/learnings/${mine.id}` : null);
  if (!mine) return null;
  return html`<section><h2>${words.learning}</h2>
    <p><${StateBadge} state=${mine.state} direction=${mine.direction} /> ${capital(mine.text)}. ${capital(mine.reason)}.</p>
    ${mine.segments.length > 1 && html`<h3>${words.where}</h3><${Table} caption=${words.where} columns=${segments} rows=${mine.segments} />`}
    ${detail.data?.history.length > 1 && html`<h3>${words.history}</h3><${Table} caption=${words.history} columns=${history} rows=${detail.data.history} />`}
    ${detail.data?.reviews.length > 0 && html`<h3>${words.reviews}</h3><ul>${detail.data.reviews.map((review, at) => html`<li key=${at}>${[review.verdict, review.note, review.author].filter(Boolean).join(" · ")}</li>`)}</ul>`}
    <${Share} what=${{ learning_id: mine.id }} />
  </section>`;
}

const segments = [
  { name: "context", title: words.columns.where, text: (row) => capital(row.label ?? signalLabel(row.context)) },
  { name: "effect", title: texts.works.columns.effect, figure: true, text: (row) => lift(row.effect) },
  { name: "interval", title: texts.interval, figure: true, text: (row) => liftRange(row.interval) },
];
const history = [
  { name: "day", title: words.columns.recorded, text: (row) => day(row.recorded_at) },
  { name: "state", title: texts.learnings.columns.state, tight: true, text: (row) => texts.learnings.state[row.state] ?? row.state },
  { name: "effect", title: texts.works.columns.effect, figure: true, text: (row) => lift(row.effect) },
  { name: "interval", title: texts.interval, figure: true, text: (row) => liftRange(row.interval) },
  { name: "reason", title: texts.works.columns.reason, text: (row) => row.reason },
];
