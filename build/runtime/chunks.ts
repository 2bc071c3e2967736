/** Modules that the program has anyway, by their path. */
let shared: Readonly<Record<string, unknown>> = {};

/** Says what chunks may take from the program around them instead of having a copy. */
export function share(modules: Readonly<Record<string, unknown>>): void {
  shared = modules;
}

/**
 * Evaluates a CommonJS chunk that is carried as text, and gives its exports.
 *
 * V8 has to look at every function of a program before it starts, but not into a string: whatever a
 * short run does not need costs it nothing when it is kept like this.
 */
export function evaluate(source: string): unknown {
  const module = { exports: {} };
  const load = (name: string): unknown => (name in shared ? shared[name] : require(name));
  // The text is a part of this same program, put there when it was built; none of it is input.
  new Function('require', 'module', 'exports', source)(load, module, module.exports);
  return module.exports;
}

/** A text that was compressed, as base64. */
export function unpack(packed: string): string {
  const { brotliDecompressSync } = require('node:zlib') as typeof import('node:zlib');
  return brotliDecompressSync(Buffer.from(packed, 'base64')).toString();
}
