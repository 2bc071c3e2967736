/** A part of some tool's JSON, of which nothing is known yet. */
export type Tree = Readonly<Record<string, unknown>>;

const NOTHING: Tree = {};

const memberOf = (tree: unknown, name: string): unknown =>
  typeof tree === 'object' && tree !== null && Object.hasOwn(tree, name)
    ? (tree as Tree)[name]
    : undefined;

/** A member that is an object; an empty one where it is none. */
export function objectIn(tree: unknown, name: string): Tree {
  const value = memberOf(tree, name);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Tree)
    : NOTHING;
}

/** A member that is a list; an empty one where it is none. */
export function arrayIn(tree: unknown, name: string): readonly unknown[] {
  const value = memberOf(tree, name);
  return Array.isArray(value) ? value : [];
}

/** A member that is a text. */
export function textIn(tree: unknown, name: string): string | undefined {
  const value = memberOf(tree, name);
  return typeof value === 'string' ? value : undefined;
}

/** A member that is a number. */
export function numberIn(tree: unknown, name: string): number | undefined {
  const value = memberOf(tree, name);
  return typeof value === 'number' ? value : undefined;
}
