/** Alerts: who is told when something happens, whether it arrived; added, tried and removed. For who runs the server. */

import { html, useRef, useState } from "../vendor/preact-htm.js";
import { erase, post, useData } from "../api.js";
import { capital, moment } from "../format.js";
import { Action, Badge, filledIn, loaded, Table } from "../parts.js";
import { texts } from "../texts.en.js";

const words = texts.alerts;
const TONES = { delivered: "good", dead: "bad", pending: "unsure" };
const KINDS = Object.keys(words.kinds);
const SHOWN = 5;

/** The section; who may not run the server is not shown it. */
export function Alerts() {
  const answer = useData("/v1/alerts");
  const form = useRef(null);
  const [made, setMade] = useState(null);
  if (answer.problem?.status === 403) return null;
  const make = async () => {
    if (!form.current.reportValidity()) return;
    setMade(await post("/v1/alerts", bodyOf(form.current)));
    form.current.reset();
    answer.reload();
  };
  return html`<section><h2>${words.title}</h2><p class="note">${words.text}</p>
    ${loaded(answer, (page) => page.items.map((alert) => html`<${Listed} key=${alert.alert_id} alert=${alert} changed=${answer.reload} />`), { lines: 2 })}
    <details class="numbers"><summary>${words.add}</summary><form ref=${form} onSubmit=${(event) => event.preventDefault()}>
      <div class="filters"><label class="field"><span>${words.address}</span><input name="address" required maxlength="2000" autocomplete="off" spellcheck="false" size="36" /></label>
        <label class="field"><span>${words.name}</span><input name="name" maxlength="100" /></label>
        <label class="field"><span>${words.report}</span><select name="report">${Object.entries(words.reports).map(([name, text]) => html`<option key=${name} value=${name}>${text}</option>`)}</select></label></div>
      <fieldset class="checks"><legend>${words.on}</legend>${KINDS.map((kind) => html`<label key=${kind} class="check"><input type="checkbox" name="on" value=${kind} defaultChecked /> ${words.kinds[kind]}</label>`)}</fieldset>
    </form><p><${Action} run=${make}>${words.add}<//></p></details>
    ${made && html`<p role="status">${words.made(made.where)}${made.secret && html` ${words.secret} <code class="secret">${made.secret}</code>`}</p>`}</section>`;
}

/** What was filled in, as the server takes it: the report in the reader's own time zone. */
function bodyOf(form) {
  const { address, name = "", report } = filledIn(form);
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const mail = address.includes("@") && !address.includes(":") ? `mailto:${address}` : address;
  return { address: mail, name, on: new FormData(form).getAll("on"), ...(report && { report: { format: report, zone: timeZone } }) };
}

const about = ({ on, report }) => [
  on.length === KINDS.length ? words.everything : on.length && words.told(on.map((kind) => words.kinds[kind] ?? kind)),
  report && words.weekly(report.format.toUpperCase(), capital(report.weekday), report.hour, report.zone),
].filter(Boolean).join(" ");

/** One receiver: what it is told of, what became of the last messages, a trial. @param {{alert: Schema<"AlertRow">, changed: any}} props */
function Listed({ alert, changed }) {
  const path = `/v1/alerts/${alert.alert_id}`;
  const log = useData(`/v1/alerts/${alert.alert_id}/deliveries`, { limit: SHOWN });
  const act = (step, then) => async () => {
    await step();
    then();
  };
  const items = log.data?.items ?? [];
  return html`<div class="card"><h3>${alert.name || alert.where}</h3>${alert.name && html`<p class="faint">${alert.where}</p>`}<p>${about(alert)}</p>
    <div aria-live="polite">${loaded(log, () => items.length ? html`<${Table} caption=${words.sent} columns=${columns} rows=${items} keyOf=${(row) => row.message_id} />` : html`<p class="note">${words.nothing}</p>`, { lines: 1 })}</div>
    <p class="buttons"><${Action} run=${act(() => post(`${path}/test`), log.reload)}>${words.test}<//>
      ${items.some((row) => row.state === "dead" && row.kind !== "test") && html`<${Action} run=${act(() => post(`${path}/deliveries/retry`), log.reload)}>${texts.problem.again}<//>`}
      <${Action} run=${act(() => erase(path), changed)}>${words.remove}<//></p></div>`;
}

const columns = [
  { name: "title", title: words.columns.title, text: (row) => row.title },
  { name: "when", title: words.columns.when, tight: true, text: (row) => moment(row.created_at) },
  { name: "state", title: words.columns.state, text: (row) => [words.state[row.state], row.reason].filter(Boolean).join(": "), cell: (row) => html`<${Badge} tone=${TONES[row.state]}>${words.state[row.state]}<//>${row.reason && html`<br /><small>${row.reason}</small>`}${row.next_at && html`<br /><small>${words.next(moment(row.next_at))}</small>`}` },
];
