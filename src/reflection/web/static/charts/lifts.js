/** Pictures of lifts on an axis of factors: forecast against fact, the rows of a forest, a strip of campaigns. */

import { html } from "../vendor/preact-htm.js";
import { signed } from "../format.js";
import { useWidth } from "../parts.js";
import { apart, Grid, Interval, liftAxis, logarithmic } from "./axes.js";

const DUMBBELL_ROW = 34;
const DUMBBELL_TOP = 24;

/** `rows`: {name, lift, low, high, tone}; 1 is what it is compared with. */
export function Dumbbell({ rows, reference }) {
  const [place, width] = useWidth();
  const label = width < 480 ? 82 : 110;
  const axis = liftAxis(rows.flatMap((row) => [row.lift, row.low, row.high]), width < 480 ? 4 : 7);
  const x = logarithmic(axis.domain, [label + 14, width - 22]);
  const height = DUMBBELL_TOP + rows.length * DUMBBELL_ROW + 18;
  return html`<div ref=${place}><svg width=${width} height=${height} viewBox="0 0 ${width} ${height}" aria-hidden="true">
    <${Grid} ticks=${axis.ticks} x=${x} top=${DUMBBELL_TOP} bottom=${height - 18} label=${signed} strong=${1} />
    <text class="tick strong" x=${x(1)} y=${height - 4} text-anchor=${x(1) > width - 70 ? "end" : "middle"}>${reference}</text>
    ${rows.map((row, at) => {
      const y = DUMBBELL_TOP + at * DUMBBELL_ROW + DUMBBELL_ROW / 2;
      return html`<g key=${row.name}>
        <text class="label" x="0" y=${y + 4}>${row.name}</text>
        <line class="link" x1=${x(1)} x2=${x(row.lift)} y1=${y} y2=${y} />
        <rect class="mark" x=${x(1) - 4} y=${y - 4} width="8" height="8" />
        <${Interval} x=${x} y=${y} low=${row.low ?? row.lift} high=${row.high ?? row.lift} at=${row.lift} tone=${row.tone} />
      </g>`;
    })}
  </svg></div>`;
}

const FOREST_EDGE = 10;

/** The axis all rows share. */
export const forestAxis = (effects) => liftAxis(effects.flatMap((effect) => effect.interval ?? []), 7);

/** The axis itself, above the rows. */
export function ForestHead({ axis }) {
  const [place, width] = useWidth(360);
  const x = logarithmic(axis.domain, [FOREST_EDGE, width - FOREST_EDGE]);
  return html`<div ref=${place}><svg width=${width} height="18" viewBox="0 0 ${width} 18" aria-hidden="true">
    ${apart(axis.ticks, x, 1).map((tick) => html`<text key=${tick} class=${tick === 1 ? "tick strong" : "tick"} x=${Math.min(width - 18, Math.max(18, x(tick)))} y="13" text-anchor="middle">${signed(tick)}</text>`)}
  </svg></div>`;
}

/** One effect. */
export function ForestRow({ axis, effect, raw, interval, tone }) {
  const [place, width] = useWidth(360);
  const x = logarithmic(axis.domain, [FOREST_EDGE, width - FOREST_EDGE]);
  const y = 14;
  return html`<div ref=${place}><svg width=${width} height="28" viewBox="0 0 ${width} 28" aria-hidden="true">
    ${axis.ticks.map((tick) => html`<line key=${tick} class=${tick === 1 ? "axis strong" : "axis"} x1=${x(tick)} x2=${x(tick)} y1="0" y2="28" />`)}
    <${Interval} x=${x} y=${y} low=${interval[0]} high=${interval[1]} at=${effect} tone=${tone} />
    ${raw && raw >= axis.domain[0] && raw <= axis.domain[1] && html`<path class="raw" d="M${x(raw)} ${y - 5} l5 5 l-5 5 l-5 -5 z" />`}
  </svg></div>`;
}

const STRIP_TOP = 24;
const STRIP_STEP = 13;

/** `dots`: {id, lift, tone}; dots that would overlap are put one above the other. */
export function Strip({ dots }) {
  const [place, width] = useWidth();
  const axis = liftAxis(dots.map((dot) => dot.lift), width < 480 ? 4 : 7);
  const x = logarithmic(axis.domain, [22, width - 22]);
  const rows = [];
  const placed = [...dots].sort((a, b) => a.lift - b.lift).map((dot) => {
    const at = x(dot.lift);
    let row = rows.findIndex((edge) => at - edge >= STRIP_STEP);
    if (row < 0) row = rows.push(0) - 1;
    rows[row] = at;
    return { ...dot, at, row };
  });
  const height = STRIP_TOP + Math.max(3, rows.length) * STRIP_STEP + 12;
  return html`<div ref=${place}><svg width=${width} height=${height} viewBox="0 0 ${width} ${height}" aria-hidden="true">
    <${Grid} ticks=${axis.ticks} x=${x} top=${STRIP_TOP} bottom=${height} label=${signed} strong=${1} />
    ${placed.map((dot) => html`<g key=${dot.id} class="interval ${dot.tone}"><circle class=${dot.tone === "unsure" ? "dot hollow" : "dot"} cx=${dot.at} cy=${height - 10 - dot.row * STRIP_STEP} r="5"><title>${dot.id}</title></circle></g>`)}
  </svg></div>`;
}
