/** Which column holds what: as the server read it or suggests it, to be mended, and the file read again. */

import { html } from "../vendor/preact-htm.js";
import { capital } from "../format.js";
import { filledIn } from "../parts.js";
import { texts } from "../texts.en.js";

const words = texts.mapping;
const FIELDS = ["date", "campaign", "impressions", "clicks", "spend", "conversions", "revenue"];

/** The form; `suggestion`: {platform, columns: {field: header}, headers}. */
export function Mapping({ suggestion, read, title = true }) {
  const { platform, columns, headers } = suggestion;
  const names = [...new Set([...FIELDS, ...Object.keys(columns)])];
  const send = (event) => {
    event.preventDefault();
    const { platform: said, ...chosen } = filledIn(event.target);
    read({ mapping: JSON.stringify({ platform: said, columns: chosen }) });
  };
  const field = (name) => html`<label class="field" key=${name}><span>${words.field[name] ?? capital(name.replace(/[._]/g, " "))}</span><select name=${name}>
    <option value="">${words.absent}</option>${headers.map((header) => html`<option key=${header} value=${header} selected=${header === columns[name]}>${header}</option>`)}</select></label>`;
  return html`<form onSubmit=${send}>${title && html`<h2>${words.title}</h2>`}<p>${words.text}</p>
    <div class="filters"><label class="field"><span>${words.platform}</span><input name="platform" required defaultValue=${platform} /></label>
      ${names.map(field)}</div>
    <button type="submit" class="strong">${words.send}</button></form>`;
}
