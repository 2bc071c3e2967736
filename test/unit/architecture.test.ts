import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import { describe, expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);

/**
 * The layer of every module of the library. Lower ones never import higher ones; types alone may be
 * named across, since a port's type lives beside what is built on it.
 */
const LAYERS: Readonly<Record<string, number>> = {
  outcome: 0,
  'windows/command-line': 2,
  'windows/registry': 2,
  'windows/service': 2,
  'firewall/windows-rules': 2,
  'firewall/windows-profiles': 2,
  'firewall/netsh-rules': 3,
  'firewall/netsh-upstream': 3,
  'firewall/netsh-survey': 3,
  'firewall/netsh': 3,
  'firewall/windows-blocks': 3,
  'routing/arrives': 0,
  'routing/route-get': 2,
  'routing/bsd-route': 3,
  'routing/windows-table': 2,
  'routing/windows-state': 3,
  'routing/windows-route': 3,
  text: 0,
  json: 0,
  size: 0,
  fields: 1,
  effect: 1,
  hash: 0,
  request: 1,
  action: 2,
  protocol: 2,
  runner: 2,
  http: 2,
  options: 2,
  invocation: 2,
  values: 2,
  settings: 3,
  'lifelines/addresses': 1,
  'lifelines/tables': 2,
  'lifelines/manager': 2,
  'lifelines/logins': 2,
  surroundings: 2,
  protect: 4,
  mode: 4,
  policy: 4,
  names: 4,
  aftermath: 5,
  observe: 4,
  'accounts/administrators': 3,
  'node/logins': 4,
  'node/resolver': 4,
  'node/surroundings': 4,
  call: 4,
  memory: 4,
  held: 4,
  once: 4,
  choice: 2,
  dryrun: 2,
  'accounts/account': 2,
  'accounts/sessions': 3,
  'accounts/on-record': 2,
  'accounts/locking': 3,
  'accounts/usermod': 3,
  'accounts/busybox': 3,
  'accounts/account-lock': 3,
  'accounts/bsd/account': 3,
  'accounts/bsd/locking': 3,
  'accounts/bsd/master': 3,
  'accounts/bsd/tools': 3,
  'accounts/bsd/account-lock': 3,
  'accounts/macos/directory': 3,
  'accounts/macos/pwpolicy': 3,
  'accounts/windows/name': 2,
  'accounts/windows/account': 2,
  'accounts/windows/event': 2,
  'accounts/windows/look': 3,
  'accounts/windows/sessions': 3,
  'accounts/windows/net-user': 3,
  'firewall/iptables': 3,
  asking: 2,
  'firewall/connections': 2,
  'firewall/firewalld': 3,
  'firewall/firewalld/busctl': 2,
  'firewall/firewalld/daemon': 2,
  'firewall/firewalld/firewall-cmd': 2,
  'firewall/firewalld/zoned-rule': 2,
  'firewall/ipset': 3,
  unable: 2,
  'firewall/pf-commands': 2,
  'firewall/pf-token': 3,
  'firewall/pf-survey': 3,
  'firewall/pf': 3,
  'firewall/pf-table': 3,
  'firewall/shared-table': 3,
  'firewall/npf': 3,
  'firewall/ipfw-commands': 2,
  'firewall/ipfw-survey': 3,
  'firewall/ipfw': 3,
  'firewall/ipfw-set': 3,
  'blocks/by-system': 3,
  'firewall/nft-table': 2,
  'firewall/nft': 3,
  'firewall/throttle': 3,
  'firewall/packet-filter': 3,
  'deeds/options': 3,
  'deeds/kill-process': 3,
  'deeds/remove-threat': 3,
  installation: 2,
  'restart/product': 3,
  'restart/configuration': 3,
  'restart/service': 3,
  'restart/running': 3,
  'restart/carry-out': 4,
  'restart/hand-over': 4,
  'restart/restart': 4,
  'restart/asked': 4,
  'restart/covered': 4,
  'restart/control': 3,
  'restart/bsd/launchd': 3,
  'restart/bsd/carry-out': 4,
  'restart/bsd/restart': 4,
  'restart/windows/paths': 0,
  'restart/windows/service': 3,
  'restart/windows/cycle': 4,
  'restart/windows/restart': 4,
  'node/installation': 4,
  'node/umask': 0,
  layout: 0,
  system: 0,
  'node/system': 1,
  'node/system-calls': 0,
  'node/program-file': 1,
  'node/tools': 1,
  'node/powers': 2,
  'node/file-system': 4,
  'node/windows-files': 4,
  'node/windows-access': 4,
  'node/process-number': 1,
  'node/windows-processes': 4,
  'node/windows-surroundings': 4,
  'node/runtime-resolver': 4,
  'node/runtime-servers': 4,
  'node/called': 2,
  'node/bsd-processes': 4,
  'node/bsd-status': 4,
  'node/bsd-surroundings': 4,
  'lifelines/bsd-tables': 2,
  'routing/blackhole': 3,
  'wrappers/hosts-file': 2,
  'wrappers/hosts-deny': 3,
  'flag-file': 3,
  'system-files': 2,
  'node/in-place': 4,
  'node/leftovers': 4,
  'node/no-files': 4,
  'node/libraries': 4,
  'node/system-files': 4,
  'routing/net-tools': 3,
  'routing/null-route': 3,
  ports: 2,
  places: 2,
  vault: 2,
  'process-target': 2,
  signals: 2,
  person: 2,
  collection: 3,
  host: 3,
  perform: 4,
  record: 3,
  'record-names': 4,
  tree: 0,
  'ossec-conf': 0,
  retold: 3,
  inventory: 4,
  presence: 4,
  afresh: 4,
  sweep: 5,
  'on-record': 4,
  restore: 4,
  'lift-all': 5,
  'firewall/nft-survey': 3,
  'firewall/xtables': 2,
  'firewall/xtables-survey': 3,
  'firewall/firewalld/rules-survey': 3,
  'routing/own-table': 2,
  'routing/host-routes': 2,
  'routing/blackhole-survey': 3,
  'routing/net-tools-survey': 3,
  'wrappers/hosts-survey': 3,
  'wrappers/bsd-hosts': 3,
  records: 4,
  journal: 4,
  bounds: 4,
  upkeep: 4,
  'node/newest': 4,
  lock: 4,
  log: 4,
  neverblock: 4,
  expiry: 4,
  block: 4,
  refusal: 2,
  unblock: 4,
  dialogue: 4,
  'notify/alert': 2,
  'notify/address': 2,
  'notify/shorten': 0,
  'notify/service': 3,
  'notify/slack': 3,
  'notify/teams': 3,
  'notify/discord': 3,
  'notify/telegram': 3,
  'notify/generic': 3,
  'notify/x': 3,
  'notify/oauth': 2,
  'notify/deliver': 4,
  'notify/options': 3,
  'notify/notification': 4,
  hearing: 3,
  conclude: 4,
  'shim/definition': 2,
  'shim/facts': 2,
  'shim/argv': 2,
  'shim/v1': 2,
  'shim/script': 2,
  'shim/shim': 5,
  'node/pipes': 4,
  'node/trust': 4,
  'node/scripts': 4,
  'node/agent': 4,
  'node/capture': 4,
  'node/mounts': 4,
  'node/proc': 4,
  'node/quarantine': 4,
  'node/restore': 4,
  'node/signals': 4,
  'node/take': 4,
  'node/vault': 4,
  'node/walk': 4,
  'node/authorities': 4,
  'node/http': 4,
  'node/proxies': 4,
  'node/clock': 4,
  'node/descriptors': 4,
  'node/errors': 0,
  'node/lazy': 0,
  'node/files': 4,
  'node/home': 4,
  'node/log-file': 4,
  'node/processes': 4,
  'node/signs': 4,
  'node/runner': 4,
  'node/machine': 5,
  execute: 5,
  'by-hand': 5,
  main: 6,
  index: 7,
};

// Ports whose types live beside what is built on them.
const PORTS = ['records', 'journal', 'lock', 'log', 'http', 'vault', 'signals', 'names'];

/** One import of one module. */
interface Import {
  readonly target: string;
  /** Nothing of it is left when the types are stripped. */
  readonly typeOnly: boolean;
  readonly dynamic: boolean;
}

interface Source {
  /** Below the project's root, without its end. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const STATIC =
  /^(?:import|export)\s+(?<type>type\s)?(?:(?<names>[^'";]*?)\sfrom\s+)?'(?<target>[^']+)';/gm;
const DYNAMIC = /\bimport\('(?<target>[^']+)'\)/g;

function importsOf(text: string): Import[] {
  const fixed = [...text.matchAll(STATIC)].map(({ groups = {} }) => {
    const inside = /^\{(.*)\}$/s.exec(groups['names']?.trim() ?? '')?.[1];
    const names = inside?.split(',').filter((name) => name.trim() !== '');
    const typeOnly =
      groups['type'] !== undefined ||
      names?.every((name) => name.trim().startsWith('type ')) === true;
    return { target: groups['target'] ?? '', typeOnly, dynamic: false };
  });
  const lazy = [...text.matchAll(DYNAMIC)].map(({ groups = {} }) => ({
    target: groups['target'] ?? '',
    typeOnly: false,
    dynamic: true,
  }));
  return [...fixed, ...lazy];
}

const SOURCES: readonly Source[] = ['src', 'scripts'].flatMap((top) =>
  (readdirSync(new URL(`${top}/`, ROOT), { recursive: true }) as string[])
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const text = readFileSync(new URL(`${top}/${name}`, ROOT), 'utf8');
      const path = `${top}/${name}`.slice(0, -'.ts'.length);
      return { path, text, imports: importsOf(text) };
    }),
);

const LIBRARY = SOURCES.filter(({ path }) => path.startsWith('src/lib/'));
const SCRIPTS = SOURCES.filter(({ path }) => path.startsWith('scripts/'));

const moduleName = (path: string) => path.replace(/^src\/lib\//, '');
const isLocal = ({ target }: Import) => target.startsWith('.');
const resolved = ({ path }: Source, { target }: Import) =>
  normalize(join(dirname(path), target)).replace(/\.ts$/, '');
const onNode = (path: string) => path.startsWith('src/lib/node/') || path === 'src/lib/main';

test('the sources were found and their imports understood', () => {
  expect(LIBRARY.length).toBeGreaterThan(20);
  for (const { text, imports } of SOURCES) {
    const lines = text.match(/^(?:import\b|.*\bfrom ')/gm) ?? [];
    const told = new Set(imports.map(({ target }) => target));
    for (const target of text.matchAll(/\bfrom '([^']+)'/g)) expect(told).toContain(target[1]);
    const fixed = imports.filter(({ dynamic }) => !dynamic);
    expect(fixed.length).toBeLessThanOrEqual(lines.length + 2);
  }
});

test('every module of the library has its layer', () => {
  expect(LIBRARY.map(({ path }) => moduleName(path)).sort()).toEqual(Object.keys(LAYERS).sort());
});

describe.each(LIBRARY.map((source) => [moduleName(source.path), source] as const))(
  'src/lib/%s',
  (name, source) => {
    const locals = source.imports.filter(isLocal);

    test('imports no higher layer', () => {
      const higher = locals
        .filter(({ typeOnly }) => !typeOnly)
        .map((one) => resolved(source, one))
        .filter((path) => path.startsWith('src/lib/'))
        .map(moduleName)
        .filter((target) => (LAYERS[target] ?? 99) > (LAYERS[name] ?? -1));
      expect(higher).toEqual([]);
    });

    test('names the types of a layer above host only where it is a port’s', () => {
      const types = locals
        .filter(({ typeOnly }) => typeOnly)
        .map((one) => moduleName(resolved(source, one)))
        .filter((target) => (LAYERS[target] ?? 99) > Math.max(3, LAYERS[name] ?? -1));
      const ports = name === 'host' ? PORTS : [];
      // The command line is told by its types alone: it is evaluated only for people.
      expect(
        types.filter((target) => !ports.includes(target) && !target.startsWith('src/cli/')),
      ).toEqual([]);
    });

    test('imports the command line only on demand', () => {
      const cli = locals.filter((one) => resolved(source, one).startsWith('src/cli/'));
      for (const { typeOnly, dynamic } of cli) expect(typeOnly || dynamic).toBe(true);
    });
  },
);

const CORE = LIBRARY.filter(({ path }) => !onNode(path));

describe.each(CORE.map((source) => [moduleName(source.path), source] as const))(
  'the core’s src/lib/%s',
  (_name, source) => {
    test('needs no runtime and nothing but an address parser', () => {
      const outside = source.imports.filter((one) => !isLocal(one)).map(({ target }) => target);
      expect(outside.filter((target) => target !== 'ipaddr.js')).toEqual([]);
    });

    test('reads no global', () => {
      const code = source.text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      const names =
        /\b(?:process|globalThis|console|Buffer|performance|setTimeout|Date\.now|Math\.random|require)\b(?!['’:]|\s+(?:is|that))/;
      const stripped = code.replace(/'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g, "''");
      expect(names.exec(stripped)?.[0]).toBeUndefined();
    });
  },
);

describe.each(SCRIPTS.map((source) => [source.path, source] as const))('%s', (_name, source) => {
  test('imports the library’s index and nothing else', () => {
    expect(source.imports.map((one) => resolved(source, one))).toEqual(['src/lib/index']);
  });

  test('is at most 60 lines', () => {
    expect(source.text.split('\n').length - 1).toBeLessThanOrEqual(60);
  });
});

test.each(SOURCES.map((source) => [source.path, source] as const))(
  '%s is at most 300 lines',
  (_path, { text }) => {
    expect(text.split('\n').length - 1).toBeLessThanOrEqual(300);
  },
);

test('there is no cycle of imports, types aside', () => {
  const graph = new Map(
    SOURCES.map((source) => [
      source.path,
      source.imports
        .filter((one) => isLocal(one) && !one.typeOnly)
        .map((one) => resolved(source, one)),
    ]),
  );
  const done = new Set<string>();
  const visit = (path: string, above: readonly string[]): void => {
    expect(above, [...above, path].join(' → ')).not.toContain(path);
    if (done.has(path)) return;
    done.add(path);
    for (const next of graph.get(path) ?? []) visit(next, [...above, path]);
  };
  for (const path of graph.keys()) visit(path, []);
});

test('every export of the library has its sentence', () => {
  const bare = LIBRARY.flatMap(({ path, text }) =>
    [
      ...text.matchAll(
        /(?<before>.*)\n(?<line>export (?:async )?(?:const|function|class|interface|type) (?!\{).*)/g,
      ),
    ]
      .filter(({ groups }) => !/\*\/\s*$/.test(groups?.['before'] ?? ''))
      .map(({ groups }) => `${path}: ${groups?.['line']}`),
  );
  expect(bare).toEqual([]);
});
