/** The list of campaigns: the newest first, in pages, by platform, objective, state and words of the name. */

import { html } from "../vendor/preact-htm.js";
import { usePages } from "../api.js";
import { day, figure, moment, money } from "../format.js";
import { Badge, Choice, Empty, Heading, ProblemBox, Search, Skeleton, Spreadsheet, Table } from "../parts.js";
import { campaignAddress, Link, useFilters } from "../router.js";
import { texts } from "../texts.en.js";

const words = texts.campaigns;
const STATES = ["learnt", "pending", "held", "accepted"];
const PAGE = 50;
const NAMES = ["q", "platform", "objective", "state", "since", "until"];
const instant = (date, time) => date && `${date}T${time}Z`;
const TONES = { held: "bad", accepted: "unsure", learnt: "plain", pending: "unsure" };

/** A campaign's state, with what it means. */
const State = ({ state }) => html`<${Badge} tone=${TONES[state]} title=${texts.stateHint[state]}>${texts.state[state]}<//>`;

const columns = [
  { name: "name", title: words.columns.name, text: (row) => row.name, cell: (row) => html`<${Link} href=${campaignAddress(row.campaign_id)}>${row.name}<//>` },
  { name: "day", title: words.columns.day, tight: true, text: (row) => day(row.timestamp) },
  { name: "platform", title: words.columns.platform, text: (row) => row.platform },
  { name: "objective", title: words.columns.objective, text: (row) => row.objective },
  { name: "spend", title: texts.metric.spend, figure: true, text: (row) => money(row.spend, row.currency) },
  { name: "conversions", title: texts.metric.conversions, figure: true, text: (row) => figure("conversions", row.conversions) },
  { name: "cpa", title: texts.metric.cpa, figure: true, text: (row) => figure("cpa", row.cpa, row.currency) },
  { name: "roas", title: texts.metric.roas, figure: true, text: (row) => figure("roas", row.roas) },
  { name: "state", title: words.columns.state, text: (row) => texts.state[row.state], cell: (row) => html`<${State} state=${row.state} />` },
];

/** The table of campaigns, for other screens too. */
export const CampaignTable = ({ caption, rows }) => html`<${Table} caption=${caption} columns=${columns} rows=${rows} keyOf=${(row) => row.campaign_id} address=${(row) => campaignAddress(row.campaign_id)} file=${false} />`;

/** The screen. */
export function Campaigns() {
  const [filters, change] = useFilters();
  const query = { q: filters.q, platform: filters.platform, objective: filters.objective, state: filters.state, since: instant(filters.since, "00:00:00"), until: instant(filters.until, "23:59:59"), limit: PAGE };
  const pages = usePages("/v1/campaigns", query);
  const filtered = NAMES.some((name) => filters[name]);
  const date = (name) => html`<label class="field"><span>${words[name]}</span><input type="date" value=${filters[name] ?? ""} onChange=${(event) => change({ [name]: event.target.value })} /></label>`;
  return html`<${Heading} title=${texts.screens.campaigns} />
    <div class="filters">
      <${Search} label=${words.search} value=${filters.q} onChange=${(value) => change({ q: value })} />
      <${Search} label=${words.columns.platform} value=${filters.platform} onChange=${(value) => change({ platform: value })} />
      <${Search} label=${words.columns.objective} value=${filters.objective} onChange=${(value) => change({ objective: value })} />
      ${date("since")}${date("until")}
      <${Choice} label=${words.columns.state} value=${filters.state ?? ""} options=${[["", texts.all], ...STATES.map((name) => [name, texts.state[name]])]} onChange=${(value) => change({ state: value })} />
    </div>
    ${pages.problem && html`<${ProblemBox} problem=${pages.problem} retry=${pages.reload} />`}
    ${!pages.items && !pages.problem && html`<${Skeleton} lines=${12} />`}
    ${pages.items && html`<${List} pages=${pages} filtered=${filtered} change=${change} held=${filters.state === "held"} />`}`;
}

function List({ pages, filtered, change, held }) {
  const { items, page } = pages;
  if (!items.length && !filtered) {
    return html`<${Empty} title=${words.none} text=${words.noneText}><p><${Link} href="/data" class="button strong">${words.drop}<//></p><//>`;
  }
  return html`
    ${page.held > 0 && !held && html`<p class="message"><${Badge} tone="bad">${texts.state.held}<//> ${words.held(page.held)} <button type="button" class="plain" onClick=${() => change({ state: "held" })}>${words.showHeld}</button></p>`}
    <p class="faint" aria-live="polite">${words.shown(items.length, Boolean(pages.more))}${page.as_of ? ` · ${texts.asOf(moment(page.as_of))}` : ""}</p>
    ${items.length ? html`<${CampaignTable} caption=${texts.screens.campaigns} rows=${items} />` : html`<${Empty} title=${words.noMatch} />`}
    ${held && items.map((row) => row.reason && html`<p key=${row.campaign_id} class="note">${row.name}: ${row.reason}.</p>`)}
    ${pages.more && html`<button type="button" disabled=${pages.loading} onClick=${pages.more}>${texts.more(PAGE)}</button>`}
    <${Spreadsheet} table="campaigns" />`;
}
