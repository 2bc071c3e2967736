import type { Host } from '../../lib/host.ts';

/** The host with all the time of a run before it, for who does the work of many runs. */
export function anew(host: Host): Host {
  const start = host.clock.elapsed();
  return {
    ...host,
    clock: { ...host.clock, elapsed: () => host.clock.elapsed() - start },
  };
}
