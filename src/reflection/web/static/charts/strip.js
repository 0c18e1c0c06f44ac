/** One dot for each campaign: how it did against what was expected of it without the signal. */

import { html } from "../vendor/preact-htm.js";
import { signed } from "../format.js";
import { useWidth } from "../parts.js";
import { Grid, liftAxis, logarithmic } from "./axes.js";

const TOP = 24;
const STEP = 13;

/** `dots`: {id, lift, tone}; dots that would overlap are put one above the other. */
export function Strip({ dots }) {
  const [place, width] = useWidth();
  const axis = liftAxis(dots.map((dot) => dot.lift), width < 480 ? 4 : 7);
  const x = logarithmic(axis.domain, [16, width - 16]);
  const rows = [];
  const placed = [...dots].sort((a, b) => a.lift - b.lift).map((dot) => {
    const at = x(dot.lift);
    let row = rows.findIndex((edge) => at - edge >= STEP);
    if (row < 0) row = rows.push(0) - 1;
    rows[row] = at;
    return { ...dot, at, row };
  });
  const height = TOP + Math.max(3, rows.length) * STEP + 12;
  return html`<div ref=${place}><svg width=${width} height=${height} viewBox="0 0 ${width} ${height}" aria-hidden="true">
    <${Grid} ticks=${axis.ticks} x=${x} top=${TOP} bottom=${height} label=${(tick) => (tick === 1 ? "0 %" : signed(tick))} strong=${1} />
    ${placed.map((dot) => html`<g key=${dot.id} class="interval ${dot.tone}"><circle class=${dot.tone === "unsure" ? "dot hollow" : "dot"} cx=${dot.at} cy=${height - 10 - dot.row * STEP} r="5"><title>${dot.id}</title></circle></g>`)}
  </svg></div>`;
}
