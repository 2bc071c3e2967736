import path from 'node:path';
import { parseArgs } from 'node:util';
import { BuildError, messageOf } from './failure.ts';
import { engines } from './inject/engines.ts';
import type { Injector } from './inject/injector.ts';
import { root } from './paths.ts';
import { type AnyTarget, allTargets, hostTarget, parseTargets } from './targets.ts';

/** What a build was asked for. */
export interface Options {
  readonly targets: readonly AnyTarget[];
  readonly out: string;
  readonly engine: Injector;
}

/** What `--help` prints. */
export const usage = `npm run build -- [options]

  --target NAME   ${allTargets.map(({ id }) => id).join(', ')};
                  several with commas or by repeating (default: this machine's)
  --out DIR       where to put one folder per target (default: dist)
  --engine NAME   what joins program and runtime: ${engines.map(({ name }) => name).join(', ')} (default: pkg)
  --help          this text`;

/** Reads the command line; nothing when it asks for help. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const values = read(args);
  if (values.help) return undefined;
  const engine = engines.find(({ name }) => name === values.engine);
  if (!engine) {
    const names = engines.map(({ name }) => name).join(', ');
    throw new BuildError(`"${values.engine}" is not an engine; choose from ${names}.`);
  }
  return {
    targets: parseTargets(values.target, hostTarget()),
    out: values.out === undefined ? path.join(root, 'dist') : path.resolve(values.out),
    engine,
  };
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        target: { type: 'string', multiple: true, default: [] },
        out: { type: 'string' },
        engine: { type: 'string', default: 'pkg' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new BuildError(`${messageOf(error)}\n\n${usage}`);
  }
}
