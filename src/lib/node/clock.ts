import type { Clock } from '../ports.ts';

const cell = new Int32Array(new SharedArrayBuffer(4));

/** Stops this thread; one-shot runs have nothing else to do meanwhile. */
export function pause(milliseconds: number): void {
  Atomics.wait(cell, 0, 0, milliseconds);
}

/** The machine's clocks. */
export const systemClock: Clock = {
  now: () => new Date(),
  // performance.now() would load ten modules of the runtime first.
  elapsed: () => process.uptime() * 1000,
  sleep: async (milliseconds) => pause(milliseconds),
};
