/** Scales and axes: from figures to pixels, and where the ticks stand. Must not know what is drawn. */

import { html } from "../vendor/preact-htm.js";

/**
 * A linear scale.
 * @param {number[]} domain
 * @param {number[]} pixels
 */
export function linear([from, to], [left, right]) {
  const step = to === from ? 0 : (right - left) / (to - from);
  return (value) => left + (value - from) * step;
}

/**
 * A scale of lifts: the same factor is the same distance; what lies outside is drawn at the edge.
 * @param {number[]} domain
 * @param {number[]} pixels
 */
export function logarithmic([from, to], [left, right]) {
  const inner = linear([Math.log(from), Math.log(to)], [left, right]);
  return (value) => inner(Math.log(Math.min(to, Math.max(from, value))));
}

const LIFTS = [0.1, 0.2, 0.33, 0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10];

/** The lifts an axis spans for some values, 1 within, and its ticks: as few as can be told apart. */
export function liftAxis(values, most = 7) {
  const given = values.filter((value) => value > 0 && Number.isFinite(value));
  const low = Math.max(0.1, Math.min(0.9, ...given) * 0.97);
  const high = Math.min(10, Math.max(1.1, ...given) * 1.03);
  let ticks = LIFTS.filter((tick) => tick >= low && tick <= high);
  const drop = () => {
    const gaps = ticks.map((tick, at) => (tick === 1 ? Infinity : Math.min(
      at ? Math.log(tick / ticks[at - 1]) : Infinity,
      at < ticks.length - 1 ? Math.log(ticks[at + 1] / tick) : Infinity,
    )));
    ticks = ticks.filter((_, at) => at !== gaps.indexOf(Math.min(...gaps)));
  };
  while (ticks.length > most) drop();
  return { domain: [low, high], ticks };
}

/**
 * Round ticks of a linear axis.
 * @param {number[]} domain
 */
export function roundTicks([from, to], most = 6) {
  const rough = (to - from) / most || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((unit) => unit * power).find((unit) => unit >= rough);
  const ticks = [];
  for (let at = Math.ceil(from / step); at * step <= to + step * 1e-9; at += 1) ticks.push(at * step);
  return ticks;
}

const APART = 50;

/** The ticks whose labels do not touch: the strong one first, then from left to right. */
export function apart(ticks, x, strong) {
  const kept = ticks.includes(strong) ? [strong] : [];
  for (const tick of ticks) {
    if (tick !== strong && kept.every((other) => Math.abs(x(other) - x(tick)) >= APART)) kept.push(tick);
  }
  return kept;
}

/** Vertical grid lines with their labels above. */
export const Grid = ({ ticks, x, top, bottom, label, strong }) =>
  apart(ticks, x, strong).map((tick) => html`<g key=${tick}>
    <line class=${tick === strong ? "axis strong" : "axis"} x1=${x(tick)} x2=${x(tick)} y1=${top} y2=${bottom} />
    <text class="tick" x=${x(tick)} y=${top - 6} text-anchor="middle">${label(tick)}</text>
  </g>`);

/** An interval: a bar with a dot, filled where it is sure, hollow and dashed where it is not. */
export function Interval({ x, y, low, high, at, tone, thick = false }) {
  return html`<g class="interval ${tone}">
    <line class=${tone === "unsure" ? "whisker dashed" : "whisker"} x1=${x(low)} x2=${x(high)} y1=${y} y2=${y} />
    <line class="whisker" x1=${x(low)} x2=${x(low)} y1=${y - 4} y2=${y + 4} />
    <line class="whisker" x1=${x(high)} x2=${x(high)} y1=${y - 4} y2=${y + 4} />
    ${at !== null && at !== undefined && html`<circle class=${tone === "unsure" ? "dot hollow" : "dot"} cx=${x(at)} cy=${y} r=${thick ? 6 : 5} />`}
  </g>`;
}

/** A label that fits into so many pixels: beginning and end, as names of one account differ at the end. */
export function fitted(text, width, letter = 7) {
  const most = Math.max(4, Math.floor(width / letter));
  if (text.length <= most) return text;
  const tail = Math.floor((most - 1) / 2);
  return `${text.slice(0, most - 1 - tail).trimEnd()}…${text.slice(text.length - tail).trimStart()}`;
}
