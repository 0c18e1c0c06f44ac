/** Spend and CPA by month: bars of money, and the CPA with its interval above them, on two scales that never cross. */

import { html } from "../vendor/preact-htm.js";
import { useWidth } from "../parts.js";
import { linear, roundTicks } from "./axes.js";

const TOP = 22;
const UPPER = 120;
const LOWER = 90;
const BETWEEN = 26;

/** `rows`: {name, spend, cpa, low, high}; `spend`, `cpa` write a figure of theirs; `events`: {at (row), text}. */
export function Months({ rows, spend, cpa, titles, events = [] }) {
  const [place, width] = useWidth();
  const left = 62;
  const step = (width - left - 8) / rows.length;
  const x = (at) => left + step * (at + 0.5);
  const top = Math.max(...rows.map((row) => row.high ?? row.cpa ?? 0)) || 1;
  const most = Math.max(...rows.map((row) => row.spend ?? 0)) || 1;
  const y = linear([0, top], [TOP + UPPER, TOP]);
  const base = TOP + UPPER + BETWEEN + LOWER;
  const z = linear([0, most], [base, base - LOWER + 10]);
  const every = Math.ceil(58 / step);
  const scale = (ticks, at, write) => ticks.map((tick) => html`<g key=${tick}><line class="axis" x1=${left} x2=${width} y1=${at(tick)} y2=${at(tick)} /><text class="tick" x=${left - 6} y=${at(tick) + 4} text-anchor="end">${write(tick)}</text></g>`);
  const known = rows.map((row, at) => ({ ...row, at })).filter((row) => row.cpa !== null);
  return html`<div ref=${place}><svg width=${width} height=${base + 24} viewBox="0 0 ${width} ${base + 24}" aria-hidden="true">
    <text class="tick strong" x="0" y="11">${titles.cpa}</text>
    ${scale(roundTicks([0, top], 3), y, cpa)}
    ${events.map((event, at) => html`<g key=${`event ${at}`} class="interval"><line class="whisker dashed" x1=${x(event.at)} x2=${x(event.at)} y1=${TOP} y2=${base} /><title>${event.text}</title></g>`)}
    <polyline class="line" points=${known.map((row) => `${x(row.at)},${y(row.cpa)}`).join(" ")} />
    ${known.map((row) => html`<g key=${row.name} class="interval good">
      ${row.low !== null && html`<line class="whisker" x1=${x(row.at)} x2=${x(row.at)} y1=${y(row.low)} y2=${y(row.high)} />`}
      <circle class="dot" cx=${x(row.at)} cy=${y(row.cpa)} r="4" />
    </g>`)}
    <text class="tick strong" x="0" y=${base - LOWER - 2}>${titles.spend}</text>
    ${scale(roundTicks([0, most], 2), z, spend)}
    ${rows.map((row, at) => html`<g key=${row.name}>
      <rect class="total" x=${x(at) - step * 0.35} width=${step * 0.7} y=${z(row.spend ?? 0)} height=${base - z(row.spend ?? 0)} />
      ${at % every === 0 && html`<text class="tick" x=${x(at)} y=${base + 17} text-anchor="middle">${row.name}</text>`}
    </g>`)}
  </svg></div>`;
}
