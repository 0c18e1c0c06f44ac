/** Ask: what do we know about ...? The engine's sentences with their evidence, and what was found in the memory. */

import { html, useState } from "../vendor/preact-htm.js";
import { json, post, useData } from "../api.js";
import { Strip } from "../charts/lifts.js";
import { capital, degradedParts, figure, lift, moment, signalLabel } from "../format.js";
import { Badge, Heading, Picture, ProblemBox } from "../parts.js";
import { campaignAddress, Link, signalAddress, useFilters } from "../router.js";
import { texts } from "../texts.en.js";
import { StateBadge } from "./learnings.js";

const words = texts.ask;

/** The screen. */
export function Ask() {
  const [filters, change] = useFilters();
  const [state, setState] = useState({ busy: false });
  const ask = async (question) => {
    if (!question.trim()) return;
    change({ q: question });
    setState({ busy: true });
    try {
      const [answer, memory] = await Promise.all([post("/agent-chat", { message: question }), json("/v1/memory/search", { query: { q: question, limit: 8 } })]);
      setState({ question, answer, memory });
    } catch (problem) {
      setState({ problem });
    }
  };
  const send = (event) => {
    event.preventDefault();
    ask(new FormData(event.target).get("question"));
  };
  return html`<${Heading} title=${texts.screens.ask} /><p class="lead">${words.lead}</p>
    <form class="question" onSubmit=${send}><label class="field"><span>${words.label}</span><input name="question" type="search" maxlength="2000" required defaultValue=${filters.q ?? ""} key=${filters.q ?? ""} /></label>
      <button type="submit" class="strong" disabled=${state.busy}>${words.send}</button></form>
    ${!state.answer && html`<${Suggestions} ask=${ask} />`}
    <div aria-live="polite">${state.busy && html`<p role="status">${words.busy}</p>`}
      ${state.problem && html`<${ProblemBox} problem=${state.problem} />`}
      ${state.answer && html`<${Answer} state=${state} /><${Outcomes} items=${state.memory.items} /><${Hits} memory=${state.memory} /><${Suggestions} ask=${ask} />`}</div>`;
}

/** Three questions of the account's own signals. */
function Suggestions({ ask }) {
  const page = useData("/v1/effects", { findings_only: true, limit: 100 });
  const signals = [...new Set((page.data?.items ?? []).filter((effect) => !effect.group.includes("*")).map((effect) => effect.label ?? signalLabel(effect.signal)))].slice(0, 3);
  const questions = signals.length ? signals.map((label) => words.about(label.charAt(0).toLowerCase() + label.slice(1))) : words.always;
  return html`<section><h2>${words.try}</h2><p class="buttons">${questions.map((question) => html`<button type="button" key=${question} onClick=${() => ask(question)}>${question}</button>`)}</p></section>`;
}

function Answer({ state }) {
  const { answer } = state;
  const beside = answer.citations.filter((citation) => !answer.sentences.some((sentence) => sentence.includes(citation.text.replace(/\.$/, ""))));
  const shown = (sentence) => capital(sentence.replace(/ ?\[(\d+)\]/g, (mark, ref) => (beside.some((citation) => citation.ref === +ref) ? mark : "")));
  return html`<section class="card"><h2>${state.question}</h2>
    ${!answer.can_tell && html`<p><${Badge}>${words.cannot}<//></p>`}
    ${answer.sentences.map((sentence, at) => html`<p key=${at} class=${at ? "" : "message"}>${shown(sentence)}</p>`)}
    ${answer.campaign_id && html`<p><${Link} href=${campaignAddress(answer.campaign_id)}>${answer.campaign_id}<//></p>`}
    ${beside.length > 0 && html`<h3>${words.evidence}</h3><ol class="evidence">${beside.map((citation) => html`<li key=${citation.ref} value=${citation.ref}>${citation.text}</li>`)}</ol>`}
    <p class="faint">${answer.as_of ? texts.asOf(moment(answer.as_of)) : ""}</p></section>`;
}

/** How the campaigns that were found did against their forecasts, on the first figure that most of them have. */
function Outcomes({ items }) {
  const of = (metric) => items.map((item) => ({ id: item.id, ...item.outcome?.against_forecast?.[metric] })).filter((row) => row.actual > 0 && row.expected > 0);
  const [metric, rows] = ["roas", "cpa", "ctr"].map((name) => [name, of(name)]).sort((a, b) => b[1].length - a[1].length)[0];
  if (!rows.length) return null;
  const columns = [
    { name: "campaign", title: texts.campaign.columns.campaign, text: (row) => row.id, cell: (row) => html`<${Link} href=${campaignAddress(row.id)}>${row.id}<//>` },
    { name: "expected", title: texts.basis.forecast, figure: true, text: (row) => figure(metric, row.expected) },
    { name: "actual", title: texts.campaign.columns.actual, figure: true, text: (row) => figure(metric, row.actual) },
    { name: "change", title: texts.campaign.columns.change, figure: true, text: (row) => lift(row.actual / row.expected) },
  ];
  const dots = rows.map((row) => ({ id: row.id, lift: row.actual / row.expected, tone: !row.beyond_noise ? "unsure" : row.favorable ? "good" : "bad" }));
  return html`<${Picture} title=${words.outcomes(texts.metric[metric])} rows=${rows} columns=${columns} legend=${texts.signal.legend}
    description=${rows.map((row) => `${row.id}: ${lift(row.actual / row.expected)}`).join("; ")}><${Strip} dots=${dots} /><//>`;
}

/** Cost per conversion says the same as its inverse, which nobody books by. */
const readable = (item) => item.outcome?.metric !== "conversions_per_spend";

function Hits({ memory }) {
  return html`<section><h2>${words.hits}</h2>
    ${memory.degraded.length > 0 && html`<p class="note">${words.degraded(degradedParts(memory.degraded))}</p>`}
    ${memory.items.length === 0 && html`<p>${words.noHits}</p>`}
    <ul class="matters">${memory.items.filter(readable).map((item) => html`<li key=${item.id}>${item.kind === "learning" ? html`<${StateBadge} state=${item.outcome.state} direction=${item.outcome.direction} />` : html`<${Badge} tone="plain">${words.campaign}<//>`}
      <span>${item.kind === "learning" ? html`<${Link} href=${signalAddress(item.outcome.signal_key, item.outcome.metric)}>${capital(item.outcome.text)}<//>` : html`<${Link} href=${campaignAddress(item.id)}>${item.id}<//>${item.outcome?.verdict ? ` · ${item.outcome.verdict}` : ""}`}
        <small>${[...new Set(item.why)].join("; ")}</small></span></li>`)}</ul></section>`;
}
