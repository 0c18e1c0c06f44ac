/** One row of a forest: the interval of an effect, its dot, and the plain ratio as a hollow diamond; all on one axis. */

import { html } from "../vendor/preact-htm.js";
import { signed } from "../format.js";
import { useWidth } from "../parts.js";
import { apart, Interval, liftAxis, logarithmic } from "./axes.js";

const EDGE = 10;

/** The axis all rows share. */
export const forestAxis = (effects) => liftAxis(effects.flatMap((effect) => [effect.interval[0], effect.interval[1]]), 7);

/** The axis itself, above the rows. */
export function ForestHead({ axis }) {
  const [place, width] = useWidth(360);
  const x = logarithmic(axis.domain, [EDGE, width - EDGE]);
  return html`<div ref=${place}><svg width=${width} height="18" viewBox="0 0 ${width} 18" aria-hidden="true">
    ${apart(axis.ticks, x, 1).map((tick) => html`<text key=${tick} class=${tick === 1 ? "tick strong" : "tick"} x=${Math.min(width - 18, Math.max(18, x(tick)))} y="13" text-anchor="middle">${tick === 1 ? "0 %" : signed(tick)}</text>`)}
  </svg></div>`;
}

/** One effect. */
export function ForestRow({ axis, effect, raw, interval, tone }) {
  const [place, width] = useWidth(360);
  const x = logarithmic(axis.domain, [EDGE, width - EDGE]);
  const y = 14;
  return html`<div ref=${place}><svg width=${width} height="28" viewBox="0 0 ${width} 28" aria-hidden="true">
    ${axis.ticks.map((tick) => html`<line key=${tick} class=${tick === 1 ? "axis strong" : "axis"} x1=${x(tick)} x2=${x(tick)} y1="0" y2="28" />`)}
    <${Interval} x=${x} y=${y} low=${interval[0]} high=${interval[1]} at=${effect} tone=${tone} />
    ${raw && raw >= axis.domain[0] && raw <= axis.domain[1] && html`<path class="raw" d="M${x(raw)} ${y - 5} l5 5 l-5 5 l-5 -5 z" />`}
  </svg></div>`;
}
