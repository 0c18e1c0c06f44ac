/** Where the running month ends, by platform and by campaign; nothing where no file reaches into it. */

import { html, useState } from "../vendor/preact-htm.js";
import { useData } from "../api.js";
import { count, day, figure, monthName, range, share } from "../format.js";
import { loaded, Table } from "../parts.js";
import { texts } from "../texts.en.js";

const words = texts.pacing;
const FIRST = 5;
const METRICS = ["spend", "conversions"];

/** The section. */
export function Pacing() {
  const answer = useData("/v1/pacing");
  return loaded(answer, (month) => (runs(month) ? html`<${Month} month=${month} />` : null), { lines: 0 });
}

/** Whether the month of the newest file is the one that runs now, with days to come. */
const runs = (month) => month.days_left > 0 && month.period_end >= new Date().toISOString().slice(0, 10);

/** @param {{month: Answer<"/v1/pacing">}} props */
function Month({ month }) {
  const [most, show] = useState(FIRST);
  const accounts = month.items.filter((item) => item.kind === "account");
  const campaigns = month.items.filter((item) => item.kind === "campaign");
  const left = campaigns.length - most;
  return html`<section><h2>${words.title(monthName(month.period_start.slice(0, 7)))}</h2>
    <ul>${accounts.map((item) => html`<li key=${[item.platform, item.currency]}><strong>${item.platform}</strong>: ${METRICS.map((metric) => sentence(item, metric, month)).join(" ")}</li>`)}</ul>
    ${campaigns.length > 0 && html`<${Table} caption=${words.caption} columns=${columns} rows=${campaigns.slice(0, most)} />`}
    ${left > 0 && html`<p><button type="button" onClick=${() => show(most + 20)}>${texts.more(Math.min(20, left))}</button></p>`}
    <p class="note">${[held(month), words.note].filter(Boolean).join(" ")}</p></section>`;
}

/** Spend is written as money, conversions as a whole number. */
const written = (item, metric, value) => (metric === "spend" ? figure("spend", value, item.currency) : count(value));
const between = (item, metric) => (item[metric].interval ? range(metric, item[metric].interval, item.currency) : texts.none);

/** One amount of an account, so far and at the end. */
function sentence(item, metric, month) {
  const { so_far, projected, reason } = item[metric];
  if (so_far === null) return words.cannot(texts.metric[metric], reason);
  const end = projected === null ? words.open(reason) : words.ends(written(item, metric, projected), day(month.period_end), between(item, metric));
  return `${words.soFar[metric](written(item, metric, so_far), day(month.day))} ${end}`;
}

/** The end of one amount with its interval, or why it cannot be told. */
const endOf = (row, metric) => (row[metric].projected === null ? [words.untold, row[metric].reason] : [written(row, metric, row[metric].projected), words.interval(between(row, metric))]);

const columns = [
  { name: "campaign", title: words.columns.campaign, text: (row) => row.campaign, cell: (row) => html`${row.campaign}<br /><small class="faint">${row.platform}</small>` },
  ...METRICS.flatMap((metric) => [
    { name: `${metric} so far`, title: words.columns.soFar(texts.metric[metric]), figure: true, text: (row) => written(row, metric, row[metric].so_far) },
    { name: metric, title: words.columns.end(texts.metric[metric]), text: (row) => endOf(row, metric).join(", "), cell: (row) => html`${endOf(row, metric)[0]}<br /><small>${endOf(row, metric)[1]}</small>` },
  ]),
];

/** How often such intervals held in the past. */
function held(month) {
  const said = METRICS.filter((metric) => month.coverage[metric]?.forecasts > 0).map((metric) => words.held(texts.metric[metric], share(month.coverage[metric].coverage_90), count(month.coverage[metric].forecasts)));
  return said.length > 0 && `${words.past} ${said.join(", ")}.`;
}
