/** A file of nobody's: which column holds what, from the server's own suggestion, to be mended and tried. */

import { html } from "../vendor/preact-htm.js";
import { texts } from "../texts.en.js";

const words = texts.mapping;
const FIELDS = ["date", "campaign", "impressions", "clicks", "spend", "conversions", "revenue"];

/** The mapping a refusal suggests in its hint, or null. */
export function suggested(problem) {
  const found = /\{.*\}/s.exec(problem.hint ?? "");
  if (!found) return null;
  try {
    const mapping = JSON.parse(found[0]);
    return mapping.columns ? mapping : null;
  } catch {
    return null;
  }
}

/** The form. */
export function Mapping({ suggestion, read }) {
  const names = [...new Set([...FIELDS, ...Object.keys(suggestion.columns)])];
  const send = (event) => {
    event.preventDefault();
    const given = Object.fromEntries([...new FormData(event.target)].filter(([, value]) => value.trim()));
    const { platform, ...columns } = given;
    read({ mapping: JSON.stringify({ ...suggestion, platform: platform ?? "", columns }) });
  };
  return html`<form onSubmit=${send}><h2>${words.title}</h2><p>${words.text}</p>
    <div class="filters"><label class="field"><span>${words.platform}</span><input name="platform" required defaultValue=${suggestion.platform} /></label>
      ${names.map((name) => html`<label class="field" key=${name}><span>${words.field[name] ?? name}</span><input name=${name} defaultValue=${suggestion.columns[name] ?? ""} /></label>`)}</div>
    <button type="submit" class="strong">${words.send}</button></form>`;
}
