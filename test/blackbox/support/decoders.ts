/** What the manager's stock decoders and rules make of one line of the log. */
export interface Decoded {
  readonly decoder: 'ar_log' | 'ar_log_json';
  readonly program: string;
  /** The rule that alerts, beyond the silent parents. */
  readonly rule: number | undefined;
  /** The decoded object, where the line holds one right after the prefix. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

const JSON_LINE = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d active-response\/bin\/(\S+): (.*)$/;
const OLD_LINE = /^\w\w\w \w+\s+\d+ \d\d:\d\d:\d\d \w+ \d+ \/\S+\/active-response\/bin\/(.*)$/;
const OLD_FIELDS = /^(\S+) (\S+) \S+ (\S+) (.+) /;

/** Reads one line as the stock decoders do; nothing where none of them matches. */
export function decode(line: string): Decoded | undefined {
  const [, program, rest = ''] = JSON_LINE.exec(line) ?? [];
  if (program !== undefined) {
    const json = object(rest);
    return { decoder: 'ar_log_json', program, json, rule: json && ruleOf(json) };
  }
  const [, script, verb] = OLD_FIELDS.exec(OLD_LINE.exec(line)?.[1] ?? '') ?? [];
  if (script === undefined) return undefined;
  const rule = !script.includes('firewall-drop') ? 607 : verb === 'add' ? 601 : 602;
  return { decoder: 'ar_log', program: script, json: undefined, rule };
}

/** The rules that a whole log alerts with, in order. Throws for a line that no decoder knows. */
export function alerts(log: string): readonly number[] {
  return lines(log).flatMap((line) => {
    const decoded = decode(line);
    if (!decoded) throw new Error(`no stock decoder knows the line ${JSON.stringify(line)}`);
    return decoded.rule === undefined ? [] : [decoded.rule];
  });
}

/** The lines of a log, which must end in a line end. */
export function lines(log: string): readonly string[] {
  if (log === '') return [];
  if (!log.endsWith('\n')) throw new Error('the last line of the log does not end');
  return log.slice(0, -1).split('\n');
}

// Field tests of the rules are substring matches, and they look at the root's own members.
function ruleOf(json: Readonly<Record<string, unknown>>): number | undefined {
  if (String(json['status'] ?? '').includes('inactive')) return 658;
  const verb = /add|delete/.exec(String(json['command'] ?? ''))?.[0];
  if (verb === undefined) return undefined;
  const { program } = (json['parameters'] ?? {}) as { program?: unknown };
  if (String(program ?? '').includes('firewall-drop')) return verb === 'add' ? 651 : 652;
  return 657;
}

function object(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
