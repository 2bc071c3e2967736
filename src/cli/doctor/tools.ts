import { realpathSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import which from 'which';
import { TOOLS } from '../../lib/node/tools.ts';
import { bad, type Check, type Finding, good, warning } from './finding.ts';
import type { Scene } from './scene.ts';
import { usedTools } from './used-tools.ts';

/** Where a tool is, and where somebody at a shell would find it. */
export interface ToolFacts {
  readonly tool: string;
  /** In a trusted directory: the one that is run. */
  readonly trusted: string | undefined;
  /** Found first on `PATH`. */
  readonly first: string | undefined;
  /** Whether these two are one file. */
  readonly same: boolean;
}

/** What is not used though it is there; that a tool is missing is the action's to say. */
export function judgeTools(facts: readonly ToolFacts[]): Finding[] {
  const found = facts.flatMap(judge);
  const used = facts.filter(({ trusted }) => trusted !== undefined).map(({ tool }) => tool);
  const all = used.length > 0 ? `found where they are trusted: ${used.join(', ')}` : undefined;
  if (facts.length === 0) return [];
  return [
    all === undefined
      ? bad(
          `no tool at all is in ${TOOLS.folders.join(', ')}`,
          'install the packages that the actions need',
        )
      : good(all),
    ...found,
  ];
}

function judge({ tool, trusted, first, same }: ToolFacts): Finding[] {
  if (first === undefined || same) return [];
  if (trusted === undefined) {
    const text = `${first} is not used: tools are run from ${TOOLS.folders.join(', ')} alone`;
    return [warning(text, `install the system’s package of ${tool}`, tool)];
  }
  const text = `${first} comes first on PATH and is not used; ${trusted} is`;
  return [warning(text, `compare their versions; what holds is what ${trusted} says`, tool)];
}

async function factsOf(scene: Scene): Promise<ToolFacts[]> {
  return Promise.all((await usedTools(scene)).map((tool) => lookUp(tool, scene)));
}

async function lookUp(tool: string, { host }: Scene): Promise<ToolFacts> {
  const trusted = await host.runner.locate(tool);
  // An empty part would mean the folder that one happens to be in.
  const parts = (process.env['PATH'] ?? '').split(delimiter).filter((part) => part !== '');
  const path = parts.map((part) => resolve(part)).join(delimiter);
  const first = (await which(tool, { nothrow: true, path })) ?? undefined;
  return {
    tool,
    trusted,
    first,
    same: first !== undefined && trusted !== undefined && isOne(first, trusted),
  };
}

function isOne(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}

/** The tools that are run, and those that are only found at a shell. */
export const toolsCheck: Check = {
  name: 'tools',
  title: 'Tools',
  run: async (scene) => judgeTools(await factsOf(scene)),
};
