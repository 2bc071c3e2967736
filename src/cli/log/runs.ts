import { isObject } from '../../lib/settings.ts';
import { oneLine } from '../../lib/text.ts';

/** The end of one run, as its line in the log tells it. */
export interface Run {
  /** To the second, as the log has it. */
  readonly at: Date;
  readonly outcome: string;
  readonly exit: number;
  readonly action: string;
  readonly holder: string;
  readonly verb: string | undefined;
  readonly target: string | undefined;
  readonly backend: string | undefined;
  /** Milliseconds that it took. */
  readonly ms: number | undefined;
  readonly detail: string;
  /** All that the line says. */
  readonly said: Readonly<Record<string, unknown>>;
}

const STAMP = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d) /;
const LINE = /^.{19} active-response\/bin\/\S+: (\{"riposte":.*)$/;

/** When a line of the log was written, in this host's time; nothing for one without a stamp. */
export function timeOf(line: string): Date | undefined {
  const fields = STAMP.exec(line)?.slice(1).map(Number);
  if (!fields) return undefined;
  const [year = 0, month = 0, ...rest] = fields;
  return new Date(year, month - 1, ...(rest as [number, number, number, number]));
}

/**
 * The run that a line of the log is the end of; nothing for all other lines. The agent's account can
 * write to the log, so nothing in a line is taken for granted.
 */
export function runIn(line: string): Run | undefined {
  const at = timeOf(line);
  const said = objectIn(LINE.exec(line)?.[1])?.['riposte'];
  if (!at || !isObject(said)) return undefined;
  const text = (name: string) => (typeof said[name] === 'string' ? said[name] : undefined);
  const number = (name: string) => (typeof said[name] === 'number' ? said[name] : undefined);
  const [outcome, action, detail, exit] = [
    text('outcome'),
    text('action'),
    text('detail'),
    number('exit'),
  ];
  if (outcome === undefined || action === undefined || exit === undefined) return undefined;
  return {
    at,
    outcome,
    exit,
    action,
    holder: text('holder') ?? action,
    verb: text('verb'),
    target: text('target'),
    backend: text('backend'),
    ms: number('ms'),
    detail: detail ?? '',
    said,
  };
}

/** What the line says, with its time, as one line of JSON. */
export const jsonOf = ({ at, said }: Run): string =>
  oneLine(JSON.stringify({ at: at.toISOString(), ...said }));

function objectIn(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
