import { addressIn, type Ip, parseIp } from '../fields.ts';

/** A file of rules that TCP wrappers read, of which the first that matches decides. */
export interface HostsFile {
  readonly path: string;
  /** The rule that keeps an address out of every service, without a line end. */
  readonly rule: (ip: Ip) => string;
}

// hosts_access(5): a bare IPv6 address is read as a network and options behind it, and matches nobody.
const client = ({ text, family }: Ip) => (family === 6 ? `[${text}]` : text);

/** Where a rule denies by being there. */
export const HOSTS_DENY: HostsFile = {
  path: '/etc/hosts.deny',
  rule: (ip) => `ALL: ${client(ip)}`,
};

/** The one file of FreeBSD, whose rules say what they do and end in `ALL : ALL : allow`. */
export const HOSTS_ALLOW: HostsFile = {
  path: '/etc/hosts.allow',
  rule: (ip) => `ALL : ${client(ip)} : deny`,
};

/** A holder's rule for an address: the line that marks it as ours, and the rule right below. */
export type Marked = readonly [mark: string, rule: string];

/** Both lines, without their ends. Behind a rule the words of a comment would be more addresses. */
export const marked = (file: HostsFile, ip: Ip, holder: string): Marked => [
  `# riposte ${holder}`,
  file.rule(ip),
];

/** What an older program writes for the address, without a mark. */
export const unmarked = (ip: Ip): string => `ALL:${client(ip)}`;

const linesOf = (text: string): readonly string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

// An editor on another system may have changed the ends of all lines.
const bare = (line: string | undefined) => line?.replace(/\r?\n$/, '');

/** Behind a backslash a line is a part of the one before. */
const continued = (lines: readonly string[], at: number) =>
  bare(lines[at - 1])?.endsWith('\\') === true;

/** The places of the marks. */
const places = (lines: readonly string[], [mark, rule]: Marked): readonly number[] =>
  [...lines.keys()].filter(
    (at) => bare(lines[at]) === mark && bare(lines[at + 1]) === rule && !continued(lines, at),
  );

const MARK = /^# riposte (?<holder>[a-z][a-z0-9._-]*)$/;

/** One rule of ours, whoever holds it. */
export interface Inventoried {
  readonly holder: string;
  readonly target: string;
}

/** The marks of ours with rules of ours below, and their places. */
function inventory(lines: readonly string[], file: HostsFile) {
  return lines.flatMap((line, at) => {
    const { holder } = MARK.exec(bare(line) ?? '')?.groups ?? {};
    if (holder === undefined || continued(lines, at)) return [];
    const target = targetIn(bare(lines[at + 1]) ?? '', file);
    return target === undefined ? [] : [{ at, holder, target }];
  });
}

/** The address of a rule that we could have written. */
function targetIn(line: string, { rule }: HostsFile): string | undefined {
  return line
    .split(/[\s[\]]+/)
    .map(addressIn)
    .find((target) => target !== undefined && rule(parseIp(target)) === line);
}

/** All rules of ours in the text of a file, each once. */
export function allOf(text: string, file: HostsFile): readonly Inventoried[] {
  const all = inventory(linesOf(text), file);
  const each = new Map(
    all.map(({ holder, target }) => [`${holder} ${target}`, { holder, target }]),
  );
  return [...each.values()];
}

/** Without any rule of ours; every other byte stays. */
export function cleared(text: string, file: HostsFile): string {
  const lines = linesOf(text);
  const ours = new Set(inventory(lines, file).flatMap(({ at }) => [at, at + 1]));
  return lines.filter((_, at) => !ours.has(at)).join('');
}

/** Whether the rule is there, as ours: lines are compared whole, never a part of one. */
export const has = (text: string, entry: Marked): boolean =>
  places(linesOf(text), entry).length > 0;

/** Whether a line stands there that says just this, and none of ours that marks it. */
export const hasLine = (text: string, line: string): boolean =>
  linesOf(text).some(
    (one, at, lines) => bare(one) === line && !MARK.test(bare(lines[at - 1]) ?? ''),
  );

/**
 * With the rule, unless it is there. It goes to the top: no rule of an administrator's can come first,
 * and no line of theirs is touched, not even a last one without its end.
 */
export const added = (text: string, entry: Marked): string =>
  has(text, entry) ? text : `${entry.join('\n')}\n${text}`;

/** Without the rule, however often it is there; every other byte stays. */
export function removed(text: string, entry: Marked): string {
  const lines = linesOf(text);
  const ours = new Set(places(lines, entry).flatMap((at) => [at, at + 1]));
  return lines.filter((_, at) => !ours.has(at)).join('');
}
