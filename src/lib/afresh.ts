import type { Host } from './host.ts';

/** The host for one of many things that are done in a row: each has the time of a run of its own. */
export function afresh(host: Host): Host {
  const { clock } = host;
  const start = clock.elapsed();
  return {
    ...host,
    clock: {
      now: () => clock.now(),
      elapsed: () => clock.elapsed() - start,
      sleep: (milliseconds) => clock.sleep(milliseconds),
    },
  };
}
