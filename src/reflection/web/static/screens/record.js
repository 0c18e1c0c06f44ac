/** Track record: should I believe it? Forecasts, probabilities, findings and advice against what came. */

import { html } from "../vendor/preact-htm.js";
import { useData } from "../api.js";
import { Calibration } from "../charts/amounts.js";
import { HeldPicture } from "../charts/time.js";
import { capital, count, figure, lift, liftRange, moment, monthName, share, signalLabel } from "../format.js";
import { Choice, Empty, Heading, loaded, Picture, Spreadsheet, Table } from "../parts.js";
import { campaignAddress, Link, signalAddress, useFilters } from "../router.js";
import { texts } from "../texts.en.js";

const words = texts.record;
const OURS = "engine";
const HEADLINES = ["cpa", "roas", "ctr", "cvr", "cpm", "aov", "conversions", "revenue"];

/** The screen. */
export function Record() {
  const record = useData("/v1/track-record");
  const effects = useData("/v1/effects", { limit: 1 });
  return html`<${Heading} title=${texts.screens.record} /><p class="lead">${words.lead}</p>
    ${loaded(record, (board) => html`<${Board} board=${board} />`, { lines: 10 })}
    ${effects.data && html`<${Coverage} calibration=${effects.data.calibration} />`}`;
}

const issuerOf = (name) => (name === OURS ? words.ours : name);

/** @param {{board: Answer<"/v1/track-record">}} props */
function Board({ board }) {
  const rows = board.issuers.filter((row) => row.platform === null).sort((a, b) => a.issuer.localeCompare(b.issuer) || HEADLINES.indexOf(a.metric) - HEADLINES.indexOf(b.metric));
  return html`<p class="faint">${board.as_of ? texts.asOf(moment(board.as_of)) : ""} · ${words.campaigns(count(board.campaigns))}</p>
    <${Holding} findings=${board.findings} /><${Advice} advice=${board.advice} holdback=${board.holdback} /><${Followed} rows=${board.advice.recent} />
    ${rows.length ? html`<${Issuers} rows=${rows} />` : html`<${Empty} title=${words.none} text=${words.noneText} />`}
    ${board.over_time.length > 0 && html`<${OverTime} rows=${board.over_time} />`}
    ${board.probabilities.length > 0 && html`<${Reliabilities} claims=${board.probabilities} />`}`;
}

function Holding({ findings }) {
  return html`<section class="card"><h2>${words.findings}</h2><p class="message">${findings.n
    ? words.hold(count(findings.n), share(findings.replicated), findings.promised === null ? "" : share(findings.promised, 1))
    : `${capital(findings.reason)}.`}</p></section>`;
}

function Advice({ advice, holdback }) {
  return html`<section class="card"><h2>${words.advice}</h2>
    <p>${advice.n ? words.followed(count(advice.n), lift(advice.predicted_lift), lift(advice.measured_lift), advice.measured_interval ? liftRange(advice.measured_interval) : "") : ""} ${capital(advice.reason ?? "")}.</p>
    <p>${holdback.evaluable ? words.holdback(texts.metric[holdback.metric] ?? holdback.metric, lift(holdback.lift), liftRange(holdback.interval)) : `${words.noHoldback} ${holdback.reason}.`}</p></section>`;
}

/** What came of advice that was followed, campaign by campaign; other screens show their own campaign's. */
export function Followed({ rows, title = words.outcomes }) {
  if (!rows.length) return null;
  const columns = [
    { name: "advice", title: words.columns.advice, text: (row) => `${words.verb[row.lane] ?? row.lane} ${signalLabel(row.signal)}`, cell: (row) => html`${words.verb[row.lane] ?? row.lane} <${Link} href=${signalAddress(row.signal, row.metric)}>${signalLabel(row.signal)}<//>` },
    { name: "campaign", title: texts.campaign.columns.campaign, text: (row) => row.campaign_id, cell: (row) => html`<${Link} href=${campaignAddress(row.campaign_id)}>${row.campaign_id}<//>` },
    { name: "metric", title: words.columns.metric, text: (row) => texts.metric[row.metric] ?? row.metric },
    { name: "predicted", title: words.columns.predicted, figure: true, text: (row) => lift(row.predicted) },
    { name: "measured", title: words.columns.measured, figure: true, text: (row) => lift(row.measured) },
    { name: "held", title: words.columns.inside, text: (row) => (row.held_90 === null ? texts.none : words.inside[row.held_90]) },
  ];
  return html`<section><h2>${title}</h2><p class="note">${words.outcomesNote}</p><${Table} caption=${title} columns=${columns} rows=${rows} /></section>`;
}

/** Whether the 90 % intervals of one issuer held, month by month. */
function OverTime({ rows }) {
  const [filters, change] = useFilters();
  const issuers = [...new Set(rows.map((row) => row.issuer))].sort((a, b) => Number(b === OURS) - Number(a === OURS));
  const issuer = issuers.includes(filters.issuer) ? filters.issuer : issuers[0];
  const metrics = HEADLINES.filter((metric) => rows.some((row) => row.issuer === issuer && row.metric === metric));
  const metric = metrics.includes(filters.metric) ? filters.metric : metrics[0];
  const months = rows.filter((row) => row.issuer === issuer && row.metric === metric).map((row) => ({ ...row, band: band(row.held / row.n, row.n) }));
  if (!months.length) return null;
  const columns = [
    { name: "month", title: texts.overview.columns.month, text: (row) => monthName(row.month) },
    { name: "held", title: words.columns.held, figure: true, text: (row) => words.of(row.held, row.n) },
    { name: "share", title: words.columns.share, figure: true, text: (row) => share(row.held / row.n) },
    { name: "band", title: words.columns.chance, figure: true, text: (row) => texts.change.between(share(row.band[0]), share(row.band[1])) },
  ];
  const drawn = months.map((row) => ({ name: monthName(row.month, true), share: row.held / row.n, low: row.band[0], high: row.band[1] }));
  return html`<div class="filters">${issuers.length > 1 && html`<${Choice} label=${words.columns.issuer} value=${issuer} options=${issuers.map((name) => [name, issuerOf(name)])} onChange=${(value) => change({ issuer: value })} />`}
      <${Choice} label=${words.columns.metric} value=${metric} options=${metrics.map((name) => [name, texts.metric[name]])} onChange=${(value) => change({ metric: value })} /></div>
    <${Picture} title=${words.overTime(issuerOf(issuer), texts.metric[metric])} note=${words.overTimeNote} rows=${months} columns=${columns} legend=${words.overTimeLegend}
      description=${months.map((row) => `${monthName(row.month)}: ${words.of(row.held, row.n)}`).join("; ")}><${HeldPicture} rows=${drawn} goal=${0.9} /><//>`;
}

function Issuers({ rows }) {
  const columns = [
    { name: "issuer", title: words.columns.issuer, text: (row) => issuerOf(row.issuer) },
    { name: "metric", title: words.columns.metric, text: (row) => texts.metric[row.metric] ?? row.metric },
    { name: "n", title: words.columns.forecasts, figure: true, text: (row) => count(row.n) },
    { name: "bias", title: words.columns.bias, figure: true, text: (row) => (row.bias === null ? texts.none : lift(Math.exp(row.bias))) },
    { name: "miss", title: words.columns.miss, figure: true, text: (row) => (row.mae_log === null ? texts.none : share(Math.expm1(row.mae_log))) },
    { name: "inside", title: words.columns.inside, figure: true, text: (row) => (row.coverage["90"] === null ? words.noInterval : share(row.coverage["90"])) },
    { name: "skill", title: words.columns.skill, figure: true, text: (row) => (figure("roas", row.crps_skill)) },
  ];
  return html`<section><h2>${words.issuers}</h2><p class="note">${words.issuersNote}</p><${Table} caption=${words.issuers} columns=${columns} rows=${rows} file=${false} /><${Spreadsheet} table="scores" /></section>`;
}

/** The band that chance makes of a share of so many: Wilson's interval at 90 %. */
function band(share_, n) {
  const z = 1.6449;
  const middle = (share_ + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share_ * (1 - share_)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/** Whether the 90 % intervals of each metric hold campaigns that were left out of the fit. */
function Coverage({ calibration }) {
  const rows = Object.entries(calibration ?? {}).filter(([, check]) => check).map(([metric, check]) => ({ metric, ...check, band: band(check.coverage_90, check.campaigns) }));
  if (!rows.length) return html`<section><h2>${words.coverage}</h2><p>${words.noCoverage}</p></section>`;
  const columns = [
    { name: "metric", title: words.columns.metric, text: (row) => texts.metric[row.metric] ?? row.metric },
    { name: "share", title: words.columns.held, figure: true, text: (row) => share(row.coverage_90) },
    { name: "band", title: words.columns.chance, figure: true, text: (row) => texts.change.between(share(row.band[0]), share(row.band[1])) },
    { name: "campaigns", title: texts.screens.campaigns, figure: true, text: (row) => count(row.campaigns) },
  ];
  return html`<section><h2>${words.coverage}</h2><p class="note">${words.coverageNote}</p><${Table} caption=${words.coverage} columns=${columns} rows=${rows} /></section>`;
}

const titleOf = (claim) => words.reliability(issuerOf(claim.issuer), words.claim[claim.claim] ?? claim.claim, texts.metric[claim.metric] ?? claim.metric);

/** Odds against what happened, one claim at a time. */
function Reliabilities({ claims }) {
  const [filters, change] = useFilters();
  const ordered = [...claims].sort((a, b) => HEADLINES.indexOf(a.metric) - HEADLINES.indexOf(b.metric));
  const chosen = ordered.find((claim) => titleOf(claim) === filters.odds) ?? ordered[0];
  return html`${ordered.length > 1 && html`<div class="filters"><${Choice} label=${words.odds} value=${titleOf(chosen)} options=${ordered.map((claim) => [titleOf(claim), titleOf(claim)])} onChange=${(value) => change({ odds: value })} /></div>`}<${Reliability} claim=${chosen} />`;
}

function Reliability({ claim }) {
  const columns = [
    { name: "said", title: words.columns.said, figure: true, text: (bin) => share(bin.stated) },
    { name: "came", title: words.columns.came, figure: true, text: (bin) => share(bin.happened) },
    { name: "interval", title: texts.interval, figure: true, text: (bin) => texts.change.between(share(bin.interval[0]), share(bin.interval[1])) },
    { name: "n", title: words.columns.times, figure: true, text: (bin) => count(bin.n) },
  ];
  const title = titleOf(claim);
  const dots = claim.bins.map((bin) => ({ name: bin.low, stated: bin.stated, happened: bin.happened, low: bin.interval[0], high: bin.interval[1], n: bin.n }));
  return html`<${Picture} title=${title} rows=${claim.bins} columns=${columns} legend=${words.legend} description=${claim.bins.map((bin) => `${share(bin.stated)}: ${share(bin.happened)} (${bin.n})`).join("; ")}><${Calibration} dots=${dots} /><//>`;
}
