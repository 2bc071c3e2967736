import { readFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { execa } from 'execa';

/** Times of one thing done many times, in milliseconds. */
export interface Times {
  readonly median: number;
  readonly min: number;
}

/** The middle and the least of some times. */
export function summary(times: readonly number[]): Times {
  const sorted = times.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  const median = sorted.length % 2 === 0 ? ((sorted[middle - 1] ?? upper) + upper) / 2 : upper;
  return { median, min: sorted[0] ?? Number.NaN };
}

/** Rows as aligned columns: the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return column === 0 ? cell.padEnd(width) : cell.padStart(width);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `12.3 (10.1)`: median and least. */
export const both = ({ median, min }: Times): string => `${ms(median)} (${ms(min)})`;

/** `0.35x`: ours against theirs. */
export const ratio = (ours: number, theirs: number): string => `${(ours / theirs).toFixed(2)}x`;

/** Milliseconds with as many digits as mean something. */
export const ms = (value: number): string => value.toFixed(value < 100 ? 1 : 0);

/** What the numbers depend on, one line each. */
export async function machine(): Promise<readonly string[]> {
  const memory = /MemTotal:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
  const version = async (tool: string) =>
    (await execa(tool, ['--version'], { reject: false })).stdout?.split('\n')[0] ?? '';
  const tools = await Promise.all([version('nft'), version('iptables')]);
  const compiled = (await version('gcc')) !== '';
  return [
    `${cpus().length} × ${cpus()[0]?.model.trim()}, ${(Number(memory) / 2 ** 20).toFixed(0)} GiB`,
    `kernel ${release()}, ${tools.join(', ')}, load ${loadavg()[0]?.toFixed(2)}`,
    `the peer is ${compiled ? 'a C program' : 'a shell script, as there is no gcc'}`,
  ];
}
