import type { Plugin } from 'esbuild';

// What packages import of it by name; another one would stop the build.
const NAMED = ['execArgv', 'execPath', 'hrtime', 'platform'];

/**
 * Gives whoever imports the runtime's module `process` the global of that name. To make or to copy the
 * module reads all that the global has, the title too, at which node 22 dies on Windows where the
 * console has none: https://github.com/nodejs/node/issues/58695.
 */
export const globalProcess: Plugin = {
  name: 'global-process',
  setup(context) {
    context.onResolve({ filter: /^(?:node:)?process$/ }, () => ({
      path: 'process',
      namespace: 'global-process',
    }));
    context.onLoad({ filter: /.*/, namespace: 'global-process' }, () => ({
      contents: [
        'export default process;',
        ...NAMED.map((name) => `export const ${name} = /* @__PURE__ */ (() => process.${name})();`),
      ].join('\n'),
      loader: 'js',
    }));
  },
};
