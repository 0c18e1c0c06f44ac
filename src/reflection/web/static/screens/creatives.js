/** Texts: what traits of headlines and texts do, and what a text that nobody ran will probably get. */

import { html, useRef, useState } from "../vendor/preact-htm.js";
import { post, useData } from "../api.js";
import { capital, count, moment } from "../format.js";
import { Action, Badge, filledIn, loaded } from "../parts.js";
import { texts } from "../texts.en.js";

const words = texts.creatives;
const FIELDS = ["headline", "primary_text"];

/** The view: what texts teach, and a text to try. */
export function Creatives() {
  const answer = useData("/v1/creative-effects", { limit: 200 });
  return html`${loaded(answer, (page) => html`<${Effects} page=${page} />`, { lines: 8 })}<${Trial} />`;
}

/** @param {{page: Answer<"/v1/creative-effects">}} props */
function Effects({ page }) {
  const part = (finding) => page.items.filter((row) => row.finding === finding);
  const list = (rows, title, none) => html`<section><h2>${title}</h2>${rows.length ? html`<ul class="findings">${rows.map((row) => html`<li key=${row.trait + row.metric}>${row.sentence}</li>`)}</ul>` : html`<p>${none}</p>`}</section>`;
  return html`<p class="message">${part(true).length || !page.reason ? words.count(part(true).length) : `${capital(page.reason)}.`}</p>
    <p class="faint">${texts.asOf(moment(page.as_of))}${page.pending ? ` · ${texts.waiting(page.pending)}` : ""} · ${words.rests(count(page.texts), count(page.campaigns))}</p>
    ${list(part(true), texts.works.sure, texts.works.noneSure)}
    ${part(false).length > 0 && list(part(false), texts.works.unsure)}
    ${Object.values(page.scores).map((score, at) => html`<p key=${at} class="note">${score.sentence}</p>`)}`;
}

/** A text that nobody ran yet: nothing of it is stored. */
function Trial() {
  const form = useRef(null);
  const [item, set] = useState(/** @type {Schema<"CreativeView"> | null} */ (null));
  const score = async () => set((await post("/v1/creatives", { creatives: [filledIn(form.current)] }, { register: false })).items[0]);
  return html`<section class="card"><h2>${words.trial}</h2><p>${words.trialText}</p>
    <form class="question" ref=${form} onSubmit=${(event) => event.preventDefault()}>${FIELDS.map((name) => html`<label class="field" key=${name}><span>${words[name]}</span><input name=${name} autocomplete="off" maxlength="10000" /></label>`)}</form>
    <p class="buttons"><${Action} tone="strong" run=${score}>${words.score}<//></p>
    ${item && html`<div aria-live="polite"><p class="message">${item.score === null ? words.noScore : words.scored(item.score)}</p>
      ${(item.sentence ?? item.reason) && html`<p>${capital(item.sentence ?? `${item.reason}.`)}</p>`}
      ${item.traits.length > 0 && html`<p>${item.traits.map((trait) => html`<${Badge} key=${trait.trait}>${trait.label}<//> `)}</p>`}
      ${item.why.length > 0 && html`<ul class="findings">${item.why.map((row) => html`<li key=${row.trait + row.metric}>${row.sentence}</li>`)}</ul>`}</div>`}</section>`;
}
