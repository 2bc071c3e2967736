import type { Tool, ToolCall } from './doubles.ts';
import { POLICY } from './registry.ts';

/** A rule of the firewall. */
export interface Rule {
  readonly name: string;
  readonly dir: 'in' | 'out';
  readonly action: string;
  /** With its prefix. */
  readonly remote: string;
}

/** Where the rules are, below HKEY_LOCAL_MACHINE. */
export const RULES = `${POLICY}\\FirewallRules`;

const NONE = '\r\nNo rules match the specified criteria.\r\n\r\n';
const OK = 'Ok.\r\n\r\n';

/** How Windows may write down the address of a rule: nobody of us has seen every version's way. */
export type Spelling = (remote: string) => string;

/** With a mask for IPv4, as most versions do, and bare for a single IPv6 address. */
export const USUAL: Spelling = (remote) =>
  remote.replace(/\/32$/, '/255.255.255.255').replace(/\/128$/, '');

/**
 * The firewall of a Windows behind `netsh advfirewall`: rules with names that need not be unique, kept in
 * the registry, where the real reg.exe finds them.
 */
export class Firewall {
  readonly rules = new Map<string, Rule>();
  readonly #spelling: Spelling;
  /** In another language and code page the texts say the same, and nobody may depend on them. */
  readonly #texts: { readonly ok: string | Buffer; readonly none: string | Buffer };

  constructor({
    spelling = USUAL,
    texts = { ok: OK, none: NONE },
  }: {
    readonly spelling?: Spelling;
    readonly texts?: { readonly ok: string | Buffer; readonly none: string | Buffer };
  } = {}) {
    this.#spelling = spelling;
    this.#texts = texts;
  }

  /** What `netsh.exe` answers. */
  readonly tool: Tool = ({ args }: ToolCall) => {
    const [area, part, verb, what, ...rest] = args;
    if (area !== 'advfirewall' || part !== 'firewall' || what !== 'rule') {
      return { exitCode: 1, stdout: `The following command was not found: ${args.join(' ')}.\r\n` };
    }
    const given = new Map(
      rest.map((word) => {
        const at = word.indexOf('=');
        return [word.slice(0, at), word.slice(at + 1)] as const;
      }),
    );
    if (verb === 'add') return this.#add(given);
    if (verb === 'delete') return this.#delete(given);
    if (verb === 'show') return this.#show(given);
    return { exitCode: 1, stdout: `The following command was not found.\r\n` };
  };

  #add(given: ReadonlyMap<string, string>) {
    const remote = given.get('remoteip');
    // The real one takes an empty address for any, which would be the end of all talk.
    if (!remote || !given.get('name') || !given.get('dir')) {
      return { exitCode: 1, stdout: 'One or more essential parameters were not entered.\r\n' };
    }
    const rule: Rule = {
      name: given.get('name') ?? '',
      dir: given.get('dir') === 'out' ? 'out' : 'in',
      action: given.get('action') ?? 'allow',
      remote,
    };
    const id = crypto.randomUUID().toUpperCase();
    this.rules.set(`{${id}}`, rule);
    return {
      stdout: this.#texts.ok,
      registry: [{ key: RULES, name: `{${id}}`, value: this.#written(rule) }],
    };
  }

  #written({ name, dir, action, remote }: Rule): string {
    const spelled = this.#spelling(remote);
    const [do_, way] = [action === 'block' ? 'Block' : 'Allow', dir === 'in' ? 'In' : 'Out'];
    const where = `${remote.includes(':') ? 'RA6' : 'RA4'}=${spelled}`;
    return `v2.30|Action=${do_}|Active=TRUE|Dir=${way}|${where}|Name=${name}|`;
  }

  #matching(given: ReadonlyMap<string, string>) {
    const [name, remote, dir] = [given.get('name'), given.get('remoteip'), given.get('dir')];
    return [...this.rules].filter(
      ([, rule]) =>
        (name === 'all' || rule.name.toLowerCase() === name?.toLowerCase()) &&
        (remote === undefined || rule.remote === remote) &&
        (dir === undefined || rule.dir === dir),
    );
  }

  #delete(given: ReadonlyMap<string, string>) {
    const allowed = ['name', 'dir', 'profile', 'program', 'service', 'localip', 'remoteip'];
    const matched = this.#matching(given);
    const strange = [...given.keys()].some((key) => !allowed.includes(key));
    if (strange || matched.length === 0) return { exitCode: 1, stdout: this.#texts.none };
    for (const [id] of matched) this.rules.delete(id);
    return {
      stdout: `\r\nDeleted ${matched.length} rule(s).\r\n${this.#texts.ok}`,
      registry: matched.map(([name]) => ({ key: RULES, name, value: undefined })),
    };
  }

  #show(given: ReadonlyMap<string, string>) {
    const matched = this.#matching(given);
    if (matched.length === 0) return { exitCode: 1, stdout: this.#texts.none };
    const shown = matched.map(([, { name, dir, remote, action }]) =>
      [
        `Rule Name:                            ${name}`,
        '-'.repeat(70),
        `Direction:                            ${dir === 'in' ? 'In' : 'Out'}`,
        `RemoteIP:                             ${remote}`,
        `Action:                               ${action === 'block' ? 'Block' : 'Allow'}`,
      ].join('\r\n'),
    );
    return { stdout: `\r\n${shown.join('\r\n\r\n')}\r\n${this.#texts.ok}` };
  }
}
