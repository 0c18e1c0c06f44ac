/** Behind the page: workspaces and the sample account, keys for whoever runs the server, and what works or does not. */

import { html, useState } from "../vendor/preact-htm.js";
import { erase, post, session, useData } from "../api.js";
import { count, day, degradedParts, moment } from "../format.js";
import { Action, Badge, loaded, Table } from "../parts.js";
import { texts } from "../texts.en.js";

/** Open a workspace: everything of it is asked for anew. */
export function openWorkspace(name) {
  session.workspace = name;
  location.assign("/");
}

/** Load the sample account, where it is not there yet, and open it. */
export async function openSample() {
  openWorkspace((await post("/v1/samples")).workspace);
}

/** The section. */
export function Workspaces() {
  const answer = useData("/v1/workspaces");
  return html`<section><h2>${texts.workspaces.title}</h2><p class="note">${texts.workspaces.text}</p>
    ${loaded(answer, (list) => html`<${Listed} items=${list.items} />`, { lines: 3 })}</section>`;
}

/** @param {{items: Answer<"/v1/workspaces">["items"]}} props */
function Listed({ items }) {
  const mine = session.workspace || (items.length === 1 ? items[0].workspace : "default");
  const sample = items.find((row) => row.sample);
  const take = async () => {
    await erase("/v1/samples");
    openWorkspace("");
  };
  const columns = [
    { name: "name", title: texts.workspaces.columns.name, text: (row) => (row.sample ? texts.sample.name : row.workspace) },
    { name: "campaigns", title: texts.workspaces.columns.campaigns, figure: true, text: (row) => count(row.campaigns) },
    { name: "state", title: texts.workspaces.columns.state, text: (row) => [row.as_of && texts.asOf(moment(row.as_of)), row.pending && texts.waiting(row.pending)].filter(Boolean).join(" · ") || texts.overview.notLearnt },
    { name: "open", title: texts.workspaces.columns.open, text: () => "", cell: (row) => row.workspace === mine ? html`<${Badge} tone="good">${texts.workspaces.here}<//>` : html`<button type="button" onClick=${() => openWorkspace(row.workspace)}>${texts.open}</button>` },
  ];
  const other = (event) => {
    event.preventDefault();
    openWorkspace(String(new FormData(event.target).get("workspace")).trim());
  };
  return html`${items.length > 0 && html`<${Table} caption=${texts.workspaces.title} columns=${columns} rows=${items} keyOf=${(row) => row.workspace} file=${false} />`}
    <form class="filters" onSubmit=${other}><label class="field"><span>${texts.workspaces.other}</span><input name="workspace" required autocomplete="off" spellcheck="false" maxlength="63" pattern="[a-z0-9][a-z0-9_\\-]*" placeholder=${texts.workspaces.name} /></label><button type="submit">${texts.open}</button></form>
    <p>${texts.sample.text} ${sample ? html`<${Action} run=${take}>${texts.sample.remove}<//>` : html`<${Action} run=${openSample}>${texts.sample.open}<//>`}</p>`;
}

/** The section; who may not run the server is not shown it. */
export function Keys() {
  const answer = useData("/v1/keys");
  const [made, setMade] = useState(null);
  const [asked, ask] = useState({ name: "", scope: "write" });
  if (answer.problem?.status === 403) return null;
  const make = async () => {
    const key = await post("/v1/keys", asked);
    if (!session.key && key.scope !== "read") session.key = key.key;
    setMade(key);
    answer.reload();
  };
  return html`<section><h2>${texts.keys.title}</h2>
    <details class="numbers"><summary>${texts.keys.make}</summary><p class="note">${texts.keys.text}</p><form class="filters" onSubmit=${(event) => event.preventDefault()}>
      <label class="field"><span>${texts.keys.name}</span><input value=${asked.name} maxlength="100" onInput=${(event) => ask({ ...asked, name: event.target.value })} /></label>
      <label class="field"><span>${texts.keys.scope}</span><select value=${asked.scope} onChange=${(event) => ask({ ...asked, scope: event.target.value })}>${Object.entries(texts.keys.scopes).map(([name, text]) => html`<option key=${name} value=${name} selected=${name === asked.scope}>${text}</option>`)}</select></label>
      <${Action} run=${make}>${texts.keys.make}<//></form></details>
    ${made && html`<p role="status">${texts.keys.made} <code class="secret">${made.key}</code></p>`}
    ${loaded(answer, (page) => page.items.length > 0 && html`<${KeyList} items=${page.items} changed=${answer.reload} />`, { lines: 2 })}</section>`;
}

/** @param {{items: Answer<"/v1/keys">["items"], changed: any}} props */
function KeyList({ items, changed }) {
  const revoke = (row) => async () => {
    await erase(`/v1/keys/${encodeURIComponent(row.key_id)}`);
    changed();
  };
  const columns = [
    { name: "name", title: texts.keys.columns.name, text: (row) => row.name || row.key_id },
    { name: "workspace", title: texts.keys.columns.workspace, text: (row) => row.workspace },
    { name: "scope", title: texts.keys.columns.scope, text: (row) => texts.keys.scopes[row.scope] ?? row.scope },
    { name: "made", title: texts.keys.columns.made, tight: true, text: (row) => day(row.created_at) },
    { name: "state", title: texts.keys.columns.state, text: (row) => (row.revoked_at ? texts.keys.revoked : texts.keys.open), cell: (row) => (row.revoked_at ? texts.keys.revoked : html`<${Action} run=${revoke(row)}>${texts.keys.revoke}<//>`) },
  ];
  return html`<${Table} caption=${texts.keys.title} columns=${columns} rows=${items} keyOf=${(row) => row.key_id} file=${false} />`;
}

/** The section. */
export function Health() {
  const answer = useData("/ready");
  const parts = answer.data?.parts;
  const problem = answer.problem;
  const degraded = parts?.degraded ?? [];
  const lag = Object.entries(parts?.learning_lag ?? {}).filter(([, waiting]) => waiting);
  return html`<section><h2>${texts.health.title}</h2>
    ${problem && html`<p><${Badge} tone="bad">${problem.title}<//> ${problem.detail}</p>`}
    ${parts && html`<p>${degraded.length ? html`<${Badge} tone="bad">${texts.health.degraded}<//> ${degradedParts(degraded)}` : parts.worker?.running && html`<${Badge} tone="good">${texts.health.fine}<//>`}</p>
      <ul><li>${parts.worker?.running ? texts.health.worker : texts.health.noWorker}</li>
        <li>${texts.health.memory(parts.memory.index)}${Object.values(parts.memory.reasons).map((reason) => ` ${reason}`)}</li>
        <li>${texts.health.writer(parts.writer)}</li>
        ${lag.map(([name, waiting]) => html`<li key=${name}>${name}: ${texts.waiting(waiting)}</li>`)}</ul>`}</section>`;
}
