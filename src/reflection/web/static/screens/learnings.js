/** Learnings: what is believed, in which state, since when; also as it was believed on an earlier day. */

import { html } from "../vendor/preact-htm.js";
import { usePages } from "../api.js";
import { capital, day, lift, liftRange, number } from "../format.js";
import { Badge, Choice, Empty, ProblemBox, Skeleton, Spreadsheet, Table } from "../parts.js";
import { Link, signalAddress } from "../router.js";
import { texts } from "../texts.en.js";

const words = texts.learnings;
const STATES = ["established", "emerging", "contested", "superseded", "retired"];
/** The colour is that of the direction, where it may be relied on. */
const toneOf = (state, direction) => (state === "established" ? { favorable: "good", unfavorable: "bad" }[direction] : "unsure");

/** The state of a learning, with what it means. */
export const StateBadge = ({ state, direction }) => html`<${Badge} tone=${toneOf(state, direction)} title=${words.hint[state]}>${words.state[state] ?? state}<//>`;

/** A metric nobody books by: cost per conversion says the same. */
const readable = (row) => row.metric !== "conversions_per_spend";

const columns = [
  { name: "text", title: words.columns.text, text: (row) => capital(row.text), cell: (row) => html`<${Link} href=${signalAddress(row.signal_key, row.metric)}>${capital(row.text)}<//>` },
  { name: "state", title: words.columns.state, text: (row) => words.state[row.state] ?? row.state, cell: (row) => html`<${StateBadge} state=${row.state} direction=${row.direction} />` },
  { name: "effect", title: words.columns.effect, figure: true, text: (row) => lift(row.effect) },
  { name: "interval", title: texts.interval, figure: true, text: (row) => liftRange(row.interval) },
  { name: "for", title: words.columns.supporting, figure: true, text: (row) => number(row.supporting, 0) },
  { name: "against", title: words.columns.contradicting, figure: true, text: (row) => number(row.contradicting, 0) },
  { name: "since", title: words.columns.since, tight: true, text: (row) => (row.since ? day(row.since) : texts.none) },
];

/** The list, filtered by state and day. */
export function Learnings({ filters, change }) {
  const query = { state: filters.state, as_of: filters.day ? `${filters.day}T23:59:59Z` : "", limit: 50 };
  const pages = usePages("/v1/learnings", query);
  const rows = pages.items?.filter(readable);
  return html`
    <div class="filters">
      <${Choice} label=${words.columns.state} value=${filters.state ?? ""} options=${[["", texts.all], ...STATES.map((name) => [name, words.state[name]])]} onChange=${(value) => change({ state: value })} />
      <label class="field"><span>${words.believed}</span><input type="date" value=${filters.day ?? ""} onChange=${(event) => change({ day: event.target.value })} /></label>
    </div>
    ${pages.problem && html`<${ProblemBox} problem=${pages.problem} retry=${pages.reload} />`}
    ${!rows && !pages.problem && html`<${Skeleton} />`}
    ${rows?.length === 0 && html`<${Empty} title=${words.none} text=${words.noneText} />`}
    ${rows?.length > 0 && html`<${Table} caption=${words.caption} columns=${columns} rows=${rows} keyOf=${(row) => row.id} file=${false} />`}
    ${pages.more && html`<button type="button" disabled=${pages.loading} onClick=${pages.more}>${texts.more(50)}</button>`}
    ${rows?.length > 0 && html`<${Spreadsheet} table="learnings" />`}`;
}
