/** Plans side by side: bars of 50, 80 and 90 % on one axis, our figure, the planner's, and the target. */

import { html } from "../vendor/preact-htm.js";
import { useWidth } from "../parts.js";
import { fitted, Grid, linear, roundTicks } from "./axes.js";

const ROW = 48;
const TOP = 24;
const HEIGHTS = { 90: 6, 80: 12, 50: 18 };

/** `rows`: {name, at, planner, target, usual, intervals: {50, 80, 90}}; `label` writes a figure. */
export function Plans({ rows, label }) {
  const [place, width] = useWidth();
  const names = width < 480 ? 92 : 170;
  const values = rows.flatMap((row) => [row.at, row.planner, row.target, row.usual, ...Object.values(row.intervals).flatMap((pair) => pair ?? [])]).filter((value) => value !== null && value !== undefined);
  const domain = [0, Math.max(...values, 1e-9) * 1.05];
  const x = linear(domain, [names + 8, width - 16]);
  const height = TOP + rows.length * ROW;
  return html`<div ref=${place}><svg width=${width} height=${height} viewBox="0 0 ${width} ${height}" aria-hidden="true">
    <${Grid} ticks=${roundTicks(domain, width < 480 ? 3 : 6)} x=${x} top=${TOP} bottom=${height} label=${label} />
    ${rows.map((row, at) => {
      const y = TOP + at * ROW + ROW / 2;
      return html`<g key=${row.name}>
        <text class="label" x="0" y=${y + 4}>${fitted(row.name, names)}</text>
        ${["90", "80", "50"].map((level) => row.intervals[level] && html`<rect key=${level} class="level l${level}" x=${x(row.intervals[level][0])} width=${Math.max(1, x(row.intervals[level][1]) - x(row.intervals[level][0]))} y=${y - HEIGHTS[level] / 2} height=${HEIGHTS[level]} />`)}
        ${row.at !== null && html`<line class="median" x1=${x(row.at)} x2=${x(row.at)} y1=${y - 12} y2=${y + 12} />`}
        ${row.planner && html`<path class="raw" d="M${x(row.planner)} ${y - 6} l6 6 l-6 6 l-6 -6 z" />`}
        ${row.target && html`<line class="target" x1=${x(row.target)} x2=${x(row.target)} y1=${y - 18} y2=${y + 18} />`}
      </g>`;
    })}
  </svg></div>`;
}
