/**
 * Evaluates a CommonJS chunk that is carried as text, and gives its exports.
 *
 * V8 has to look at every function of a program before it starts, but not into a string: whatever a
 * short run does not need costs it nothing when it is kept like this.
 *
 * @param shared modules that the chunk takes from the program around it instead of having a copy
 */
export async function evaluate<Exports>(
  source: string,
  shared: Readonly<Record<string, unknown>>,
): Promise<Exports> {
  const module = { exports: {} as Exports };
  const load = (name: string): unknown => (name in shared ? shared[name] : require(name));
  // The text is a part of this same program, put there when it was built; none of it is input.
  new Function('require', 'module', 'exports', source)(load, module, module.exports);
  return module.exports;
}
