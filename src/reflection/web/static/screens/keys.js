/** Keys, for whoever runs the server: which there are, a new one (shown once), and the end of one. */

import { html, useState } from "../vendor/preact-htm.js";
import { json, post, session, useData } from "../api.js";
import { day } from "../format.js";
import { Action, Loaded, Table } from "../parts.js";
import { texts } from "../texts.en.js";

const words = texts.keys;

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
  return html`<section><h2>${words.title}</h2>
    <details class="numbers"><summary>${words.make}</summary><p class="note">${words.text}</p><form class="filters" onSubmit=${(event) => event.preventDefault()}>
      <label class="field"><span>${words.name}</span><input value=${asked.name} maxlength="100" onInput=${(event) => ask({ ...asked, name: event.target.value })} /></label>
      <label class="field"><span>${words.scope}</span><select value=${asked.scope} onChange=${(event) => ask({ ...asked, scope: event.target.value })}>${Object.entries(words.scopes).map(([name, text]) => html`<option key=${name} value=${name} selected=${name === asked.scope}>${text}</option>`)}</select></label>
      <${Action} run=${make}>${words.make}<//></form></details>
    ${made && html`<p role="status">${words.made} <code class="secret">${made.key}</code></p>`}
    <${Loaded} answer=${answer} lines=${2}>${(page) => page.items.length > 0 && html`<${Listed} items=${page.items} changed=${answer.reload} />`}<//></section>`;
}

function Listed({ items, changed }) {
  const revoke = (row) => async () => {
    await json(`/v1/keys/${encodeURIComponent(row.key_id)}`, { method: "DELETE" });
    changed();
  };
  const columns = [
    { name: "name", title: words.columns.name, text: (row) => row.name || row.key_id },
    { name: "workspace", title: words.columns.workspace, text: (row) => row.workspace },
    { name: "scope", title: words.columns.scope, text: (row) => words.scopes[row.scope] ?? row.scope },
    { name: "made", title: words.columns.made, tight: true, text: (row) => day(row.created_at) },
    { name: "state", title: words.columns.state, text: (row) => (row.revoked_at ? words.revoked : words.open), cell: (row) => (row.revoked_at ? words.revoked : html`<${Action} run=${revoke(row)}>${words.revoke}<//>`) },
  ];
  return html`<${Table} caption=${words.title} columns=${columns} rows=${items} keyOf=${(row) => row.key_id} />`;
}
