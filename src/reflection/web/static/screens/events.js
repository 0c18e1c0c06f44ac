/** Events beside the campaigns, written down by people: a list, a form, and each can be taken back. */

import { html } from "../vendor/preact-htm.js";
import { erase, post, useData } from "../api.js";
import { day } from "../format.js";
import { Action, filledIn, loaded, Spreadsheet, Table } from "../parts.js";
import { texts } from "../texts.en.js";

const words = texts.events;

/** The section. */
export function Events() {
  const answer = useData("/v1/events", { limit: 100 });
  const form = { current: null };
  const add = async () => {
    if (!form.current.reportValidity()) return;
    await post("/v1/events", filledIn(form.current));
    form.current.reset();
    answer.reload();
  };
  return html`<section><h2>${words.title}</h2><p class="note">${words.text}</p>
    <form class="filters" ref=${(element) => { form.current = element; }} onSubmit=${(event) => event.preventDefault()}>
      <label class="field"><span>${words.day}</span><input type="date" name="day" required /></label>
      <label class="field"><span>${words.until}</span><input type="date" name="until" /></label>
      <label class="field"><span>${words.kind}</span><select name="kind">${Object.entries(words.kinds).map(([name, text]) => html`<option key=${name} value=${name}>${text}</option>`)}</select></label>
      <label class="field"><span>${words.what}</span><input name="text" required maxlength="500" /></label>
      <${Action} run=${add}>${words.add}<//></form>
    ${loaded(answer, (page) => page.items.length > 0 && html`<${Listed} items=${page.items} changed=${answer.reload} />`, { lines: 2 })}</section>`;
}

/** @param {{items: Answer<"/v1/events">["items"], changed: any}} props */
function Listed({ items, changed }) {
  const remove = (row) => async () => {
    await erase(`/v1/events/${row.event_id}`);
    changed();
  };
  const columns = [
    { name: "text", title: words.what, text: (row) => row.text },
    { name: "day", title: words.day, text: (row) => (row.until ? texts.change.between(day(row.day), day(row.until)) : day(row.day)) },
    { name: "kind", title: words.kind, text: (row) => words.kinds[row.kind] ?? row.kind },
    { name: "scope", title: words.scope, text: (row) => (row.scope === "all" ? words.all : row.scope) },
    { name: "remove", title: words.remove, text: () => "", cell: (row) => html`<${Action} run=${remove(row)}>${words.remove}<//>` },
  ];
  return html`<${Table} caption=${words.title} columns=${columns} rows=${items} keyOf=${(row) => row.event_id} file=${false} /><${Spreadsheet} table="events" />`;
}
