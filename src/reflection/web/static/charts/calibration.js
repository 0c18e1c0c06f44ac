/** What was said against how often it happened: a dot on the diagonal is right; the bar is what chance makes of it. */

import { html } from "../vendor/preact-htm.js";
import { share } from "../format.js";
import { useWidth } from "../parts.js";
import { linear } from "./axes.js";

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
      <text class="tick" x=${x(tick)} y=${y(0) + 17} text-anchor="middle">${share(tick)}</text><text class="tick" x=${x(0) - 6} y=${y(tick) + 4} text-anchor="end">${share(tick)}</text>
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
