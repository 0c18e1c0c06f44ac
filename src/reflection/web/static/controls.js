/** How a file is to be read: a control for each field of an upload, and findings in the words of these controls. */

import { html } from "./vendor/preact-htm.js";
import { texts } from "./texts.en.js";

const words = texts.controls;
const CHOICES = {
  group_by: ["campaign", "month"],
  platform: Object.keys(words.platforms),
  locale: Object.keys(words.locales),
  date_order: Object.keys(words.orders),
};
const NAMES = { group_by: words.groups, platform: words.platforms, locale: words.locales, date_order: words.orders };
const TYPES = { as_of: "date", conversion_window: "number" };
const PLACEHOLDER = /^[A-Z]+(?:\.csv)?$/;
const CODE = /^[A-Z]{3}$/;

/** A sentence of the server with the names of the page's controls in place of the fields of its interface. */
export function spoken(text) {
  return text.replace(/`(\w+)(?:=([^`]+))?`/g, (whole, field, value) => {
    if (!words.field[field]) return whole;
    const said = value && (CODE.test(value) || !PLACEHOLDER.test(value)) ? `: ${NAMES[field]?.[value] ?? value}` : "";
    return `“${words.field[field]}${said}”`;
  });
}

/** A refusal in the same words; the mapping in its hint stands in a form of its own. */
export const spokenProblem = (problem) => ({
  ...problem,
  detail: spoken(problem.detail ?? ""),
  errors: [],
  hint: spoken((problem.hint ?? "").replace(/ The headers say: \{.*\}/s, "")),
});

/** The controls; `change` is given the fields that changed, `plan` the chosen plan file. */
export function Controls({ fields, change, plan, open }) {
  const control = (name) => {
    const props = { name, onChange: (event) => change({ [name]: event.target.value }) };
    if (!CHOICES[name]) return html`<input ...${props} type=${TYPES[name] ?? "text"} maxlength="200" defaultValue=${fields[name] ?? ""} />`;
    const empty = name === "group_by" ? [] : [""];
    return html`<select ...${props}>${[...empty, ...CHOICES[name]].map((choice) => html`<option key=${choice} value=${choice} selected=${choice === (fields[name] ?? "")}>${NAMES[name][choice] ?? words.itself}</option>`)}</select>`;
  };
  return html`<details class="numbers" open=${open}><summary>${words.title}</summary><div class="filters">
    ${Object.keys(words.field).filter((name) => !["mapping", "plan"].includes(name)).map((name) => html`<label class="field" key=${name}><span>${words.field[name]}</span>${control(name)}</label>`)}
    <label class="field"><span>${words.field.plan}</span><input name="plan" type="file" onChange=${(event) => plan(event.target.files[0] ?? null)} /></label>
  </div></details>`;
}
