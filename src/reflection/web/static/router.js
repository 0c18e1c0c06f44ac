/** Addresses: which screen is meant, links without reloading, and the focus on what is new. */

import { createContext, html, useContext, useEffect, useState } from "./vendor/preact-htm.js";

const Place = createContext({ path: "/", query: new URLSearchParams() });
const MOVED = "reflection:moved";

/** Go to an address of the page. */
export function go(href, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", href);
  dispatchEvent(new CustomEvent(MOVED, { detail: { replace } }));
}

/** Where we are, for everything below. */
export function Located({ children }) {
  const here = () => ({ path: location.pathname, query: new URLSearchParams(location.search) });
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const moved = () => setPlace(here());
    addEventListener("popstate", moved);
    addEventListener(MOVED, moved);
    return () => {
      removeEventListener("popstate", moved);
      removeEventListener(MOVED, moved);
    };
  }, []);
  return html`<${Place.Provider} value=${place}>${children}<//>`;
}

/** The place: {path, query}. */
export const usePlace = () => useContext(Place);

/**
 * The filters in the address, and a function that changes some of them; empty ones leave the address.
 * @returns {[Record<string, any>, (changes: Record<string, string>) => void]}
 */
export function useFilters() {
  const { path, query } = usePlace();
  const change = (changes) => {
    const next = new URLSearchParams(query);
    for (const [name, value] of Object.entries(changes)) value ? next.set(name, value) : next.delete(name);
    const text = next.toString();
    go(text ? `${path}?${text}` : path, { replace: true });
  };
  return [Object.fromEntries(query), change];
}

/** A link within the page. */
export function Link({ href, children, ...rest }) {
  const follow = (event) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(href);
  };
  return html`<a href=${href} onClick=${follow} ...${rest}>${children}</a>`;
}

/** The address of one campaign, of one signal. */
export const campaignAddress = (id) => `/campaigns/${encodeURIComponent(id)}`;
export const signalAddress = (signal, metric) =>
  `/works/${encodeURIComponent(signal)}${metric ? `?metric=${encodeURIComponent(metric)}` : ""}`;
