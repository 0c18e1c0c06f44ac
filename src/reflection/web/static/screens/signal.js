/** One signal: its effect, the campaigns for it and against it, what it cannot be told apart from, and its history. */

import { html, useState } from "../vendor/preact-htm.js";
import { useData } from "../api.js";
import { Strip } from "../charts/lifts.js";
import { capital, count, day, lift, liftRange, moment, probability, signalLabel, tone } from "../format.js";
import { Badge, Choice, Heading, Loaded, Picture, Table } from "../parts.js";
import { campaignAddress, Link, useFilters } from "../router.js";
import { texts } from "../texts.en.js";
import { StateBadge } from "./learnings.js";
import { Share } from "./share.js";

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
    <${Loaded} answer=${answer} lines=${10}>${(evidence) => html`<${Evidence} evidence=${evidence} change=${change} />`}<//>`;
}

function Evidence({ evidence, change }) {
  const { effect, metric } = evidence;
  const dots = ["supporting", "contradicting", "neither"].flatMap((part) => evidence[part].map((row) => ({ ...row, part })));
  const others = { for: evidence.supporting.length, against: evidence.contradicting.length, neither: evidence.neither.length };
  return html`
    <div class="filters"><${Choice} label=${texts.works.metric} value=${metric} options=${METRICS.map((name) => [name, texts.metricLong[name]])} onChange=${(value) => change({ metric: value })} /></div>
    ${effect ? html`<${Verdict} effect=${effect} metric=${metric} />` : html`<p class="message">${words.noEffect(texts.metric[metric])}</p>`}
    <p class="faint">${texts.asOf(moment(evidence.as_of))}${evidence.pending ? ` · ${texts.waiting(evidence.pending)}` : ""}</p>
    <${Picture} title=${words.strip(texts.metric[metric])} note=${words.stripNote(others)} rows=${dots} columns=${columnsOf(metric)} legend=${words.legend}
      description=${words.stripDescription(others)}>
      <${Strip} dots=${dots.map((row) => ({ id: row.campaign_id, lift: lasting(row), tone: row.part === "neither" ? "unsure" : tone(metric, lasting(row), true) }))} />
    <//>
    ${dots.length >= 5 && html`<${Campaigns} title=${words.for} rows=${evidence.supporting} metric=${metric} /><${Campaigns} title=${words.against} rows=${evidence.contradicting} metric=${metric} none=${words.noneAgainst} />`}
    ${evidence.held?.length > 0 && html`<section><h2>${words.held}</h2><ul>${evidence.held.map((id) => html`<li key=${id}><${Link} href=${campaignAddress(id)}>${id}<//></li>`)}</ul></section>`}
    <${History} signal=${evidence.signal} metric=${metric} />`;
}

function Verdict({ effect, metric }) {
  const kind = tone(metric, effect.effect, effect.finding);
  return html`<p class="message"><${Badge} tone=${kind}>${words.verdict[kind]}<//> ${words.sentence(texts.metric[metric], lift(effect.effect), liftRange(effect.interval))}</p>
    <p>${words.rests(count(effect.real_campaigns ?? effect.campaigns), count(effect.rows))} ${words.raw(lift(effect.raw_lift))} ${words.direction(probability(effect.probability))}</p>
    <p class="note">${capital(effect.reason)}.</p>`;
}

const columnsOf = (metric) => [
  { name: "campaign", title: words.columns.campaign, text: (row) => row.campaign_id, cell: (row) => html`<${Link} href=${campaignAddress(row.campaign_id)}>${row.campaign_id}<//>` },
  { name: "difference", title: words.columns.difference(texts.metric[metric]), figure: true, text: (row) => lift(lasting(row)) },
  { name: "interval", title: texts.interval, figure: true, text: (row) => liftRange([Math.exp(row.residual - 1.645 * row.sd), Math.exp(row.residual + 1.645 * row.sd)]) },
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
  { name: "context", title: words.columns.where, text: (row) => signalLabel(row.context) },
  { name: "effect", title: texts.works.columns.effect, figure: true, text: (row) => lift(row.effect) },
  { name: "interval", title: texts.interval, figure: true, text: (row) => liftRange(row.interval) },
];
const history = [
  { name: "day", title: words.columns.recorded, text: (row) => day(row.recorded_at) },
  { name: "state", title: texts.learnings.columns.state, text: (row) => texts.learnings.state[row.state] ?? row.state },
  { name: "effect", title: texts.works.columns.effect, figure: true, text: (row) => lift(row.effect) },
  { name: "interval", title: texts.interval, figure: true, text: (row) => liftRange(row.interval) },
  { name: "reason", title: texts.works.columns.reason, text: (row) => row.reason },
];
