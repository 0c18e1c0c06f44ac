/** Workspaces: which there are, which is open, and the sample account, which has one of its own. */

import { html } from "../vendor/preact-htm.js";
import { json, post, session, useData } from "../api.js";
import { count, moment } from "../format.js";
import { Action, Badge, Loaded, Table } from "../parts.js";
import { texts } from "../texts.en.js";

const words = texts.workspaces;

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
  return html`<section><h2>${words.title}</h2><p class="note">${words.text}</p>
    <${Loaded} answer=${answer} lines=${3}>${(list) => html`<${Listed} items=${list.items} />`}<//></section>`;
}

function Listed({ items }) {
  const mine = session.workspace || (items.length === 1 ? items[0].workspace : "default");
  const sample = items.find((row) => row.sample);
  const take = async () => {
    await json("/v1/samples", { method: "DELETE" });
    openWorkspace("");
  };
  const columns = [
    { name: "name", title: words.columns.name, text: (row) => (row.sample ? texts.sample.name : row.workspace) },
    { name: "campaigns", title: words.columns.campaigns, figure: true, text: (row) => count(row.campaigns) },
    { name: "state", title: words.columns.state, text: (row) => [row.as_of && texts.asOf(moment(row.as_of)), row.pending && texts.waiting(row.pending)].filter(Boolean).join(" · ") || texts.overview.notLearnt },
    { name: "open", title: words.columns.open, text: () => "", cell: (row) => row.workspace === mine ? html`<${Badge} tone="good">${words.here}<//>` : html`<button type="button" onClick=${() => openWorkspace(row.workspace)}>${texts.open}</button>` },
  ];
  const other = (event) => {
    event.preventDefault();
    openWorkspace(new FormData(event.target).get("workspace").trim());
  };
  return html`${items.length > 0 && html`<${Table} caption=${words.title} columns=${columns} rows=${items} keyOf=${(row) => row.workspace} />`}
    <form class="filters" onSubmit=${other}><label class="field"><span>${words.other}</span><input name="workspace" required autocomplete="off" spellcheck="false" maxlength="63" pattern="[a-z0-9][a-z0-9_\\-]*" placeholder=${words.name} /></label><button type="submit">${texts.open}</button></form>
    <p>${texts.sample.text} ${sample ? html`<${Action} run=${take}>${texts.sample.remove}<//>` : html`<${Action} run=${openSample}>${texts.sample.open}<//>`}</p>`;
}
