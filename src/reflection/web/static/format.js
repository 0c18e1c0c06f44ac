/** Figures, days and money as the browser's locale writes them. Must not know where a figure comes from. */

import { texts } from "./texts.en.js";

const locale = navigator.languages?.length ? [...navigator.languages] : undefined;
const cached = new Map();

/** A value by a formatter of the locale, made once. @param {any} kind */
function written(options, value, kind = Intl.NumberFormat) {
  const name = kind.name + JSON.stringify(options);
  if (!cached.has(name)) cached.set(name, new kind(locale, options));
  return cached.get(name).format(value);
}

const missing = (value) => value === null || value === undefined || Number.isNaN(value);

export const MONEY = new Set(["cpa", "cpm", "cpc", "aov", "revenue", "spend"]);
export const SHARES = new Set(["ctr", "cvr"]);
export const LOWER_IS_BETTER = new Set(["cpa", "cpm", "cpc"]);

/** A whole number. */
export const count = (value) => (missing(value) ? texts.none : written({ maximumFractionDigits: 0 }, value));

/** A plain number with at most so many decimals. */
export const number = (value, digits = 2) =>
  missing(value) ? texts.none : written({ maximumFractionDigits: digits }, value);

/** Money with its currency's code; without a currency, a number. */
export function money(value, currency) {
  if (missing(value)) return texts.none;
  const large = Math.abs(value) >= 1000;
  const digits = { minimumFractionDigits: large ? 0 : 2, maximumFractionDigits: large ? 0 : 2 };
  if (!currency) return written(digits, value);
  return written({ style: "currency", currency, currencyDisplay: "code", ...digits }, value);
}

/** A share as per cent. */
export const share = (value, digits = 0) =>
  missing(value) ? texts.none : written({ style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits }, value);

/** A day, such as 30 Sept 2025; the days of campaigns are UTC. */
export const day = (value) =>
  missing(value) ? texts.none : written({ dateStyle: "medium", timeZone: "UTC" }, new Date(value), Intl.DateTimeFormat);

/** A month given as 2026-03: March 2026, or `Mar 26` where there is little room. */
export const monthName = (value, short = false) =>
  written({ month: short ? "short" : "long", year: short ? "2-digit" : "numeric", timeZone: "UTC" }, new Date(`${value}-15T00:00:00Z`), Intl.DateTimeFormat);

/** A moment, in the reader's own time. */
export const moment = (value) =>
  missing(value) ? texts.none : written({ dateStyle: "medium", timeStyle: "short" }, new Date(value), Intl.DateTimeFormat);

/** One figure of a metric; platforms share a conversion out, so there are halves of one. */
export function figure(metric, value, currency) {
  if (missing(value)) return texts.none;
  if (MONEY.has(metric)) return money(value, currency);
  if (SHARES.has(metric)) return share(value, 2);
  if (metric === "conversions") return number(value, value < 100 ? 1 : 0);
  return metric === "roas" ? written({ minimumFractionDigits: 2, maximumFractionDigits: 2 }, value) : count(value);
}

/** An interval of a metric. */
export const range = (metric, interval, currency) =>
  interval ? texts.change.between(figure(metric, interval[0], currency), figure(metric, interval[1], currency)) : texts.none;

const parts = new Intl.NumberFormat(locale).formatToParts(1234567.5);
const sign = (type) => parts.find((part) => part.type === type)?.value ?? "";

const SHORTENED = /\d\s?[km]\b|\de[+-]?\d/i;

/** The number somebody wrote in the browser's way: `4.000,50` where the comma is the decimal sign. NaN where it is none,
 *  or shortened (`4k`). */
export function amount(text) {
  if (SHORTENED.test(text)) return NaN;
  const plain = text.replaceAll(sign("group"), "").replace(/[^\d.,+-]/g, "").replace(sign("decimal"), ".");
  return plain ? Number(plain) : NaN;
}

/** The number somebody wrote; what is none goes as it is, for the server to refuse: as null it would be left out. */
export function amountOrText(text) {
  const value = amount(text);
  return Number.isNaN(value) ? text : value;
}

const distance = (lift) => share(Math.abs(lift - 1));

/** A lift in words: 1.53 is `53 % higher`. */
export function lift(value) {
  if (missing(value)) return texts.none;
  if (Math.abs(value - 1) < 0.005) return texts.change.same;
  return value > 1 ? texts.change.higher(distance(value)) : texts.change.lower(distance(value));
}

/** The interval of a lift in words: `43 % to 64 % higher`, or `8 % lower to 98 % higher`. */
export function liftRange(interval) {
  if (!interval) return texts.none;
  const [low, high] = interval;
  if (low >= 0.995) return texts.change.higher(texts.change.between(distance(low), distance(high)));
  if (high <= 1.005) return texts.change.lower(texts.change.between(distance(high), distance(low)));
  return texts.change.between(lift(low), lift(high));
}

/** A probability in whole per cent, never none or all of it, as the engine's sentences say it: 97 %, over 99 %, under 1 %. */
export function probability(value) {
  if (value > 0.99) return texts.change.over(share(0.99));
  return value < 0.01 ? texts.change.under(share(0.01)) : share(value);
}

/** A signed change of a lift, for axes: +50 %. */
export const signed = (value) =>
  written({ style: "percent", signDisplay: "exceptZero", maximumFractionDigits: 0 }, value - 1);

/** Whether a higher value of a metric is better. */
export const higherIsBetter = (metric) => !LOWER_IS_BETTER.has(metric);

/** `good`, `bad` or `unsure` of a lift. */
export function tone(metric, effect, sure) {
  if (!sure) return "unsure";
  return effect > 1 === higherIsBetter(metric) ? "good" : "bad";
}

const unescape = (text) => text.replace(/%(25|3a|2a|2f)/g, (_, code) => String.fromCharCode(parseInt(code, 16)));

/** A signal as a person reads it, or its level only; the engine's own label is preferred where an answer has one. */
export function signalLabel(key, bare = false) {
  const at = key.indexOf(":");
  const groups = key.slice(0, at).split("*");
  const levels = key.slice(at + 1).split("*");
  if (bare) return unescape(levels[0]);
  const names = groups.map((group, place) => `${groupLabel(group)} ${unescape(levels[place] ?? "")}`.trim());
  return capital(names.join(" × "));
}

/** A group of signals as a person reads it: `audience.city_tier` is `city tier`, `creative.type` `creative type`. */
export function groupLabel(group) {
  return group
    .split("*")
    .map((part) => (part.startsWith("audience.") ? part.slice(9) : part).replace(/[._]/g, " "))
    .join(" × ");
}

/** A text with a capital letter first. */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Parts that do not work, in words. @param {string[]} parts */
export const degradedParts = (parts) => parts.map((part) => texts.health.part[part] ?? part).join("; ");
