/** One campaign: as planned, and why? The engine's five lines first, then figures, reasons, evidence. */

import { html } from "../vendor/preact-htm.js";
import { post, save, useData } from "../api.js";
import { Dumbbell } from "../charts/lifts.js";
import { Waterfall } from "../charts/amounts.js";
import { capital, degradedParts, figure, moment, number, range, share, signed } from "../format.js";
import { Action, Badge, Heading, loaded, Picture, Table } from "../parts.js";
import { campaignAddress, Link } from "../router.js";
import { texts } from "../texts.en.js";
import { Followed } from "./record.js";
import { Share } from "./share.js";

const words = texts.campaign;
const ORDER = ["cpa", "roas", "ctr", "cvr", "cpm", "cpc", "aov"];
const COUNTS = ["impressions", "clicks", "conversions", "spend", "revenue"];
export const FORMATS = ["html", "pdf", "md", "json"];

/** The screen. */
export function Campaign({ id }) {
  const answer = useData(campaignPath(id));
  return html`<p class="back"><${Link} href="/campaigns">${texts.screens.campaigns}<//></p>
    ${loaded(answer, (analysis) => html`<${Analysis} id=${id} analysis=${analysis} reload=${answer.reload} />`, { lines: 14, name: id })}`;
}

const campaignPath = (id) => `/v1/campaigns/${encodeURIComponent(id)}`;

function toneOf(delta) {
  if (!delta.beyond_noise) return "unsure";
  return delta.favorable ? "good" : "bad";
}

function reading(delta) {
  if (delta.actual === null || delta.expected === null) return texts.verdict.none;
  if (delta.beyond_noise === null) return texts.verdict.unknown;
  if (!delta.beyond_noise) return texts.verdict.noise;
  return delta.favorable ? texts.verdict.better : texts.verdict.worse;
}

/** @param {{id: string, analysis: Answer<`/v1/campaigns/${string}`>, reload: any}} props */
function Analysis({ id, analysis, reload }) {
  const { comparison_report: comparison, insights } = analysis;
  const rows = ORDER.map((metric) => ({ metric, ...comparison.deltas[`${metric}_diff`] })).filter((row) => row.actual !== null && row.actual !== undefined);
  const reference = texts.basis[comparison.basis] ?? comparison.basis;
  const held = comparison.verdict === "held";
  return html`<${Heading} title=${comparison.campaign_name || id} />
    ${comparison.campaign_name && comparison.campaign_name !== id && html`<p class="faint id">${id}</p>`}
    <${Lines} insights=${insights} />
    ${held && html`<${Held} id=${id} reload=${reload} />`}
    ${held ? html`<${Suspect} rows=${rows} currency=${comparison.currency} />` : html`<${Explained} analysis=${analysis} rows=${rows} reference=${reference} />`}
    <${Advice} id=${id} /><${Similar} analysis=${analysis} />
    <${Evidence} insights=${insights} />
    <${Reports} id=${id} analysis=${analysis} />`;
}

/** Figures that look wrong are shown, and nothing is concluded from them. */
function Suspect({ rows, currency }) {
  const columns = [
    { name: "metric", title: words.columns.metric, text: (row) => texts.metric[row.metric] },
    { name: "actual", title: words.columns.actual, figure: true, text: (row) => figure(row.metric, row.actual, currency) },
  ];
  return html`<section><h2>${words.figures}</h2><${Table} caption=${words.figures} columns=${columns} rows=${rows} /></section>`;
}

/** @param {{analysis: Answer<`/v1/campaigns/${string}`>, rows: any, reference: any}} props */
function Explained({ analysis, rows, reference }) {
  const comparison = analysis.comparison_report;
  return html`${comparison.basis !== "forecast" && comparison.basis !== "no-forecast" && html`<p class="note">${words.noForecast(reference.toLowerCase())}</p>`}<div class="tiles">${rows.slice(0, 4).map((row) => html`<${Tile} key=${row.metric} row=${row} currency=${comparison.currency} reference=${reference} />`)}</div>
    <${Against} rows=${rows} comparison=${comparison} reference=${reference} />
    ${comparison.drivers.map((division) => html`<${Drivers} key=${division.kpi} division=${division} currency=${comparison.currency} reference=${reference} />`)}
    <${Taught} analysis=${analysis} />`;
}

/** The verdict in five lines, as the engine says it. */
function Lines({ insights }) {
  const lines = insights.summary ?? [];
  if (!lines.length) return html`<p class="message">${insights.narrative_summary}</p>`;
  return html`<dl class="lines">${lines.map((line) => html`<div key=${line.question}><dt>${line.label}</dt><dd>${line.text}</dd></div>`)}</dl>`;
}

function Tile({ row, currency, reference }) {
  return html`<section class="tile ${toneOf(row)}">
    <h2>${texts.metricLong[row.metric]}</h2>
    <p class="value">${figure(row.metric, row.actual, currency)}</p>
    ${row.interval && html`<p class="small">${texts.interval} ${range(row.metric, row.interval, currency)}</p>`}
    ${row.expected !== null && html`<p class="small">${words.against(reference, figure(row.metric, row.expected, currency))}</p>`}
    <p><${Badge} tone=${toneOf(row)}>${reading(row)}<//></p>
  </section>`;
}

const per = (value) => (value === null ? null : signed(value / 100 + 1));

function Against({ rows, comparison, reference }) {
  const { currency } = comparison;
  const compared = rows.filter((row) => row.expected);
  const columns = [
    { name: "metric", title: words.columns.metric, text: (row) => texts.metric[row.metric] },
    { name: "expected", title: reference, figure: true, text: (row) => figure(row.metric, row.expected, currency) },
    { name: "actual", title: words.columns.actual, figure: true, text: (row) => figure(row.metric, row.actual, currency) },
    { name: "interval", title: texts.interval, figure: true, text: (row) => range(row.metric, row.interval, currency) },
    { name: "change", title: words.columns.change, figure: true, text: (row) => per(row.pct_diff) ?? texts.none },
    { name: "reading", title: words.columns.reading, text: reading },
  ];
  const points = compared.map((row) => ({ name: texts.metric[row.metric], lift: row.actual / row.expected, low: row.interval && row.interval[0] / row.expected, high: row.interval && row.interval[1] / row.expected, tone: toneOf(row) }));
  const missing = ORDER.map((metric) => [metric, comparison.deltas[`${metric}_diff`]]).filter(([, delta]) => delta?.reason && delta.actual === null);
  if (!compared.length) {
    return html`<section><h2>${words.figures}</h2><p>${words.nothingCompared}</p><${Table} caption=${words.figures} columns=${columns.filter((column) => !["expected", "change"].includes(column.name))} rows=${rows} /></section>`;
  }
  return html`<${Picture} title=${words.dumbbell(reference.toLowerCase())} columns=${columns} rows=${compared} legend=${words.dumbbellLegend(reference.toLowerCase())}
      description=${compared.map((row) => words.point(texts.metric[row.metric], per(row.pct_diff), reading(row))).join("; ")}>
      <${Dumbbell} rows=${points} reference=${reference} />
    <//>
    ${missing.length > 0 && html`<p class="note">${missing.map(([metric, delta]) => `${texts.metric[metric]}: ${delta.reason}`).filter((text, at, all) => all.indexOf(text) === at).join(". ")}.</p>`}
    <${Counts} comparison=${comparison} reference=${reference} />`;
}

function Counts({ comparison, reference }) {
  if (!comparison.actual_counts) return null;
  const rows = COUNTS.map((name) => ({ name, expected: comparison.expected_counts?.[name], actual: comparison.actual_counts[name] }));
  const columns = [
    { name: "name", title: words.columns.count, text: (row) => texts.metric[row.name] },
    { name: "expected", title: reference, figure: true, text: (row) => figure(row.name, row.expected, comparison.currency) },
    { name: "actual", title: words.columns.actual, figure: true, text: (row) => figure(row.name, row.actual, comparison.currency) },
  ];
  return html`<details class="numbers"><summary>${words.counts}</summary><${Table} caption=${words.counts} columns=${columns} rows=${rows} /></details>`;
}

function Drivers({ division, currency, reference }) {
  const { kpi, drivers } = division;
  const name = texts.metric[kpi];
  const of = (driver) => (driver.beyond_noise ? ((driver.contribution > 0) === (kpi === "roas") ? "good" : "bad") : "unsure");
  const part = (value) => (value > 0 ? "+" : "") + figure(kpi, value, currency);
  const columns = [
    { name: "factor", title: words.columns.factor, text: (row) => texts.metric[row.factor] ?? row.factor },
    { name: "expected", title: reference, figure: true, text: (row) => figure(row.factor, row.expected, currency) },
    { name: "actual", title: words.columns.actual, figure: true, text: (row) => figure(row.factor, row.actual, currency) },
    { name: "part", title: words.columns.part(name), figure: true, text: (row) => part(row.contribution) },
    { name: "interval", title: texts.interval, figure: true, text: (row) => (row.interval ? texts.change.between(part(row.interval[0]), part(row.interval[1])) : texts.none) },
    { name: "reading", title: words.columns.reading, text: (row) => (row.beyond_noise ? words.beyond : texts.verdict.noise) },
  ];
  const steps = drivers.map((row) => ({ name: texts.metric[row.factor] ?? row.factor, part: row.contribution, low: row.interval?.[0], high: row.interval?.[1], tone: of(row) }));
  return html`${division.note && html`<p class="note">${division.note}</p>`}
    ${drivers.length > 0 && html`<${Picture} title=${words.waterfall(name, figure(kpi, division.expected, currency), figure(kpi, division.actual, currency))} note=${words.accounting} columns=${columns} rows=${drivers} least=${3}
      legend=${words.waterfallLegend} description=${drivers.map((row) => `${texts.metric[row.factor]} ${part(row.contribution)}`).join(", ")}>
      <${Waterfall} start=${{ name: reference, value: division.expected }} end=${{ name: words.columns.actual, value: division.actual }} steps=${steps} label=${(value) => number(value)} />
    <//>`}`;
}

/** @param {{analysis: Answer<`/v1/campaigns/${string}`>}} props */
function Taught({ analysis }) {
  const { pattern_report: found } = analysis;
  const findings = found.pattern_report ?? [];
  return html`<section><h2>${words.taught}</h2>
    ${findings.length === 0 ? html`<p>${capital(found.reason ?? words.taughtNothing)}.</p>` : html`<ul class="findings">${findings.slice(0, 8).map((finding) => html`<li key=${finding.finding_id}>${capital(finding.description)}</li>`)}</ul>`}
    ${findings.length > 0 && found.reason && html`<p class="note">${capital(found.reason)}.</p>`}
    <p class="faint">${texts.asOf(moment(analysis.known_as_of ?? analysis.as_of))}${analysis.pending ? ` · ${texts.waiting(analysis.pending)}` : ""}</p></section>`;
}

/** What came of the advice that this campaign followed. */
function Advice({ id }) {
  const record = useData("/v1/track-record");
  return html`<${Followed} title=${words.advice} rows=${(record.data?.advice.recent ?? []).filter((row) => row.campaign_id === id)} />`;
}

/** @param {{analysis: Answer<`/v1/campaigns/${string}`>}} props */
function Similar({ analysis }) {
  const columns = [
    { name: "campaign", title: words.columns.campaign, text: (row) => row.campaign_id, cell: (row) => html`<${Link} href=${campaignAddress(row.campaign_id)}>${row.campaign_id}<//>` },
    { name: "score", title: words.columns.likeness, figure: true, text: (row) => share(row.score) },
    { name: "outcome", title: words.columns.outcome, text: (row) => capital(row.metadata?.outcome?.verdict ?? "") },
    { name: "why", title: words.columns.why, text: (row) => (row.metadata?.why ?? []).join("; ") },
  ];
  if (!analysis.similar_campaigns.length) return null;
  return html`<section><h2>${words.similar}</h2><${Table} caption=${words.similar} columns=${columns} rows=${analysis.similar_campaigns} keyOf=${(row) => row.campaign_id} /></section>`;
}

function Evidence({ insights }) {
  const sections = ["key_learnings", "recommendations", "anomalies"].filter((name) => insights[name]?.length);
  if (!sections.length) return null;
  return html`<details class="numbers"><summary>${words.everything}</summary>${sections.map((name) => html`<section key=${name}><h3>${words.sections[name]}</h3><ul>${insights[name].map((text, at) => html`<li key=${at}>${text}</li>`)}</ul></section>`)}</details>`;
}

/** The way out for a campaign that is held: somebody says that its figures are right. */
function Held({ id, reload }) {
  const accept = async () => {
    await post(`${campaignPath(id)}/accept`);
    reload();
  };
  return html`<p><${Badge} tone="bad">${texts.state.held}<//> <${Action} tone="strong" run=${accept}>${words.accept}<//></p>`;
}

/** @param {{id: string, analysis: Answer<`/v1/campaigns/${string}`>}} props */
function Reports({ id, analysis }) {
  const degraded = (analysis.stored_memory?.degraded ?? []).filter((part) => part !== "vectors-follow");
  return html`<section><h2>${words.report}</h2><p class="buttons">${FORMATS.map((kind) => html`<${Action} key=${kind} run=${() => save(`${campaignPath(id)}/report`, { format: kind }, `${id}.${kind}`)}>${words.formats[kind]}<//>`)}</p>
    <${Share} what=${{ campaign_id: id }} />
    ${degraded.length > 0 && html`<p class="note">${words.degraded(degradedParts(degraded))}</p>`}
    ${analysis.notes?.length > 0 && html`<ul class="note">${analysis.notes.map((note, at) => html`<li key=${at}>${note}</li>`)}</ul>`}</section>`;
}
