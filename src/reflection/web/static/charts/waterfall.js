/** What a change divides into: bars that add up from one figure to another, each with the interval of its part. */

import { html } from "../vendor/preact-htm.js";
import { useWidth } from "../parts.js";
import { Grid, linear, roundTicks } from "./axes.js";

const ROW = 38;
const TOP = 24;

/** `start`, `end`: {name, value}; `steps`: {name, part, low, high, tone}; `label` writes a figure. */
export function Waterfall({ start, end, steps, label }) {
  const [place, width] = useWidth();
  const names = width < 480 ? 76 : 130;
  let level = start.value;
  const bars = steps.map((step) => {
    const from = level;
    level += step.part;
    const whisker = step.low === null || step.low === undefined ? [level, level] : [from + step.low, from + step.high];
    return { ...step, from, to: level, whisker };
  });
  const values = [0, start.value, end.value, ...bars.flatMap((bar) => [bar.from, bar.to, ...bar.whisker])];
  const domain = [Math.min(...values), Math.max(...values) * 1.04];
  const x = linear(domain, [names + 10, width - 16]);
  const height = TOP + (steps.length + 2) * ROW;
  const y = (at) => TOP + at * ROW + ROW / 2;
  const total = (item, at) => html`<g key=${item.name}>
    <text class="label strong" x="0" y=${y(at) + 4}>${item.name}</text>
    <rect class="total" x=${x(0)} y=${y(at) - 9} width=${Math.max(0, x(item.value) - x(0))} height="18" />
  </g>`;
  return html`<div ref=${place}><svg width=${width} height=${height} viewBox="0 0 ${width} ${height}" aria-hidden="true">
    <${Grid} ticks=${roundTicks(domain, width < 480 ? 3 : 6)} x=${x} top=${TOP} bottom=${height} label=${label} />
    ${total(start, 0)}
    ${bars.map((bar, at) => {
      const row = y(at + 1);
      return html`<g key=${bar.name} class="interval ${bar.tone}">
        <text class="label" x="0" y=${row + 4}>${bar.name}</text>
        <line class="join" x1=${x(bar.from)} x2=${x(bar.from)} y1=${row - ROW + 9} y2=${row + 9} />
        <rect class=${bar.tone === "unsure" ? "block hollow" : "block"} x=${Math.min(x(bar.from), x(bar.to))} y=${row - 9} width=${Math.max(1, Math.abs(x(bar.to) - x(bar.from)))} height="18" />
        <line class="whisker" x1=${x(bar.whisker[0])} x2=${x(bar.whisker[1])} y1=${row} y2=${row} />
        <line class="whisker" x1=${x(bar.whisker[0])} x2=${x(bar.whisker[0])} y1=${row - 5} y2=${row + 5} />
        <line class="whisker" x1=${x(bar.whisker[1])} x2=${x(bar.whisker[1])} y1=${row - 5} y2=${row + 5} />
      </g>`;
    })}
    <line class="join" x1=${x(level)} x2=${x(level)} y1=${y(steps.length) + 9} y2=${y(steps.length + 1) - 9} />
    ${total(end, steps.length + 1)}
  </svg></div>`;
}
