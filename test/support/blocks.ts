import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CHANGED, makeAccountHost, PASSWORD } from './accounts.ts';
import { messageFor, nextAlertId } from './alert.ts';
import { PROBES } from './firewall.ts';
import { AR_CONF, type Home, type LoggedOutcome, makeHome } from './home.ts';
import { message } from './messages.ts';
import { makeWorld, obstacle, type Place, type Ran } from './net.ts';
import { privateEtc, rootObstacle } from './private.ts';
import { mounted } from './tools.ts';

/** How much of a block the system's own tools show. */
export type Trace = 'whole' | 'part';

/** One way to block something, as a stage shows it. */
export interface Kind {
  readonly name: string;
  readonly program: string;
  /** The name that records have of it. */
  readonly backend: string;
  readonly extra: readonly string[];
  /** What stands in the way of trying it here, or nothing. */
  readonly obstacle: () => string | undefined;
  readonly stage: () => Promise<Scenery>;
}

/** Where blocks of one kind are made, and what is seen there of them. */
export interface Scenery {
  readonly at: Place;
  /** The target of that number, from 0. */
  readonly target: (number: number) => string;
  /** Every target of which the system shows anything of ours. */
  readonly seen: () => Promise<ReadonlyMap<string, Trace>>;
  /** Takes away all that blocks stand on, as a reboot would; where there is any such ground. */
  readonly wipe?: () => Promise<void>;
  /** What is lying about beside them: names of files that nobody is to find after a while. */
  readonly litter?: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
}

/** How many targets a stage has. */
export const TARGETS = 2_000;

const address = (number: number) => `198.18.${Math.floor(number / 250)}.${(number % 250) + 1}`;

const firewall = (backend: keyof typeof PROBES): Kind => ({
  name: `firewall-drop by ${backend}`,
  program: 'firewall-drop',
  backend,
  extra: ['--backend', backend],
  obstacle: () => obstacle(PROBES[backend].tools),
  async stage() {
    const world = await makeWorld();
    const at = world.victim;
    const { blocked, rules, wipe } = PROBES[backend];
    return {
      at,
      target: address,
      async seen() {
        const found = new Map<string, Trace>();
        const whole = (await blocked(at, 4)).map((one) => one.address);
        const lines = await rules(at, 4);
        if (backend === 'iptables') {
          for (const line of lines) found.set(/ -s (\S+)\/32 /.exec(line)?.[1] ?? line, 'part');
        }
        // A set that no rule looks into keeps nobody out.
        for (const one of whole) found.set(one, lines.length > 0 ? 'whole' : 'part');
        return found;
      },
      wipe: () => wipe(at),
      close: () => world.close(),
    };
  },
});

const routeNull: Kind = {
  name: 'route-null',
  program: 'route-null',
  backend: 'ip-route',
  extra: ['--backend', 'ip-route'],
  obstacle: () => obstacle(['ip']),
  async stage() {
    const world = await makeWorld();
    const at = world.victim;
    return {
      at,
      target: address,
      async seen() {
        const { stdout } = await at.run(['ip', 'route', 'show', 'table', '182']);
        const ruled = (await at.must(['ip', 'rule', 'show', 'priority', '182'])) !== '';
        const lines = stdout.split('\n').filter((line) => line.startsWith('blackhole '));
        const trace = ruled ? ('whole' as const) : ('part' as const);
        return new Map(lines.map((line) => [line.split(' ')[1] ?? line, trace]));
      },
      async wipe() {
        await at.run(['ip', 'route', 'flush', 'table', '182']);
        await at.run(['ip', 'rule', 'del', 'priority', '182']);
      },
      close: () => world.close(),
    };
  },
};

const STOCK = '# /etc/hosts.deny of an administrator: 198.18.0.1\nin.ftpd: 192.0.2.9\n';

/** `how` the file lies there: to be replaced, or mounted by itself, so that it is written in place. */
const hostDeny = (how: 'replaced' | 'in place'): Kind => ({
  name: `host-deny, ${how}`,
  program: 'host-deny',
  backend: 'hosts-deny',
  extra: [],
  obstacle: () => rootObstacle(['tcpdmatch']),
  async stage() {
    const etc = await privateEtc();
    await writeFile(join(etc.folder, 'hosts.allow'), '');
    await writeFile(join(etc.folder, 'hosts.deny'), STOCK);
    const at =
      how === 'replaced' ? etc.at : mounted(etc.at, 'mount --bind /etc/hosts.deny /etc/hosts.deny');
    const text = () => readFileSync(join(etc.folder, 'hosts.deny'), 'utf8');
    return {
      at,
      target: address,
      async seen() {
        if (!text().endsWith(STOCK))
          throw new Error(`an administrator's lines are lost: ${text()}`);
        const lines = text().slice(0, -STOCK.length).split('\n');
        const rules = lines.flatMap((line) => /^ALL: (\S+)$/.exec(line)?.[1] ?? []);
        // The rule and the mark above it, and no line beside those.
        const exact = lines.length === 2 * rules.length + 1;
        return new Map(rules.map((ip) => [ip, exact ? 'whole' : 'part']));
      },
      async litter() {
        const names = (await at.must(['ls', '-A', '/etc'])).split('\n');
        return names.filter((name) => name.includes('.riposte'));
      },
      close: async () => etc[Symbol.asyncDispose](),
    };
  },
});

const disableAccount: Kind = {
  name: 'disable-account',
  program: 'disable-account',
  backend: 'usermod',
  extra: ['--backend', 'usermod'],
  obstacle: () => rootObstacle(['useradd', 'usermod', 'chage', 'nsenter', 'ip', 'busybox']),
  async stage() {
    const host = await makeAccountHost();
    const { at } = host;
    const target = (number: number) => `riposte${number}`;
    // One by one their tools would take minutes.
    const numbers = Array.from({ length: TARGETS }, (_, number) => number);
    const shadowed = (number: number) =>
      `${target(number)}:${PASSWORD.hash}:${CHANGED}:0:99999:7:::`;
    const passwd = numbers
      .map((n) => `${target(n)}:x:${50_000 + n}:100::/nowhere:/bin/sh\n`)
      .join('');
    const shadow = numbers.map((n) => `${shadowed(n)}\n`).join('');
    await at.must(['sh', '-c', 'cat >> /etc/passwd'], { input: passwd });
    await at.must(['sh', '-c', 'cat >> /etc/shadow'], { input: shadow });
    const usual = new Set(numbers.map(shadowed));
    return {
      at,
      target,
      async seen() {
        const found = new Map<string, Trace>();
        for (const line of (await at.must(['cat', '/etc/shadow'])).split('\n')) {
          const [name = '', password = '', , , , , , expires] = line.split(':');
          if (!name.startsWith('riposte') || usual.has(line)) continue;
          const locked = password === `!${PASSWORD.hash}` && expires === '1';
          found.set(name, locked ? 'whole' : 'part');
        }
        return found;
      },
      close: async () => host[Symbol.asyncDispose](),
    };
  },
};

/** Every way whose undo rests on something of its own: a mark, a record, a file of the system. */
export const KINDS: readonly Kind[] = [
  firewall('nft'),
  firewall('ipset'),
  firewall('iptables'),
  routeNull,
  hostDeny('replaced'),
  hostDeny('in place'),
  disableAccount,
];

/** An agent beside such a scenery. */
export interface Stage extends Scenery, AsyncDisposable {
  readonly kind: Kind;
  readonly home: Home;
  /** A target that was not given out before. */
  fresh(): string;
  /** What the agent says for a verb, its answer to the keys behind it. */
  words(verb: 'add' | 'delete', target: string): { readonly alert: string; readonly input: string };
  /** A run to its end, as the agent makes it. */
  run(verb: 'add' | 'delete', target: string): Promise<Ended>;
  /** `riposte WORDS…`. */
  riposte(...words: string[]): Promise<Ran>;
  /** `riposte list --json`, by target. */
  listed(): Promise<ReadonlyMap<string, Listed>>;
}

/** A run and its line in the log. */
export interface Ended extends Ran {
  readonly logged: LoggedOutcome | undefined;
}

/** What `riposte list --json` says of a block, in part. */
export interface Listed {
  readonly target: string;
  readonly backend: string;
  readonly holder: string;
  readonly state: 'held' | 'gone' | 'recorded' | 'unrecorded';
  readonly until?: string;
}

/** Seconds that the agent of a stage means every block to last. */
export const TIMEOUT = 600;

/** Sets the stage for blocks of a kind. */
export async function setStage(kind: Kind): Promise<Stage> {
  const scenery = await kind.stage();
  const arConf = [...AR_CONF, `${kind.program}600 - ${kind.program} - ${TIMEOUT}`];
  const home = await makeHome({ arConf });
  const { at, close } = scenery;
  let given = 0;
  const words: Stage['words'] = (verb, target) => {
    const alert = nextAlertId();
    const lines = [verb, ...(verb === 'add' ? ['continue'] : [])].map(
      (command) => `${messageOf(kind, command, target, alert)}\n`,
    );
    return { alert, input: lines.join('') };
  };
  return {
    ...scenery,
    kind,
    home,
    fresh() {
      given += 1;
      return scenery.target(given - 1);
    },
    words,
    async run(verb, target) {
      const { alert, input } = words(verb, target);
      const ran = await at.run(inHome(home, [`active-response/bin/${kind.program}`]), { input });
      return { ...ran, logged: home.outcomes().findLast((one) => one.alert === alert) };
    },
    riposte: (...more) => at.run([`${home.path}/active-response/bin/riposte`, ...more]),
    async listed() {
      const json = await at.must([`${home.path}/active-response/bin/riposte`, 'list', '--json']);
      return new Map((JSON.parse(json) as Listed[]).map((one) => [one.target, one]));
    },
    async [Symbol.asyncDispose]() {
      await close();
      await home.remove();
    },
  };
}

/** A command with the home as its folder; entering a mount namespace loses the one that one was in. */
export const inHome = ({ path }: Home, argv: readonly string[]): readonly string[] => [
  'env',
  '-C',
  path,
  ...argv,
];

function messageOf(kind: Kind, command: string, target: string, alertId: string): string {
  const { program, extra } = kind;
  if (program !== 'disable-account') {
    return messageFor({ ip: target, program, extra, alertId }, command);
  }
  const sample = JSON.parse(message('4x-add-pam-5503-disable-account'));
  const { alert } = sample.parameters;
  sample.parameters.extra_args = extra;
  sample.parameters.alert = { ...alert, id: alertId, data: { ...alert.data, dstuser: target } };
  return JSON.stringify({ ...sample, command });
}
