/** What works and what does not, behind the page: the worker, the memory, the writer, and what waits to be learnt. */

import { html } from "../vendor/preact-htm.js";
import { useData } from "../api.js";
import { Badge } from "../parts.js";
import { texts } from "../texts.en.js";

const words = texts.health;

/** The section. */
export function Health() {
  const answer = useData("/ready");
  const parts = answer.data?.parts;
  const problem = answer.problem;
  const degraded = parts?.degraded ?? [];
  const lag = Object.entries(parts?.learning_lag ?? {}).filter(([, waiting]) => waiting);
  return html`<section><h2>${words.title}</h2>
    ${problem && html`<p><${Badge} tone="bad">${problem.title}<//> ${problem.detail}</p>`}
    ${parts && html`<p>${degraded.length ? html`<${Badge} tone="bad">${words.degraded}<//> ${degraded.join(", ")}` : html`<${Badge} tone="good">${words.fine}<//>`}</p>
      <ul><li>${parts.worker?.running ? words.worker : words.noWorker}</li>
        <li>${words.memory(parts.memory.index)}${Object.values(parts.memory.reasons ?? {}).map((reason) => ` ${reason}`)}</li>
        <li>${words.writer(parts.writer)}</li>
        ${lag.map(([name, waiting]) => html`<li key=${name}>${name}: ${texts.waiting(waiting)}</li>`)}</ul>`}</section>`;
}
