/** Forecast against fact: every KPI on one axis, as its distance from what it is compared with. */

import { html } from "../vendor/preact-htm.js";
import { signed } from "../format.js";
import { useWidth } from "../parts.js";
import { Grid, Interval, liftAxis, logarithmic } from "./axes.js";

const ROW = 34;
const TOP = 24;

/** `rows`: {name, lift, low, high, tone}; 1 is what it is compared with. */
export function Dumbbell({ rows, reference }) {
  const [place, width] = useWidth();
  const label = width < 480 ? 82 : 110;
  const axis = liftAxis(rows.flatMap((row) => [row.lift, row.low, row.high]), width < 480 ? 4 : 7);
  const x = logarithmic(axis.domain, [label + 14, width - 14]);
  const height = TOP + rows.length * ROW + 18;
  return html`<div ref=${place}><svg width=${width} height=${height} viewBox="0 0 ${width} ${height}" aria-hidden="true">
    <${Grid} ticks=${axis.ticks} x=${x} top=${TOP} bottom=${height - 18} label=${(tick) => (tick === 1 ? "0 %" : signed(tick))} strong=${1} />
    <text class="tick strong" x=${x(1)} y=${height - 4} text-anchor=${x(1) > width - 70 ? "end" : "middle"}>${reference}</text>
    ${rows.map((row, at) => {
      const y = TOP + at * ROW + ROW / 2;
      return html`<g key=${row.name}>
        <text class="label" x="0" y=${y + 4}>${row.name}</text>
        <line class="link" x1=${x(1)} x2=${x(row.lift)} y1=${y} y2=${y} />
        <rect class="mark" x=${x(1) - 4} y=${y - 4} width="8" height="8" />
        <${Interval} x=${x} y=${y} low=${row.low ?? row.lift} high=${row.high ?? row.lift} at=${row.lift} tone=${row.tone} />
      </g>`;
    })}
  </svg></div>`;
}
