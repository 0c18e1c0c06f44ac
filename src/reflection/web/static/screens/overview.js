/** Overview: what needs me? The engine's list first, then how things went, then what would settle most. */

import { html, useRef, useState } from "../vendor/preact-htm.js";
import { save, useData } from "../api.js";
import { Months } from "../charts/amounts.js";
import { count, day, figure, moment, money, monthName, number, range } from "../format.js";
import { Action, Badge, filledIn, Heading, loaded, Picture, plain } from "../parts.js";
import { Link } from "../router.js";
import { texts } from "../texts.en.js";
import { CampaignTable } from "./campaigns.js";
import { Pacing } from "./pacing.js";
import { FORMATS } from "./campaign.js";
import { openSample } from "./server.js";
import { NextTest } from "./works.js";

const words = texts.overview;
const FIRST = 6;
const LAST_CAMPAIGNS = 5;
/** @type {Record<string, string>} */
const TONES = { "held-campaign": "bad", "interval-coverage": "bad" };

/** The screen. */
export function Overview() {
  const campaigns = useData("/v1/campaigns", { limit: LAST_CAMPAIGNS });
  return html`<${Heading} title=${texts.screens.overview} />
    ${loaded(campaigns, (page) => (page.items.length ? html`<${InUse} page=${page} />` : html`<${Start} />`), { lines: 12 })}`;
}

/** Nothing is here yet: three ways to begin. */
function Start() {
  return html`<p class="lead">${words.start.lead}</p><div class="cards">
    <section class="card"><h2>${words.start.drop}</h2><p>${words.start.dropText}</p><p><${Link} href="/data" class="button strong">${words.start.dropDo}<//></p></section>
    <section class="card"><h2>${words.start.sample}</h2><p>${words.start.sampleText}</p><p><${Action} run=${openSample}>${words.start.sampleDo}<//></p></section>
    <section class="card"><h2>${words.start.api}</h2><p>${words.start.apiText}</p><p><a class="button" href="/docs">${words.start.apiDo}</a></p></section>
  </div>`;
}

/** @param {{page: Answer<"/v1/campaigns">}} props */
function InUse({ page }) {
  return html`<${Attention} />
    <${Pacing} />
    <${Period} />
    ${page.items.length < LAST_CAMPAIGNS && html`<${KnownAlready} />`}
    <${NextTest} />
    <section><h2>${words.last}</h2><${CampaignTable} caption=${words.last} rows=${page.items} /><p><${Link} href="/campaigns">${words.allCampaigns}<//></p></section>
    <${PeriodReport} newest=${page.items[0].timestamp.slice(0, 10)} />`;
}

/** The report on a period, to be handed on; at first the month of the newest campaign. */
function PeriodReport({ newest }) {
  const form = useRef(null);
  const days = [["start", texts.campaigns.since, `${newest.slice(0, 8)}01`], ["end", texts.campaigns.until, newest]];
  const load = (format) => async () => {
    const { start, end } = filledIn(form.current);
    await save("/v1/portfolio/report", { start, end, format }, `${start} ${end}.${format}`);
  };
  return html`<section class="card"><h2>${words.report}</h2>
    <form class="filters" ref=${form} onSubmit=${(event) => event.preventDefault()}>${days.map(([name, title, value]) => html`<label key=${name} class="field"><span>${title}</span><input type="date" name=${name} defaultValue=${value} /></label>`)}</form>
    <p class="buttons">${FORMATS.map((format) => html`<${Action} key=${format} run=${load(format)}>${texts.campaign.formats[format]}<//>`)}</p></section>`;
}

function Attention() {
  const [most, show] = useState(FIRST);
  const answer = useData("/v1/attention", { limit: most });
  return html`<section aria-labelledby="attention">${loaded(answer, (list) => html`
    <h2 id="attention" class="message">${words.attention(list.total)}</h2>
    <p class="faint">${list.as_of ? texts.asOf(moment(list.as_of)) : words.notLearnt}${list.pending ? ` · ${texts.waiting(list.pending)}` : ""}</p>
    ${list.items.length > 0 && html`<ul class="matters">${list.items.map((item) => html`<li key=${item.id}>
      <${Badge} tone=${item.favorable === true ? "good" : item.favorable === false ? "bad" : TONES[item.kind]}>${item.favorable ? words.beaten : words.kind[item.kind] ?? item.kind}<//>
      <span><${Link} href=${item.link}>${item.name || words.open}<//><br />${plain(item.text)}</span>
    </li>`)}</ul>`}
    ${list.total > list.items.length && html`<button type="button" onClick=${() => show(most + 20)}>${texts.more(Math.min(20, list.total - list.items.length))}</button>`}`, { lines: 5 })}</section>`;
}

/** Months of the currency and kind that most was spent on; the others are said beside it. */
function Period() {
  const answer = useData("/v1/months");
  return loaded(answer, (months) => {
    const first = months.items[0];
    if (!first) return null;
    const mine = months.items.filter((row) => row.currency === first.currency && row.kind === first.kind);
    const others = new Set(months.items.filter((row) => !mine.includes(row)).map((row) => [row.currency, row.kind].filter(Boolean).join(" ")));
    return html`<${Totals} months=${mine} />
      ${others.size > 0 && html`<p class="note">${words.apart([...others].join(", "))}</p>`}
      ${months.held > 0 && html`<p class="note">${words.heldOut(months.held)}</p>`}
      <${MonthPicture} months=${mine} />`;
  }, { lines: 4 });
}

const sum = (rows, name) => (rows.some((row) => row[name] !== null) ? rows.reduce((total, row) => total + (row[name] ?? 0), 0) : null);

/** @param {{months: Answer<"/v1/months">["items"]}} props */
function Totals({ months }) {
  const last = months.at(-1);
  const tile = (title, value, note) => html`<section class="tile"><h2>${title}</h2><p class="value">${value}</p>${note && html`<p class="small">${note}</p>`}</section>`;
  const since = words.since(monthName(months[0].month));
  return html`<div class="tiles">
    ${tile(texts.screens.campaigns, count(sum(months, "campaigns")), since)}
    ${tile(texts.metric.spend, money(sum(months, "spend"), last.currency), since)}
    ${tile(last.kind ? words.conversions(last.kind) : texts.metric.conversions, figure("conversions", sum(months, "conversions")), since)}
    ${tile(words.cpaOf(monthName(last.month)), figure("cpa", last.cpa, last.currency), last.interval && `${texts.interval} ${range("cpa", last.interval, last.currency)}`)}
  </div>`;
}

/** @param {{months: Answer<"/v1/months">["items"]}} props */
function MonthPicture({ months }) {
  const { currency } = months[0];
  const events = useData("/v1/events", { since: `${months[0].month}-01`, limit: 100 });
  const marks = (events.data?.items ?? []).map((event) => ({ at: months.findIndex((row) => event.day.startsWith(row.month)), text: `${day(event.day)}: ${event.text}` })).filter((mark) => mark.at >= 0);
  const columns = [
    { name: "month", title: words.columns.month, text: (row) => monthName(row.month) },
    { name: "campaigns", title: texts.screens.campaigns, figure: true, text: (row) => count(row.campaigns) },
    { name: "spend", title: texts.metric.spend, figure: true, text: (row) => money(row.spend, currency) },
    { name: "conversions", title: texts.metric.conversions, figure: true, text: (row) => figure("conversions", row.conversions) },
    { name: "cpa", title: texts.metric.cpa, figure: true, text: (row) => figure("cpa", row.cpa, currency) },
    { name: "interval", title: texts.interval, figure: true, text: (row) => range("cpa", row.interval, currency) },
  ];
  const rows = months.map((row) => ({ name: monthName(row.month, true), spend: row.spend, cpa: row.cpa, low: row.interval?.[0] ?? null, high: row.interval?.[1] ?? null }));
  const short = (value) => number(value, value < 10 ? 1 : 0);
  return html`<${Picture} title=${words.picture} rows=${months} columns=${columns} legend=${words.legend} table="months"
    description=${months.map((row) => `${monthName(row.month)}: ${money(row.spend, currency)}, ${texts.metric.cpa} ${figure("cpa", row.cpa, currency)}`).join("; ")}>
    <${Months} rows=${rows} spend=${(value) => number(value, 0)} cpa=${short} titles=${{ cpa: words.axis(texts.metric.cpa, currency), spend: words.axis(texts.metric.spend, currency) }} events=${marks} />
  <//>
  ${marks.length > 0 && html`<p class="note">${words.marks} ${marks.map((mark) => mark.text).join("; ")}.</p>`}`;
}

/** Under five campaigns: what is known already, in the engine's sentences. */
function KnownAlready() {
  const answer = useData("/v1/insights", { limit: 5 });
  if (!answer.data?.items.length) return null;
  return html`<section><h2>${words.already}</h2><ul class="findings">${answer.data.items.map((item) => html`<li key=${item.id}>${item.content}</li>`)}</ul></section>`;
}
