/** Pictures of amounts on an even axis: a waterfall, months, plans side by side, and odds against what happened. */

import { html } from "../vendor/preact-htm.js";
import { share } from "../format.js";
import { useWidth } from "../parts.js";
import { fitted, Grid, linear, roundTicks } from "./axes.js";

const WATERFALL_ROW = 38;
const WATERFALL_TOP = 24;

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
  const height = WATERFALL_TOP + (steps.length + 2) * WATERFALL_ROW;
  const y = (at) => WATERFALL_TOP + at * WATERFALL_ROW + WATERFALL_ROW / 2;
  const total = (item, at) => html`<g key=${item.name}>
    <text class="label strong" x="0" y=${y(at) + 4}>${item.name}</text>
    <rect class="total" x=${x(0)} y=${y(at) - 9} width=${Math.max(0, x(item.value) - x(0))} height="18" />
  </g>`;
  return html`<div ref=${place}><svg width=${width} height=${height} viewBox="0 0 ${width} ${height}" aria-hidden="true">
    <${Grid} ticks=${roundTicks(domain, width < 480 ? 3 : 6)} x=${x} top=${WATERFALL_TOP} bottom=${height} label=${label} />
    ${total(start, 0)}
    ${bars.map((bar, at) => {
      const row = y(at + 1);
      return html`<g key=${bar.name} class="interval ${bar.tone}">
        <text class="label" x="0" y=${row + 4}>${bar.name}</text>
        <line class="join" x1=${x(bar.from)} x2=${x(bar.from)} y1=${row - WATERFALL_ROW + 9} y2=${row + 9} />
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

const MONTHS_TOP = 22;
const MONTHS_UPPER = 120;
const MONTHS_LOWER = 90;
const MONTHS_BETWEEN = 26;

/** `rows`: {name, spend, cpa, low, high}; `spend`, `cpa` write a figure of theirs; `events`: {at (row), text}. */
export function Months({ rows, spend, cpa, titles, events = [] }) {
  const [place, width] = useWidth();
  const left = 62;
  const step = (width - left - 8) / rows.length;
  const x = (at) => left + step * (at + 0.5);
  const top = Math.max(...rows.map((row) => row.high ?? row.cpa ?? 0)) || 1;
  const most = Math.max(...rows.map((row) => row.spend ?? 0)) || 1;
  const y = linear([0, top], [MONTHS_TOP + MONTHS_UPPER, MONTHS_TOP]);
  const base = MONTHS_TOP + MONTHS_UPPER + MONTHS_BETWEEN + MONTHS_LOWER;
  const z = linear([0, most], [base, base - MONTHS_LOWER + 10]);
  const every = Math.ceil(58 / step);
  const scale = (ticks, at, write) => ticks.map((tick) => html`<g key=${tick}><line class="axis" x1=${left} x2=${width} y1=${at(tick)} y2=${at(tick)} /><text class="tick" x=${left - 6} y=${at(tick) + 4} text-anchor="end">${write(tick)}</text></g>`);
  const known = rows.map((row, at) => ({ ...row, at })).filter((row) => row.cpa !== null);
  return html`<div ref=${place}><svg width=${width} height=${base + 24} viewBox="0 0 ${width} ${base + 24}" aria-hidden="true">
    <text class="tick strong" x="0" y="11">${titles.cpa}</text>
    ${scale(roundTicks([0, top], 3), y, cpa)}
    ${events.map((event, at) => html`<g key=${`event ${at}`} class="interval"><line class="whisker dashed" x1=${x(event.at)} x2=${x(event.at)} y1=${MONTHS_TOP} y2=${base} /><title>${event.text}</title></g>`)}
    <polyline class="line" points=${known.map((row) => `${x(row.at)},${y(row.cpa)}`).join(" ")} />
    ${known.map((row) => html`<g key=${row.name} class="interval good">
      ${row.low !== null && html`<line class="whisker" x1=${x(row.at)} x2=${x(row.at)} y1=${y(row.low)} y2=${y(row.high)} />`}
      <circle class="dot" cx=${x(row.at)} cy=${y(row.cpa)} r="4" />
    </g>`)}
    <text class="tick strong" x="0" y=${base - MONTHS_LOWER - 2}>${titles.spend}</text>
    ${scale(roundTicks([0, most], 2), z, spend)}
    ${rows.map((row, at) => html`<g key=${row.name}>
      <rect class="total" x=${x(at) - step * 0.35} width=${step * 0.7} y=${z(row.spend ?? 0)} height=${base - z(row.spend ?? 0)} />
      ${at % every === 0 && html`<text class="tick" x=${x(at)} y=${base + 17} text-anchor="middle">${row.name}</text>`}
    </g>`)}
  </svg></div>`;
}

const PLANS_ROW = 48;
const PLANS_TOP = 24;
const PLANS_HEIGHTS = { 90: 6, 80: 12, 50: 18 };

/** `rows`: {name, at, planner, target, usual, intervals: {50, 80, 90}}; `label` writes a figure. */
export function Plans({ rows, label }) {
  const [place, width] = useWidth();
  const names = width < 480 ? 92 : 170;
  const values = rows.flatMap((row) => [row.at, row.planner, row.target, row.usual, ...Object.values(row.intervals).flatMap((pair) => pair ?? [])]).filter((value) => value !== null && value !== undefined);
  const domain = [0, Math.max(...values, 1e-9) * 1.05];
  const x = linear(domain, [names + 8, width - 16]);
  const height = PLANS_TOP + rows.length * PLANS_ROW;
  return html`<div ref=${place}><svg width=${width} height=${height} viewBox="0 0 ${width} ${height}" aria-hidden="true">
    <${Grid} ticks=${roundTicks(domain, width < 480 ? 3 : 6)} x=${x} top=${PLANS_TOP} bottom=${height} label=${label} />
    ${rows.map((row, at) => {
      const y = PLANS_TOP + at * PLANS_ROW + PLANS_ROW / 2;
      return html`<g key=${row.name}>
        <text class="label" x="0" y=${y + 4}>${fitted(row.name, names)}</text>
        ${["90", "80", "50"].map((level) => row.intervals[level] && html`<rect key=${level} class="level l${level}" x=${x(row.intervals[level][0])} width=${Math.max(1, x(row.intervals[level][1]) - x(row.intervals[level][0]))} y=${y - PLANS_HEIGHTS[level] / 2} height=${PLANS_HEIGHTS[level]} />`)}
        ${row.at !== null && html`<line class="median" x1=${x(row.at)} x2=${x(row.at)} y1=${y - 12} y2=${y + 12} />`}
        ${row.planner && html`<path class="raw" d="M${x(row.planner)} ${y - 6} l6 6 l-6 6 l-6 -6 z" />`}
        ${row.target && html`<line class="target" x1=${x(row.target)} x2=${x(row.target)} y1=${y - 18} y2=${y + 18} />`}
      </g>`;
    })}
  </svg></div>`;
}

/** `dots`: {stated, happened, low, high, n, name}. */
export function Calibration({ dots }) {
  const [place, width] = useWidth();
  const side = Math.min(width, 420);
  const x = linear([0, 1], [48, side - 12]);
  const y = linear([0, 1], [side - 34, 12]);
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  return html`<div ref=${place}><svg width=${side} height=${side} viewBox="0 0 ${side} ${side}" aria-hidden="true">
    ${ticks.map((tick) => html`<g key=${tick}>
      <line class="axis" x1=${x(tick)} x2=${x(tick)} y1=${y(0)} y2=${y(1)} /><line class="axis" x1=${x(0)} x2=${x(1)} y1=${y(tick)} y2=${y(tick)} />
      <text class="tick" x=${tick === 1 ? side : x(tick)} y=${y(0) + 17} text-anchor=${tick === 1 ? "end" : "middle"}>${share(tick)}</text><text class="tick" x=${x(0) - 6} y=${y(tick) + 4} text-anchor="end">${share(tick)}</text>
    </g>`)}
    <line class="axis strong dashed" x1=${x(0)} y1=${y(0)} x2=${x(1)} y2=${y(1)} />
    ${dots.map((dot) => {
      const right = dot.low <= dot.stated && dot.stated <= dot.high;
      return html`<g key=${dot.name} class="interval ${right ? "good" : "bad"}">
        <line class="whisker" x1=${x(dot.stated)} x2=${x(dot.stated)} y1=${y(dot.low)} y2=${y(dot.high)} /><circle class="dot" cx=${x(dot.stated)} cy=${y(dot.happened)} r="5" />
      </g>`;
    })}
  </svg></div>`;
}
