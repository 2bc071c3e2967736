import type { Model, Neighbour } from '../../model-host.ts';
import { Registry } from './registry.ts';

/** The tools of a host with Windows. A new one is a row here. */
function models(): readonly Model[] {
  const registry = new Registry();
  return [
    {
      tools: ['reg'],
      run: ({ args }) => registry.run(args),
      listing: () => registry.listing(),
      holds: () => false,
    },
  ];
}

/** An administrator's own: none of it may ever change. */
const NEIGHBOURS: readonly Neighbour[] = [];

/** What a model host with Windows consists of. */
export const WINDOWS = {
  /** As the system tells its version: Windows 10, 11 and the servers since 2016. */
  version: [10, 0],
  models,
  neighbours: NEIGHBOURS,
} as const;
