import type { Clock } from '../host.ts';

const cell = new Int32Array(new SharedArrayBuffer(4));

/** Stops this thread; one-shot runs have nothing else to do meanwhile. */
export function pause(milliseconds: number): void {
  Atomics.wait(cell, 0, 0, milliseconds);
}

/** The machine's clocks. */
export const systemClock: Clock = {
  now: () => new Date(),
  elapsed: () => performance.now(),
  sleep: async (milliseconds) => pause(milliseconds),
};
