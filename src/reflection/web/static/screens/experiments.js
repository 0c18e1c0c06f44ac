/** Experiments: randomised tests, ordered from the engine's own proposal, read back, and taken back. */

import { html } from "../vendor/preact-htm.js";
import { erase, post, useData } from "../api.js";
import { count, day, lift, liftRange } from "../format.js";
import { Action, Badge, loaded, Table } from "../parts.js";
import { texts } from "../texts.en.js";

const words = texts.experiments;
const TONES = { learnt: "good", held: "bad", waiting: "unsure", ordered: "plain" };

/** The section. */
export function Experiments() {
  const answer = useData("/v1/experiments", { limit: 100 });
  const order = async () => {
    await post("/v1/experiments/next");
    answer.reload();
  };
  return html`<section><h2>${words.title}</h2><p class="note">${words.text}</p>
    <p><${Action} run=${order}>${words.order}<//></p>
    ${loaded(answer, (page) => page.items.length > 0 && html`<${Listed} items=${page.items} changed=${answer.reload} />`, { lines: 2 })}</section>`;
}

/** What one says so far: each arm against the other, or what ads added. */
function saysOf(row) {
  const compared = row.comparisons.map((one) => words.compared(one.arm, one.against, texts.metric[one.metric] ?? one.metric, lift(one.lift), liftRange(one.always_valid ?? one.interval)));
  const studied = row.studies.map((one) => words.studied(one.arm, count(one.incremental), one.interval ? texts.change.between(count(one.interval[0]), count(one.interval[1])) : texts.none));
  return [...compared, ...studied].join(" ") || words.nothing(count(row.events_needed));
}

/** @param {{items: Answer<"/v1/experiments">["items"], changed: any}} props */
function Listed({ items, changed }) {
  const remove = (row) => async () => {
    await erase(`/v1/experiments/${encodeURIComponent(row.experiment_id)}`);
    changed();
  };
  const columns = [
    { name: "name", title: words.columns.name, text: (row) => row.name },
    { name: "arms", title: words.columns.arms, text: (row) => row.arms.map((arm) => arm.name).join(" / ") },
    { name: "days", title: words.columns.days, text: (row) => (row.start ? texts.change.between(day(row.start), row.end ? day(row.end) : texts.none) : texts.none) },
    { name: "state", title: words.columns.state, text: (row) => words.state[row.state] ?? row.state, cell: (row) => html`<${Badge} tone=${TONES[row.state]}>${words.state[row.state] ?? row.state}<//>${row.reason && html`<br /><small>${row.reason}</small>`}` },
    { name: "says", title: words.columns.says, text: (row) => `${saysOf(row)}${row.settled ? ` ${words.settled}` : ""}` },
    { name: "remove", title: texts.events.remove, text: () => "", cell: (row) => html`<${Action} run=${remove(row)}>${texts.events.remove}<//>` },
  ];
  return html`<${Table} caption=${words.title} columns=${columns} rows=${items} keyOf=${(row) => row.experiment_id} />`;
}
