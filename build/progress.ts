/** Prints one line about a target or a platform. */
export function say(subject: string, text: string): void {
  console.log(`${subject}: ${text}`);
}

/** A size for people: `61 kB`, `107.5 MB`. */
export function size(bytes: number): string {
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Runs a slow step and gives its seconds as text: `3.2 s`. */
export async function timed(step: () => Promise<void>): Promise<string> {
  const start = performance.now();
  await step();
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
