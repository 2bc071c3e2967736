import { styleText } from 'node:util';
import { oneLine } from '../../lib/text.ts';
import type { Check, Found, Status } from './finding.ts';

/** What was found, in the order of the checks. */
export interface Report {
  readonly version: string;
  readonly home: string | undefined;
  readonly findings: readonly Found[];
}

const COLOUR = { good: 'green', warning: 'yellow', bad: 'red' } as const;

/** Columns before the text: the status, and a blank on each side. */
const INDENT = 10;

/** For people: a heading for each check, a line for each finding, and one with the sum. */
export function asText(
  { findings }: Report,
  checks: readonly Pick<Check, 'name' | 'title'>[],
  { colours, width }: { readonly colours: boolean; readonly width: number },
): string {
  const status = (one: Status) => {
    const padded = one.padEnd(INDENT - 3);
    return colours ? styleText(COLOUR[one], padded, { validateStream: false }) : padded;
  };
  const groups = checks.flatMap(({ name, title }) => {
    const own = findings.filter(({ check }) => check === name);
    if (own.length === 0) return [];
    const longest = Math.max(0, ...own.map(({ about = '' }) => about.length));
    const lines = own.flatMap((finding) => {
      const about = longest > 0 ? `${(finding.about ?? '').padEnd(longest)}  ` : '';
      const indent = INDENT + about.length;
      const [first = '', ...rest] = wrapped(finding.what, width - indent);
      const fix = wrapped(finding.fix ? `→ ${finding.fix}` : '', width - indent);
      return [
        `  ${status(finding.status)} ${about}${first}`,
        ...[...rest, ...fix].map((line) => `${' '.repeat(indent)}${line}`),
      ];
    });
    return [title, ...lines, ''];
  });
  return [...groups, sum(findings)].join('\n');
}

function sum(findings: readonly Found[]): string {
  const count = (status: Status) => findings.filter((one) => one.status === status).length;
  const [worst, doubtful] = [count('bad'), count('warning')];
  const warnings = `${doubtful} ${doubtful === 1 ? 'warning' : 'warnings'}`;
  if (worst > 0) return `Not ready: ${worst} bad, ${warnings}.`;
  return doubtful > 0 ? `Ready, with ${warnings}.` : 'Ready.';
}

/** Breaks a text at its blanks; a word that is too long stays whole, to be copied. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of oneLine(text).split(' ').filter(Boolean)) {
    const last = lines.at(-1);
    const joined = `${last} ${word}`;
    if (last !== undefined && joined.length <= width) lines[lines.length - 1] = joined;
    else lines.push(word);
  }
  return lines;
}

/** For machines: one object on one line. */
export const asJson = ({ version, home, findings }: Report): string =>
  JSON.stringify({ version, home: home ?? null, ready: isReady(findings), findings });

/** Whether nothing is bad. */
export const isReady = (findings: readonly Found[]): boolean =>
  findings.every(({ status }) => status !== 'bad');
