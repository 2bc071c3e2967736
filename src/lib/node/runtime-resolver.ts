import { Resolver as Client } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { plainAddress } from '../lifelines/addresses.ts';
import type { Resolver } from '../names.ts';

/**
 * The system's resolvers, asked by the runtime itself, and the file of hosts before them, where no tool
 * asks as the agent does. Not by the
 * system's own lookup, which nothing ends before its patience is over.
 */
export function runtimeResolver(hostsFile: string): Resolver {
  return {
    async resolve(names, timeout) {
      const known = hostsIn(textOf(hostsFile));
      const client = new Client({ timeout, tries: 1 });
      const timer = setTimeout(() => client.cancel(), timeout);
      try {
        const answers = await Promise.all(
          names.map(async (name) => [
            name,
            known.get(name.toLowerCase()) ?? (await ask(client, name)),
          ]),
        );
        return new Map(answers as [string, readonly string[]][]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

async function ask(client: Client, name: string): Promise<readonly string[]> {
  const none = () => [];
  const [four, six] = [client.resolve4(name).catch(none), client.resolve6(name).catch(none)];
  return [...(await four), ...(await six)];
}

/** `ADDRESS NAME…` a line, `#` before a comment. */
function hostsIn(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [first = '', ...names] = (line.split('#', 1)[0] ?? '').trim().split(/\s+/);
    const address = plainAddress(first);
    if (address === undefined) continue;
    for (const name of names.map((one) => one.toLowerCase())) {
      found.set(name, [...(found.get(name) ?? []), address]);
    }
  }
  return found;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
