/** What the API answers, by its path as a script writes it: `/v1/campaigns/${id}` finds `/v1/campaigns/{campaign_id}`. */

import type { components, paths } from "./openapi";

type Pattern<Path extends string> = Path extends `${infer Before}{${string}}${infer After}` ? `${Before}${string}${Pattern<After>}` : Path;
type Equal<Left extends string, Right extends string> = Left extends Right ? (Right extends Left ? true : false) : false;
type Route<Path extends string> = { [Name in keyof paths & string]: Equal<Path, Pattern<Name>> extends true ? Name : never }[keyof paths & string];
type Operation<Path extends string, Method extends string> = Path extends any ? (Method extends keyof paths[Route<Path>] ? paths[Route<Path>][Method] : never) : never;
type Body<Operated> = Operated extends { responses: { 200: { content: { "application/json": infer Answer } } } } ? Answer
  : Operated extends { responses: { 201: { content: { "application/json": infer Answer } } } } ? Answer
  : Operated extends { responses: { 202: { content: { "application/json": infer Answer } } } } ? Answer : never;

declare global {
  /** The JSON that a route answers. A path that is no route answers `never`, of which nothing can be read. */
  type Answer<Path extends string, Method extends string = "get"> = Body<Operation<Path, Method>>;
  /** What may be asked behind the question mark. */
  type Query<Path extends string, Method extends string = "get"> = Operation<Path, Method> extends { parameters: { query?: infer Asked } } ? Asked : {};
  /** A schema by its name. */
  type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];
}
