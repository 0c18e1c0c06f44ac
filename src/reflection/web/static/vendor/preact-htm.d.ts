/** What the page's scripts may rely on of the vendored file; read by `make check-page`, never sent. */

export function html(strings: TemplateStringsArray, ...values: any[]): any;
export function h(type: any, props?: any, ...children: any[]): any;
export function render(what: any, place: Element | null): void;
export function createContext(first: any): any;
export function useContext(context: any): any;
export function useEffect(effect: () => void | (() => void), inputs?: readonly any[]): void;
export function useErrorBoundary(): [any, () => void];
export function useId(): string;
export function useMemo<T>(make: () => T, inputs: readonly any[]): T;
export function useRef(first: any): { current: any };
export function useState(first?: any): [any, (next: any) => void];
