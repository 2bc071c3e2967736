import { isIPv4, isIPv6 } from 'node:net';
import type { Completed } from '../../../src/lib/effect.ts';
import { no, ok } from './answer.ts';

/** Rules and routes of one address family of one host, behind iproute2's words. */
class Family {
  readonly #digits: '4' | '6';
  /** `priority table`. */
  readonly rules = new Set<string>();
  /** `prefix table metric`. */
  readonly routes = new Set<string>();

  constructor(digits: '4' | '6') {
    this.#digits = digits;
  }

  /** What one line prints, or the first line of what it complains. */
  line(words: readonly string[]): { readonly said?: string; readonly complaint?: string } {
    const text = words.join(' ');
    const show = /^rule show priority (\d+)$/.exec(text);
    if (show) return { said: this.#shown(show[1] ?? '') };
    const listed = /^route show table (\d+)$/.exec(text);
    if (listed) return { said: this.#routes(listed[1] ?? '') };
    const rule = /^rule (add|del) priority (\d+) lookup (\d+)$/.exec(text);
    if (rule?.[1] === 'add') return this.#add(this.rules, `${rule[2]} ${rule[3]}`);
    if (rule) {
      const known = this.rules.delete(`${rule[2]} ${rule[3]}`);
      return known ? {} : { complaint: 'RTNETLINK answers: No such file or directory' };
    }
    const route = /^route (add|del) blackhole (\S+)\/(\d+) table (\d+) metric (\d+)$/.exec(text);
    const [, verb, address = '', bits, table, metric] = route ?? [];
    const [valid, whole] = this.#digits === '4' ? [isIPv4, '32'] : [isIPv6, '128'];
    if (!valid(address) || bits !== whole) {
      return { complaint: `Error: inet${this.#digits === '4' ? '' : '6'} prefix is expected` };
    }
    const key = `${address} ${table} ${metric}`;
    if (verb === 'add') return this.#add(this.routes, key);
    if (this.routes.delete(key)) return {};
    const known = this.#tables.has(table ?? '');
    return {
      complaint: known ? 'RTNETLINK answers: No such process' : 'Error: FIB table does not exist.',
    };
  }

  // The kernel makes a table with its first route or rule, and keeps it.
  readonly #tables = new Set<string>();

  #shown(priority: string): string {
    return [...this.rules]
      .filter((rule) => rule.startsWith(`${priority} `))
      .map((rule) => `${priority}:\tfrom all lookup ${rule.split(' ')[1]}\n`)
      .join('');
  }

  #routes(wanted: string): string {
    return [...this.routes]
      .map((route) => route.split(' '))
      .filter(([, table]) => table === wanted)
      .map(([address, , metric]) =>
        this.#digits === '4'
          ? `blackhole ${address} metric ${metric} \n`
          : `blackhole ${address} dev lo metric ${metric} pref medium\n`,
      )
      .join('');
  }

  #add(where: Set<string>, key: string) {
    if (where.has(key)) return { complaint: 'RTNETLINK answers: File exists' };
    where.add(key);
    this.#tables.add(key.split(' ')[1] ?? '');
    return {};
  }

  /** Whether what is sent to the address goes nowhere. */
  loses(address: string): boolean {
    const tables = new Set([...this.rules].map((rule) => rule.split(' ')[1]));
    return [...this.routes].some((route) => {
      const [to, table] = route.split(' ');
      return to === address && tables.has(table);
    });
  }
}

/** Policy rules and blackhole routes of one host, behind `ip -batch` of iproute2 6.1. */
export class Routes {
  readonly #families = { '4': new Family('4'), '6': new Family('6') };

  run(args: readonly string[], stdin: string | undefined): Completed {
    const [, digits, once] = /^-([46]) (?:-batch -|(.+))$/.exec(args.join(' ')) ?? [];
    if (digits !== '4' && digits !== '6') {
      return no(255, `Object "${args[0]}" is unknown, try "ip help".`);
    }
    if (once !== undefined) {
      const { said, complaint } = this.#families[digits].line(once.split(' '));
      return complaint === undefined ? ok(said) : no(2, complaint);
    }
    let stdout = '';
    for (const [place, line] of (stdin ?? '').trimEnd().split('\n').entries()) {
      const { said = '', complaint } = this.#families[digits].line(line.split(' '));
      if (complaint !== undefined)
        return no(1, `${complaint}\nCommand failed -:${place + 1}`, stdout);
      stdout += said;
    }
    return ok(stdout);
  }

  listing(): string {
    return Object.entries(this.#families)
      .flatMap(([digits, { rules, routes }]) => [
        ...[...rules].sort().map((rule) => `ip -${digits} rule ${rule}\n`),
        ...[...routes].sort().map((route) => `ip -${digits} route blackhole ${route}\n`),
      ])
      .join('');
  }

  drops(address: string): boolean {
    return Object.values(this.#families).some((family) => family.loses(address));
  }
}
