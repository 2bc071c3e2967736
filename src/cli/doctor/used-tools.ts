import { type Backend, stepsOf } from '../../lib/effect.ts';
import { rehearse } from './rehearsal.ts';
import type { Scene } from './scene.ts';

/** All that a backend runs, by the bare names of the tools. */
export function toolsOf(backend: Backend): readonly string[] {
  const commands = stepsOf(backend).flatMap((step) => ('command' in step ? [step.command] : []));
  return [...new Set([...commands.map(({ tool }) => tool), ...(backend.tools ?? [])])];
}

/** The same of all that may be tried by the actions that are looked at, in order. */
export async function usedTools(scene: Scene): Promise<readonly string[]> {
  const tools = new Set<string>();
  for (const action of scene.chosen) {
    const { ways } = await rehearse(action, scene);
    for (const backend of ways.flatMap(({ backends }) => backends)) {
      for (const tool of toolsOf(backend)) tools.add(tool);
    }
  }
  return [...tools].sort();
}
