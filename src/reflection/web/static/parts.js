/** Small things every screen is made of: states of an answer, badges, tables, pictures with their numbers. */

import { html, useEffect, useId, useRef, useState } from "./vendor/preact-htm.js";
import { save, saveBlob } from "./api.js";
import { go } from "./router.js";
import { texts } from "./texts.en.js";

/** What an answer looks like before it is there: grey lines, after a moment; a screen reader hears "Loading". */
export const Skeleton = ({ lines = 6 }) => html`<div class="skeleton" role="status">
  <span class="hidden">${texts.loading}</span>${Array.from({ length: lines }, (_, at) => html`<i key=${at} />`)}
</div>`;

/** A problem as the server says it, and a way on. */
export function ProblemBox({ problem, retry }) {
  return html`<div class="problem" role="alert">
    <h2>${problem.title || texts.problem.broken}</h2>
    ${problem.detail && problem.detail !== problem.title && html`<p>${problem.detail}</p>`}
    ${problem.errors?.length > 0 &&
    html`<ul>
      ${problem.errors.map((error, at) => html`<li key=${at}>${error.field && html`<code>${error.field}</code>`} ${error.problem}</li>`)}
    </ul>`}
    ${problem.hint && html`<p>${problem.hint}</p>`}
    ${problem.request_id && html`<p class="faint small">${texts.problem.reference(problem.request_id)}</p>`}
    ${retry && html`<button type="button" onClick=${retry}>${texts.problem.again}</button>`}
  </div>`;
}

/**
 * An answer of useData: what `view` makes of its data; until then its problem, or a skeleton. Where what comes has a
 * heading of its own, `name` is the heading until then.
 * @template Data
 * @param {{data: Data, problem: any, reload: () => void}} answer
 * @param {(data: Data) => any} view
 * @param {{lines?: number, name?: string}} [waiting]
 */
export function loaded(answer, view, { lines, name } = {}) {
  if (answer.data) return view(answer.data);
  return html`${name && html`<${Heading} title=${name} />`}
    ${answer.problem ? html`<${ProblemBox} problem=${answer.problem} retry=${answer.reload} />` : html`<${Skeleton} lines=${lines} />`}`;
}

/** The heading of a screen; it takes the focus when one comes from another screen. */
export function Heading({ children, title }) {
  const place = useRef(null);
  useEffect(() => {
    document.title = title ? `${title} · ${texts.product}` : texts.product;
    if (Heading.moved) place.current?.focus({ preventScroll: true });
    Heading.moved = false;
  }, [title]);
  return html`<h1 tabindex="-1" ref=${place}>${children ?? title}</h1>`;
}
Heading.moved = false;

/** A word on a coloured ground; the colour only repeats what the word says. */
export const Badge = ({ tone = "unsure", title, children }) => html`<span class="badge ${tone}" title=${title}>${children}</span>`;

/** What stands where nothing is yet: a heading, what it means, and what to do. */
export const Empty = ({ title, text, children }) => html`<div class="empty"><h2>${title}</h2>${text && html`<p>${text}</p>`}${children}</div>`;

/** A select with its label. */
export function Choice({ label, value, options, onChange }) {
  return html`<label class="field"><span>${label}</span>
    <select value=${value} onChange=${(event) => onChange(event.target.value)}>
      ${options.map(([name, text]) => html`<option key=${name} value=${name} selected=${name === value}>${text}</option>`)}
    </select></label>`;
}

/** A field to search with; it tells when one stops typing. */
export function Search({ label, value, onChange }) {
  const wait = useRef(0);
  const typed = (event) => {
    clearTimeout(wait.current);
    const text = event.target.value.trim();
    wait.current = setTimeout(() => onChange(text), 300);
  };
  useEffect(() => () => clearTimeout(wait.current), []);
  return html`<label class="field"><span>${label}</span><input type="search" defaultValue=${value} onInput=${typed} /></label>`;
}

/** A table: `columns` are {name, title, figure, tight, text(row), cell(row)}; on a phone every row is a card. The roles are
 *  said, because browsers forget them where rows are laid out as cards. `file`: whether it can be taken away as one. */
export function Table({ caption, columns, rows, keyOf = (_, at) => at, address, file = true }) {
  const open = (row) => (event) => {
    if (address && !event.target.closest("a, button") && !String(getSelection())) go(address(row));
  };
  const kind = (column) => (column.figure ? "figure" : column.tight ? "tight" : undefined);
  return html`<div class="scroller" tabindex="0" role="region" aria-label=${caption}>
    <table role="table" class=${address ? "rows" : ""}>
      <caption class="hidden">${caption}</caption>
      <thead role="rowgroup"><tr role="row">${columns.map((column) => html`<th key=${column.name} role="columnheader" scope="col" class=${kind(column)}>${column.title}</th>`)}</tr></thead>
      <tbody role="rowgroup">${rows.map((row, at) => html`<tr key=${keyOf(row, at)} role="row" onClick=${open(row)}>
        ${columns.map((column) => html`<td key=${column.name} role="cell" class=${kind(column)} data-title=${column.title}><span>${(column.cell ?? column.text)(row)}</span></td>`)}
      </tr>`)}</tbody>
    </table>
  </div>${file && html`<p class="take"><button type="button" class="plain small" onClick=${() => saveBlob(new Blob([csv(columns, rows)], { type: "text/csv" }), `${caption}.csv`)}>${texts.download}</button></p>`}`;
}

const defused = (text) => (/^[=+\-@\t\r]/.test(text) && !/^[+-]?[\d.,\s%]+$/.test(text) ? `'${text}` : text);
const cell = (text) => `"${defused(String(text)).replaceAll('"', '""')}"`;

/** A table as CSV: a cell that a spreadsheet would run as a formula is defused. */
export function csv(columns, rows) {
  const lines = [columns.map((column) => cell(column.title)), ...rows.map((row) => columns.map((column) => cell(column.text(row))))];
  return `\ufeff${lines.map((line) => line.join(",")).join("\r\n")}\r\n`;
}

/** The numbers behind a picture, to be opened, and as a file. */
export function Numbers({ title, columns, rows, table, open = false }) {
  const [shown, show] = useState(open);
  return html`<details class="numbers" open=${open} onToggle=${(event) => show(event.target.open)}>
    <summary>${texts.numbers}</summary>
    ${shown && html`<${Table} caption=${title} columns=${columns} rows=${rows} file=${!table} />${table && html`<${Spreadsheet} table=${table} />`}`}
  </details>`;
}

export const FEWEST_ROWS = 5;

/** A picture with a title that says what it shows, its description for screen readers, and its numbers. Under five rows
 *  the numbers alone: a table says it better. `table`: the server's, which has all of them. */
export function Picture({ title, note, description, columns, rows, legend, children, table, least = FEWEST_ROWS }) {
  const id = useId();
  const small = rows.length < least;
  return html`<figure class="picture" aria-labelledby=${id}>
    <figcaption id=${id}>${title}</figcaption>
    ${note && html`<p class="note">${note}</p>`}
    ${small
      ? html`<${Table} caption=${title} columns=${columns} rows=${rows} />`
      : html`<div class="drawing" role="img" aria-label=${description}>${children}</div>
          ${legend && html`<p class="legend">${legend}</p>`}
          <${Numbers} title=${title} columns=${columns} rows=${rows} table=${table} />`}
  </figure>`;
}

/** The width an element has, kept up to date, for pictures drawn to measure: [ref, width]. */
export function useWidth(first = 640) {
  const place = useRef(null);
  const [width, setWidth] = useState(first);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(Math.max(240, Math.floor(entry.contentRect.width))));
    watch.observe(place.current);
    return () => watch.disconnect();
  }, []);
  return [place, width];
}

/** A button that does something at the server: disabled meanwhile, and its problem beside it. */
export function Action({ children, run, tone = "", confirm: question }) {
  const [state, setState] = useState({ busy: false, problem: null });
  const go = async () => {
    if (question && !window.confirm(question)) return;
    setState({ busy: true, problem: null });
    try {
      await run();
      setState({ busy: false, problem: null });
    } catch (problem) {
      setState({ busy: false, problem });
    }
  };
  return html`<span class="action"><button type="button" class=${tone} disabled=${state.busy} aria-busy=${state.busy} onClick=${go}>${children}</button>
    ${state.problem && html`<${ProblemBox} problem=${state.problem} />`}</span>`;
}

const PLACEHOLDER = /^(?:NAME|TYPE|PLAN\.csv)$/;

/** A sentence of the importers: what they call a field of an upload has the name of the control that is for it. */
export const plain = (text) => text.replace(/`(\w+)(?:=([^`]+))?`/g, (whole, field, value) => {
  const { controls, locales, orders, platforms } = texts.data;
  const said = { locale: locales, date_order: orders, platform: platforms }[field]?.[value] ?? value;
  return controls[field] ? `‘${controls[field]}${said && !PLACEHOLDER.test(said) ? `: ${said}` : ""}’` : whole;
});

/** A whole table of the server as a file, whatever part of it is shown. */
export const Spreadsheet = ({ table }) => html`<p class="buttons">${["xlsx", "csv"].map((format) => html`<${Action} key=${format} run=${() => save(`/v1/tables/${table}`, { format }, `${table}.${format}`)}>${texts.whole[format]}<//>`)}</p>`;

/** What was filled in of a form, by name. */
export const filledIn = (form) => Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value).trim()]).filter(([, value]) => value));
