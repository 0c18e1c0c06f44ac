/** Pictures over time, and of odds by budget: what each campaign did, intervals that held, spend a day. Must not know routes. */

import { html } from "../vendor/preact-htm.js";
import { day, monthName, share, signed } from "../format.js";
import { useWidth } from "../parts.js";
import { liftAxis, linear, logarithmic, roundTicks } from "./axes.js";

const DAY = 86_400_000;
const LEFT = 56;
const RIGHT = 14;
const TOP = 12;
const HEIGHT = 190;
const BASE = TOP + HEIGHT;

/** The number of a day given as 2026-03-29. */
export const dayNumber = (text) => Date.parse(`${text}T00:00:00Z`) / DAY;

const dayText = (number) => new Date(number * DAY).toISOString().slice(0, 10);

/** Ticks at even distances, each named by its month or, of a short time, its day. */
function TimeTicks({ x, from, to, width }) {
  const number = Math.max(2, Math.min(7, Math.floor(width / 110)));
  const short = to - from < 100;
  const ticks = Array.from({ length: number }, (_, at) => Math.round(from + ((to - from) * at) / (number - 1)));
  const anchor = (at) => (at === 0 ? "start" : at === number - 1 ? "end" : "middle");
  return ticks.map((tick, at) => html`<text key=${at} class="tick" x=${x(tick)} y=${BASE + 17} text-anchor=${anchor(at)}>${short ? day(dayText(tick)) : monthName(dayText(tick).slice(0, 7), true)}</text>`);
}

const Level = ({ y, width, strong, text }) => html`<g>
  <line class=${strong ? "axis strong" : "axis"} x1=${LEFT} x2=${width - RIGHT} y1=${y} y2=${y} />
  <text class="tick" x=${LEFT - 6} y=${y + 4} text-anchor="end">${text}</text></g>`;

const Frame = ({ place, width, children }) => html`<div ref=${place}><svg width=${width} height=${BASE + 24} viewBox="0 0 ${width} ${BASE + 24}" aria-hidden="true">${children}</svg></div>`;

/** `dots`: {id, day (number), lift, tone}; `line`: {day, lift, low, high}; `interval`: what is told now. */
export function DriftPicture({ dots, line, interval }) {
  const [place, width] = useWidth();
  const days = dots.map((dot) => dot.day);
  const [from, to] = [Math.min(...days), Math.max(...days)];
  const axis = liftAxis([...dots.map((dot) => dot.lift), ...interval], 5);
  const x = linear([from, to], [LEFT + 8, width - RIGHT - 8]);
  const y = logarithmic(axis.domain, [BASE, TOP]);
  return html`<${Frame} place=${place} width=${width}>
    <rect class="band" x=${LEFT} width=${width - LEFT - RIGHT} y=${y(interval[1])} height=${Math.max(1, y(interval[0]) - y(interval[1]))} />
    ${axis.ticks.map((tick) => html`<${Level} key=${tick} y=${y(tick)} width=${width} strong=${tick === 1} text=${signed(tick)} />`)}
    ${dots.map((dot) => html`<g key=${dot.id} class="interval ${dot.tone}"><circle class="dot small hollow" cx=${x(dot.day)} cy=${y(dot.lift)} r="3.5"><title>${dot.id}</title></circle></g>`)}
    <polyline class="line" points=${line.map((point) => `${x(point.day)},${y(point.lift)}`).join(" ")} />
    ${line.map((point) => html`<g key=${point.day} class="interval good"><line class="whisker" x1=${x(point.day)} x2=${x(point.day)} y1=${y(point.low)} y2=${y(point.high)} /><circle class="dot" cx=${x(point.day)} cy=${y(point.lift)} r="5" /></g>`)}
    <${TimeTicks} x=${x} from=${from} to=${to} width=${width} />
  <//>`;
}

/** `rows`: {name, share, low, high}, in order of time; `goal` is what should be reached. */
export function HeldPicture({ rows, goal }) {
  const [place, width] = useWidth();
  const step = (width - LEFT - RIGHT) / rows.length;
  const x = (at) => LEFT + step * (at + 0.5);
  const y = linear([0, 1], [BASE, TOP]);
  const every = Math.ceil(58 / step);
  return html`<${Frame} place=${place} width=${width}>
    ${[0, 0.5, goal, 1].map((tick) => html`<${Level} key=${tick} y=${y(tick)} width=${width} strong=${tick === goal} text=${tick === 1 && width < 480 ? "" : share(tick)} />`)}
    ${rows.map((row, at) => html`<g key=${row.name} class="interval ${row.low <= goal && goal <= row.high ? "good" : "bad"}">
      <line class="whisker" x1=${x(at)} x2=${x(at)} y1=${y(row.low)} y2=${y(row.high)} /><circle class="dot" cx=${x(at)} cy=${y(row.share)} r="5" />
      ${at % every === 0 && html`<text class="tick" x=${x(at)} y=${BASE + 17} text-anchor="middle">${row.name}</text>`}</g>`)}
  <//>`;
}

/** `days`: {day (number), spend, restated}; `gaps`: [first, last] (numbers); `label` writes an amount. */
export function DailyPicture({ days, gaps, label }) {
  const [place, width] = useWidth();
  const [from, to] = [days[0].day, days.at(-1).day];
  const most = Math.max(...days.map((row) => row.spend ?? 0)) || 1;
  const step = (width - LEFT - RIGHT) / (to - from + 1);
  const x = linear([from, to + 1], [LEFT, width - RIGHT]);
  const y = linear([0, most], [BASE, TOP + 6]);
  const thick = Math.max(1, step * 0.8);
  return html`<${Frame} place=${place} width=${width}>
    ${roundTicks([0, most], 3).map((tick) => html`<${Level} key=${tick} y=${y(tick)} width=${width} text=${label(tick)} />`)}
    ${gaps.map(([first, last]) => html`<rect key=${first} class="gap" x=${x(first)} width=${x(last + 1) - x(first)} y=${TOP} height=${HEIGHT} />`)}
    ${days.map((row) => row.spend === null
      ? html`<rect key=${row.day} class="gap" x=${x(row.day)} width=${thick} y=${TOP} height=${HEIGHT} />`
      : html`<rect key=${row.day} class=${row.restated ? "restated" : "total"} x=${x(row.day)} width=${thick} y=${y(row.spend)} height=${Math.max(0, BASE - y(row.spend))} />`)}
    <${TimeTicks} x=${(at) => x(at) + step / 2} from=${from} to=${to} width=${width} />
  <//>`;
}

/** `points`: {budget, odds (null outside of what was seen)}, in order; `now`: the budget that was asked about. */
export function OddsPicture({ points, now, label }) {
  const [place, width] = useWidth();
  const [from, to] = [points[0].budget, points.at(-1).budget];
  const x = logarithmic([from, to], [LEFT + 8, width - RIGHT - 20]);
  const y = linear([0, 1], [BASE, TOP]);
  const known = points.filter((point) => point.odds !== null);
  const edges = points.map((point, at) => [at ? Math.sqrt(points[at - 1].budget * point.budget) : point.budget, at < points.length - 1 ? Math.sqrt(points[at + 1].budget * point.budget) : point.budget]);
  const named = points.filter((_, at) => at % (width < 480 ? 4 : 2) === 0);
  return html`<${Frame} place=${place} width=${width}>
    ${points.map((point, at) => point.odds === null && html`<rect key=${point.budget} class="gap" x=${x(edges[at][0])} width=${x(edges[at][1]) - x(edges[at][0])} y=${TOP} height=${HEIGHT} />`)}
    ${[0, 0.25, 0.5, 0.75, 1].map((tick) => html`<${Level} key=${tick} y=${y(tick)} width=${width} strong=${tick === 0.5} text=${share(tick)} />`)}
    <line class="whisker dashed" x1=${x(now)} x2=${x(now)} y1=${TOP} y2=${BASE} />
    <polyline class="line" points=${known.map((point) => `${x(point.budget)},${y(point.odds)}`).join(" ")} />
    ${known.map((point) => html`<g key=${point.budget} class="interval good"><circle class="dot" cx=${x(point.budget)} cy=${y(point.odds)} r="4" /></g>`)}
    ${named.map((point) => html`<text key=${point.budget} class="tick" x=${x(point.budget)} y=${BASE + 17} text-anchor="middle">${label(point.budget)}</text>`)}
  <//>`;
}

/** `points`: {amount, brings, low, high}, in order, of what was seen; `now`: the amount proposed, grey where beyond. */
export function CurvePicture({ points, now, label }) {
  const [place, width] = useWidth();
  const [first, last] = [points[0], points.at(-1)];
  const end = Math.max(last.amount, now) * 1.04;
  const x = linear([0, end], [LEFT, width - RIGHT]);
  const y = linear([0, last.high], [BASE, TOP]);
  const band = [...points.map((point) => [point.amount, point.high]), ...points.toReversed().map((point) => [point.amount, point.low])];
  const gap = (from, to) => html`<rect class="gap" x=${x(from)} width=${x(to) - x(from)} y=${TOP} height=${HEIGHT} />`;
  return html`<${Frame} place=${place} width=${width}>
    ${gap(0, first.amount)}${gap(last.amount, end)}
    ${roundTicks([0, last.high], 5).map((tick) => html`<${Level} key=${tick} y=${y(tick)} width=${width} text=${label(tick)} />`)}
    <polygon class="level l90" points=${band.map(([amount, brings]) => `${x(amount)},${y(brings)}`).join(" ")} />
    <polyline class="line" points=${points.map((point) => `${x(point.amount)},${y(point.brings)}`).join(" ")} />
    ${now > 0 && html`<line class="whisker dashed" x1=${x(now)} x2=${x(now)} y1=${TOP} y2=${BASE} />`}
    ${roundTicks([0, end], width < 480 ? 3 : 6).map((tick) => html`<text key=${tick} class="tick" x=${x(tick)} y=${BASE + 17} text-anchor="middle">${label(tick)}</text>`)}
  <//>`;
}
