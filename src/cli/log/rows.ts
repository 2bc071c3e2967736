import { oneLine, stamp } from '../../lib/text.ts';
import type { Run } from './runs.ts';

const HEAD = ['TIME', 'OUTCOME', 'ACTION', 'TARGET', 'HOLDER', 'BACKEND', 'MS', 'DETAIL'] as const;

const RIGHT = HEAD.indexOf('MS');
const LAST = HEAD.length - 1;

// A path may be longer than any screen is wide; then its row alone is out of line.
const WIDEST = 45;

const cells = ({ at, outcome, action, verb, target, holder, backend, ms, detail }: Run) =>
  [
    stamp(at),
    outcome,
    [action, verb].filter((word) => word !== undefined).join(' '),
    target ?? '-',
    holder === action ? '-' : holder,
    backend ?? '-',
    ms === undefined ? '-' : String(ms),
    detail,
  ].map(oneLine);

/** Rows under each other. What comes later is aligned with what came before as far as it can be. */
export class Table {
  readonly #widths: number[] = HEAD.map((title) => title.length);
  #headed = false;

  /** A text of one line for each run; the first one begins with the titles. */
  of(runs: readonly Run[]): string {
    const rows = [...(this.#headed ? [] : [HEAD]), ...runs.map(cells)];
    this.#headed = true;
    for (const row of rows) {
      for (const [column, { length }] of row.entries()) {
        const width = Math.max(this.#widths[column] ?? 0, length);
        if (length <= WIDEST) this.#widths[column] = width;
      }
    }
    return rows.map((row) => `${this.#row(row)}\n`).join('');
  }

  #row(row: readonly string[]): string {
    const padded = row.map((cell, column) => {
      const width = this.#widths[column] ?? 0;
      if (column === LAST) return cell;
      return column === RIGHT ? cell.padStart(width) : cell.padEnd(width);
    });
    return padded.join('  ').trimEnd();
  }
}
