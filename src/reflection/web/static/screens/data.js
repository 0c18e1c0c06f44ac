/** Data: is it read right? Drop a file, see what it says, import it, take it back; what was imported before. */

import { html, useRef, useState } from "../vendor/preact-htm.js";
import { erase, follow, post, useData } from "../api.js";
import { DailyPicture, dayNumber } from "../charts/time.js";
import { count, day, figure, moment, money, number } from "../format.js";
import { Action, Badge, Choice, Empty, Heading, loaded, Picture, plain, ProblemBox, Table } from "../parts.js";
import { Link } from "../router.js";
import { texts } from "../texts.en.js";
import { Alerts } from "./alerts.js";
import { Events } from "./events.js";
import { Experiments } from "./experiments.js";
import { Mapping } from "./mapping.js";
import { Health, Keys, Workspaces } from "./server.js";

const words = texts.data;
const TONES = { error: "bad", warning: "bad", info: "unsure" };
const STATES = { done: "good", running: "unsure", undoing: "unsure", undone: "plain" };

/** The screen. */
export function Data() {
  const list = useData("/v1/imports", { limit: 50 });
  return html`<${Heading} title=${texts.screens.data} />
    <${Wizard} changed=${list.reload} />
    <section><h2>${words.imports}</h2>${loaded(list, (answer) => html`<${Imports} items=${answer.items} changed=${list.reload} />`)}</section>
    <${DailySpend} /><${Events} /><${Experiments} /><${Alerts} /><${Workspaces} /><${Keys} />
    <${Health} />`;
}

/** One upload: the files and how they are to be read, as the server takes them. */
function formOf({ files, plan, fields }, dryRun) {
  const form = new FormData();
  for (const file of files) form.append("files", file);
  if (plan) form.append("plan", plan);
  for (const [name, value] of Object.entries(fields)) if (value) form.append(name, value);
  if (dryRun) form.append("dry_run", "true");
  return form;
}

const send = (upload, dryRun) => post("/v1/imports", formOf(upload, dryRun));
const EMPTY = { files: [], plan: null, fields: { group_by: "campaign" } };

/** Steps: drop, look at the verdict, import, and what came of it. */
function Wizard({ changed }) {
  const [upload, setUpload] = useState(EMPTY);
  const [state, setState] = useState({ step: "drop" });
  const read = async (next) => {
    setUpload(next);
    if (!next.files.length) return setState({ step: "drop" });
    setState({ step: "reading" });
    try {
      setState({ step: "verdict", verdict: await send(next, true) });
    } catch (problem) {
      setState({ step: "refused", problem });
    }
    return undefined;
  };
  const again = () => read(EMPTY);
  const change = (fields) => read({ ...upload, fields: { ...upload.fields, ...fields } });
  const load = async () => {
    const begun = await send(upload, false);
    setState({ step: "importing", answer: begun });
    await follow(`/v1/imports/${begun.import_id}/events`, (name, data) => setState({ step: name === "done" ? "done" : "importing", answer: data }));
    changed();
  };
  return html`<section class="card" aria-live="polite">
    <${Drop} upload=${upload} read=${read} busy=${state.step === "reading"} />
    ${state.step === "refused" && html`<${ProblemBox} problem=${plainly(state.problem)} />${state.problem.mapping && html`<${Mapping} suggestion=${state.problem.mapping} read=${change} />`}<${Options} upload=${upload} change=${change} read=${read} open=${!state.problem.mapping} />`}
    ${state.step === "verdict" && html`<${Verdict} verdict=${state.verdict} upload=${upload} change=${change} read=${read} /><p class="buttons">
      <${Action} tone="strong" run=${load}>${words.load(state.verdict.campaigns.length)}<//><button type="button" onClick=${again}>${words.another}</button></p>`}
    ${state.step === "importing" && html`<${Progress} answer=${state.answer} />`}
    ${state.step === "done" && html`<${Outcome} answer=${state.answer} /><p class="buttons"><${Link} href="/" class="button strong">${words.look}<//>
      <${Undo} item=${state.answer} changed=${() => { again(); changed(); }} /><button type="button" onClick=${again}>${words.another}</button></p>`}
  </section>`;
}

function Drop({ upload, read, busy }) {
  const [over, setOver] = useState(false);
  const input = useRef(null);
  const take = (files) => files.length && read({ ...EMPTY, files: [...files] });
  const dropped = (event) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files);
  };
  return html`<div class=${over ? "drop over" : "drop"} onDragOver=${(event) => { event.preventDefault(); setOver(true); }} onDragLeave=${() => setOver(false)} onDrop=${dropped}>
    <h2>${words.drop}</h2><p>${words.dropText}</p>
    <label class="field"><span>${words.choose}</span><input ref=${input} type="file" multiple onChange=${(event) => take(event.target.files)} /></label>
    ${busy && html`<p role="status">${words.reading(upload.files.map((file) => file.name).join(", "))}</p>`}
  </div>`;
}

function Verdict({ verdict, upload, change, read }) {
  const facts = [
    [words.facts.recognised, verdict.recognised_by],
    [words.facts.period, verdict.period ? texts.change.between(day(verdict.period[0]), day(verdict.period[1])) : texts.none],
    [words.facts.rows, count(verdict.rows)],
    [texts.metric.spend, money(verdict.totals.spend, verdict.currency)],
    [texts.metric.conversions, `${figure("conversions", verdict.totals.conversions)}${verdict.conversions ? ` (${verdict.conversions})` : ""}`],
    [texts.metric.revenue, verdict.totals.revenue === null ? words.facts.noRevenue : money(verdict.totals.revenue, verdict.currency)],
    [texts.screens.campaigns, words.facts.named(verdict.campaigns.length, verdict.campaigns.slice(0, 5).join(", "))],
  ];
  return html`<h2>${words.verdict(verdict.name)}</h2>
    <dl class="facts">${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    <${Findings} findings=${verdict.findings} />
    ${verdict.headers?.length > 0 && html`<details class="numbers"><summary>${texts.mapping.title}</summary><${Mapping} suggestion=${verdict} read=${change} title=${false} /></details>`}
    <${Options} upload=${upload} change=${change} read=${read} />`;
}

/** What a file does not say itself; also where it was refused for it. */
function Options({ upload, change, read, open }) {
  const { fields } = upload;
  const text = (name, more) => html`<label class="field"><span>${words[name]}</span><input defaultValue=${fields[name] ?? ""} maxlength="200" onChange=${(event) => change({ [name]: event.target.value })} ...${more} /></label>`;
  const choice = (name, options) => html`<${Choice} label=${words[name]} value=${fields[name] ?? ""} options=${Object.entries(options)} onChange=${(value) => change({ [name]: value })} />`;
  return html`<details class="numbers" open=${open}><summary>${words.options}</summary><div class="filters">
      ${choice("group_by", words.groups)}${choice("date_order", words.orders)}${choice("locale", words.locales)}${choice("platform", words.platforms)}
      ${text("campaign")}${text("currency", { maxlength: 3, size: 4 })}${text("conversions")}${text("timezone")}
      <label class="field"><span>${words.as_of}</span><input type="date" defaultValue=${fields.as_of ?? ""} onChange=${(event) => change({ as_of: event.target.value })} /></label>
      ${text("plan_mapping", { maxlength: 100000 })}<label class="field"><span>${words.plan}</span><input type="file" onChange=${(event) => read({ ...upload, plan: event.target.files[0] ?? null })} /></label>
    </div></details>`;
}

const plainly = (problem) => ({ ...problem, detail: plain(problem.detail), hint: problem.mapping ? "" : plain(problem.hint) });

function Findings({ findings }) {
  if (!findings?.length) return html`<p>${words.clean}</p>`;
  const order = { error: 0, warning: 1, info: 2 };
  const sorted = [...findings].sort((a, b) => order[a.severity] - order[b.severity]);
  return html`<ul class="matters">${sorted.map((finding, at) => html`<li key=${at}><${Badge} tone=${TONES[finding.severity]}>${words.severity[finding.severity]}<//><span>${plain(finding.message)}</span></li>`)}</ul>`;
}

const Progress = ({ answer }) => html`<p role="status">${words.progress(answer.progress?.done ?? 0, answer.progress?.total ?? 0)}</p>
  <progress value=${answer.progress?.done ?? 0} max=${answer.progress?.total || 1} aria-label=${words.progressLabel}></progress>`;

function Outcome({ answer }) {
  const several = Object.entries(answer.outcome).filter(([, number]) => number);
  const changed = several.some(([name]) => name !== "unchanged");
  const parts = several.map(([name, number]) => words.outcome[name]?.(number) ?? `${number} ${name}`);
  return html`<h2>${words.done}</h2><p class="message">${changed ? `${parts.join(", ")}.` : words.nothing}</p>
    ${answer.refused?.length > 0 && html`<ul>${answer.refused.slice(0, 20).map((row) => html`<li key=${row.campaign_id}>${row.campaign_id}: ${row.reason}</li>`)}</ul>`}`;
}

/** Take an import back: asked twice, then followed to its end. */
function Undo({ item, changed }) {
  const [sure, ask] = useState(false);
  const undo = async () => {
    await erase(`/v1/imports/${item.import_id}`);
    await follow(`/v1/imports/${item.import_id}/events`, () => {});
    ask(false);
    changed();
  };
  if (!["done", "running"].includes(item.state)) return null;
  if (!sure) return html`<button type="button" onClick=${() => ask(true)}>${words.undo}</button>`;
  return html`<span class="action"><${Action} tone="strong" run=${undo}>${words.undoSure}<//><button type="button" class="plain" onClick=${() => ask(false)}>${words.keep}</button></span>`;
}

/** What was spent a day, of files by the day: what nobody reported is a gap, not a zero. */
function DailySpend() {
  const answer = useData("/v1/days");
  return (answer.data?.items ?? []).map((item) => {
    const gaps = item.gaps.map(([first, last]) => (first === last ? day(first) : texts.change.between(day(first), day(last))));
    const restated = item.days.filter((row) => row.restated).length;
    const columns = [
      { name: "day", title: texts.events.day, text: (row) => day(row.day) },
      { name: "spend", title: texts.metric.spend, figure: true, text: (row) => money(row.spend, item.currency) },
      { name: "campaigns", title: texts.screens.campaigns, figure: true, text: (row) => count(row.campaigns) },
      { name: "restated", title: words.restated, text: (row) => (row.restated ? words.yes : "") },
    ];
    const days = item.days.map((row) => ({ ...row, day: dayNumber(row.day) }));
    return html`<${Picture} key=${`${item.platform} ${item.currency}`} title=${words.daily(item.platform, item.currency)} rows=${item.days} columns=${columns} legend=${words.dailyLegend}
      note=${[gaps.length > 0 && words.gaps(gaps.slice(0, 5).join(", "), gaps.length - 5), restated > 0 && words.restatedDays(restated)].filter(Boolean).join(" ")}
      description=${words.dailyDescription(item.days.length, gaps.length, restated)}>
      <${DailyPicture} days=${days} gaps=${item.gaps.map((pair) => pair.map(dayNumber))} label=${(value) => number(value, 0)} /><//>`;
  });
}

/** @param {{items: Answer<"/v1/imports">["items"], changed: any}} props */
function Imports({ items, changed }) {
  if (!items.length) return html`<${Empty} title=${words.none} text=${words.noneText} />`;
  const columns = [
    { name: "name", title: words.columns.file, text: (row) => row.name },
    { name: "when", title: words.columns.when, text: (row) => moment(row.created_at) },
    { name: "period", title: words.columns.period, text: (row) => (row.period ? texts.change.between(day(row.period[0]), day(row.period[1])) : texts.none) },
    { name: "campaigns", title: texts.screens.campaigns, figure: true, text: (row) => count(row.campaigns.length) },
    { name: "rows", title: words.facts.rows, figure: true, text: (row) => count(row.rows) },
    { name: "state", title: words.columns.state, text: (row) => words.state[row.state] ?? row.state, cell: (row) => html`<${Badge} tone=${STATES[row.state]}>${words.state[row.state] ?? row.state}<//>` },
    { name: "undo", title: words.columns.undo, text: () => "", cell: (row) => html`<${Undo} item=${row} changed=${changed} />` },
  ];
  return html`<${Table} caption=${words.imports} columns=${columns} rows=${items} keyOf=${(row) => row.import_id} />`;
}
