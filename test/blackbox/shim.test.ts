import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { chmod, chown, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { test as base, describe, expect } from 'vitest';
import { execd } from '../support/execd.ts';
import { type Home, makeHome } from '../support/home.ts';
import { alerts } from './support/decoders.ts';
import { message } from './support/messages.ts';

const BIN = 'active-response/bin';
const IP = '203.0.113.7';
const WAZUH4 = message('4x-add-ssh-5710-firewall-drop');
const WAZUH5 = message('5x-enable-stateful-block-ip');
const LEGACY = ['-', IP, '1304756247.60385', '31151', '/var/log/auth.log', '-'];

/** A home whose agent calls a script of the operator's by its name, `block`. */
class Site {
  readonly home: Home;
  readonly script: string;

  constructor(home: Home) {
    this.home = home;
    this.script = join(home.path, BIN, 'block.old');
  }

  riposte(...words: readonly string[]) {
    return execa(join(this.home.path, BIN, 'riposte'), words, { stdin: 'ignore', reject: false });
  }

  /** Puts the script there, and the wrapper in front of it. */
  async install(as: 'argv' | 'v1', text: string, ...options: readonly string[]): Promise<void> {
    writeFileSync(this.script, text, { mode: 0o750 });
    const words = ['shim', '--as', as, ...options, '--install', 'block', '--', this.script];
    expect(await this.riposte(...words)).toMatchObject({ exitCode: 0, stderr: '' });
  }

  agent(dialect: 'wazuh4' | 'wazuh5', more: { environment?: NodeJS.ProcessEnv } = {}) {
    return execd({ home: this.home.path, program: 'block', dialect, listen: true, ...more });
  }

  oldAgent() {
    return execd({ home: this.home.path, program: 'block', dialect: 'legacy' });
  }

  /** What scripts wrote down, a line each. */
  get seen(): readonly string[] {
    const file = join(this.home.path, 'seen');
    return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  }

  get last() {
    return this.home.outcomes().at(-1);
  }
}

const it = base.extend<{ site: Site }>({
  // biome-ignore lint/correctness/noEmptyPattern: the runner wants to see a pattern
  site: async ({}, use) => {
    await using home = await makeHome();
    await use(new Site(home));
  },
});

/** As scripts of Wazuh 3.x are: words in, a deed, nothing out. It finds its folder by its own name. */
const OLD = `#!/bin/sh
ACTION=$1
cd \`dirname $0\`; cd ..; cd ..
[ "$ACTION" = add ] || [ "$ACTION" = delete ] || exit 1
for word in "$@"; do printf '[%s]' "$word" >> seen; done
echo >> seen
`;

/** As scripts of Wazuh 4.x are: a line in, keys out, the answer in. */
const NEW = `#!/bin/sh
read -r line
ip=$(printf %s "$line" | sed -n 's/.*"srcip":"\\([^"]*\\)".*/\\1/p')
case $line in
*'"command":"delete"'*) echo "delete $ip" >> seen; exit 0 ;;
*'"command":"add"'*) ;;
*) exit 1 ;;
esac
printf '{"version":1,"origin":{"name":"x","module":"active-response"},"command":"check_keys","parameters":{"keys":["%s","own"]}}\\n' "$ip"
read -r answer
case $answer in
*'"command":"continue"'*) echo "add $ip" >> seen ;;
*'"command":"abort"'*) echo "abort $ip" >> seen ;;
*) echo "no answer" >> seen; exit 1 ;;
esac
`;

describe('a script of 3.x', () => {
  it.concurrent.for([
    {
      dialect: 'wazuh4',
      ids: ['1770113472.345678', '5710'],
      place: '[(web01)][10.0.0.21->/var/log/auth.log]',
      user: '-',
      event: WAZUH4,
    },
    {
      dialect: 'wazuh5',
      ids: ['f166aa6b-3b97-42c6-9700-37e0863a425d', 'd5cc0e71-bcbb-4adc-98de-caed210cebf2'],
      place: '[(ubuntu24)][any->journald]',
      user: 'deploy',
      event: WAZUH5,
    },
  ] as const)('under $dialect', async ({ dialect, ids, place, user, event }, { site }) => {
    await site.install('argv', OLD);
    const agent = site.agent(dialect);
    const run = await agent.add(event, { timeout: 600 });
    expect(run).toMatchObject({
      reply: 'continue',
      key: `block-${IP}`,
      exitCode: 0,
      stdoutAfter: '',
    });
    const words = (verb: string) => `[${verb}][${user}][${IP}][${ids[0]}][${ids[1]}]${place}[-][-]`;
    expect(site.seen).toEqual([words('add')]);
    // The agent has it on its list: nothing runs.
    expect(await agent.add(event, { timeout: 600 })).toMatchObject({ reply: 'abort', exitCode: 0 });
    expect(site.seen).toHaveLength(1);
    expect(await agent.stop()).toMatchObject([{ exitCode: 0 }]);
    expect(site.seen).toEqual([words('add'), words('delete')]);
    expect(site.home.outcomes()).toMatchObject([
      { outcome: 'ran', exit: 0, target: IP, holder: 'block', answer: 'continue', alert: ids[0] },
      { outcome: 'already', exit: 0, answer: 'abort' },
      { outcome: 'ran', exit: 0, verb: 'delete', target: IP },
    ]);
    const journal = readFileSync(
      join(site.home.path, 'active-response/riposte/journal.jsonl'),
      'utf8',
    );
    expect(
      journal
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).outcome),
    ).toEqual(['ran', 'already', 'ran']);
  });

  it.concurrent('under an old agent, word for word', async ({ site }) => {
    await site.install('argv', OLD);
    const agent = site.oldAgent();
    const words = [
      'bob',
      IP,
      '1304756247.60385',
      '31151',
      '(web1)',
      '10.0.0.9->/a',
      '/tmp/a\\(1\\)',
      'x',
    ];
    expect(await agent.add(words, { timeout: 60 })).toMatchObject({ ran: true, exitCode: 0 });
    await agent.stop();
    expect(site.seen).toEqual(
      ['add', 'delete'].map((verb) => `[${verb}]${words.map((word) => `[${word}]`).join('')}`),
    );
    expect(alerts(site.home.log())).toEqual([607, 607]);
  });

  it.concurrent('gets the file name where scripts of an agent look for it, the eighth word', async ({
    site,
  }) => {
    await site.install(
      'argv',
      '#!/bin/sh\necho "$8" > "$(dirname "$0")/../../seen"\n',
      '--expect',
      'filename',
    );
    const fim = message('4x-add-syscheck-554-remove-threat');
    expect(await site.agent('wazuh4').add(fim, { timeout: 60 })).toMatchObject({
      key: 'block-/var/www/html/uploads/shell.php',
    });
    expect(site.seen).toEqual(['/var/www/html/uploads/shell.php']);
  });

  it.concurrent('gets extra arguments last', async ({ site }) => {
    await site.install('argv', OLD);
    await site.agent('wazuh5').add(message('5x-enable-stateless-fim-custom'));
    expect(site.seen[0]).toMatch(
      /\[\/var\/www\/html\/uploads\/shell\.php\]\[--severity\]\[high\]\[--queue\]\[urgent\]$/,
    );
  });

  it.concurrent('A2: two users are two entries, where the script expects the user', async ({
    site,
  }) => {
    await site.install('argv', OLD, '--expect', 'user');
    const agent = site.agent('wazuh5');
    const event = (name: string) => ({ ...WAZUH5, user: { name } });
    for (const name of ['alice', 'bob']) {
      const run = await agent.add(event(name), { timeout: 600 });
      expect(run).toMatchObject({ reply: 'continue', key: `block-${name}` });
    }
    expect(site.seen.map((line) => line.slice(0, 16))).toEqual([
      '[add][alice][-][',
      '[add][bob][-][f1',
    ]);
  });
});

describe('a script of 4.x', () => {
  it.concurrent.for([
    { dialect: 'wazuh4', event: WAZUH4 },
    { dialect: 'wazuh5', event: WAZUH5 },
  ] as const)('under $dialect, with its own keys', async ({ dialect, event }, { site }) => {
    await site.install('v1', NEW);
    const agent = site.agent(dialect);
    const run = await agent.add(event, { timeout: 600 });
    expect(run).toMatchObject({
      reply: 'continue',
      key: `block-${IP}-own`,
      exitCode: 0,
      stdoutAfter: '',
    });
    expect(JSON.parse(run.keysLine ?? '')).toMatchObject({
      origin: { name: 'block', module: 'active-response' },
    });
    expect(await agent.add(event, { timeout: 600 })).toMatchObject({ reply: 'abort', exitCode: 0 });
    expect(await agent.stop()).toMatchObject([{ exitCode: 0 }]);
    expect(site.seen).toEqual([`add ${IP}`, `abort ${IP}`, `delete ${IP}`]);
    expect(site.home.log()).toContain(': Aborted\n');
  });

  it.concurrent('under an old agent, which has answered by calling', async ({ site }) => {
    await site.install('v1', NEW);
    const agent = site.oldAgent();
    expect(await agent.add(LEGACY, { timeout: 60 })).toMatchObject({ ran: true, exitCode: 0 });
    await agent.stop();
    expect(site.seen).toEqual([`add ${IP}`, `delete ${IP}`]);
  });

  it.concurrent('gets a line of Wazuh 4 as it came, byte for byte', async ({ site }) => {
    await site.install('v1', '#!/bin/sh\nread -r line; printf "%s\\n" "$line" >> seen\n');
    await site.agent('wazuh4').add(message('4x-add-api-wazuh-slack'));
    const sent = { ...message('4x-add-api-wazuh-slack') } as { parameters: object };
    sent.parameters = { ...sent.parameters, program: 'active-response/bin/block' };
    expect(site.seen).toEqual([JSON.stringify(sent)]);
    // A webhook's address is a password: the script may have it, the log may not.
    expect(site.home.log()).not.toContain('/services/');
  });

  it.concurrent('in Python, about an event of Wazuh 5', async ({ site, skip }) => {
    if (!existsSync('/usr/bin/python3')) skip('there is no /usr/bin/python3');
    const script = `#!/usr/bin/env python3
import json, sys
message = json.loads(sys.stdin.readline())
alert = message["parameters"]["alert"]
if message["command"] == "add":
    keys = [alert["data"]["dstuser"]]
    question = {"version": 1, "origin": {"name": sys.argv[0], "module": "active-response"},
                "command": "check_keys", "parameters": {"keys": keys}}
    print(json.dumps(question))
    sys.stdout.flush()
    if json.loads(sys.stdin.readline())["command"] != "continue":
        sys.exit(0)
with open("seen", "a") as seen:
    print(sys.argv[0], message["command"], alert["rule"]["level"], alert["rule"]["description"],
          alert["agent"]["name"], alert["location"], message["parameters"]["extra_args"], file=seen)
`;
    await site.install('v1', script);
    const agent = site.agent('wazuh5');
    expect(await agent.add(WAZUH5, { timeout: 60 })).toMatchObject({
      key: 'block-deploy',
      exitCode: 0,
    });
    await agent.stop();
    const rest = '3 Failed authentication attempt - deploy from 203.0.113.7 ubuntu24 journald []';
    expect(site.seen).toEqual([
      `active-response/bin/block.old add ${rest}`,
      `active-response/bin/block.old delete ${rest}`,
    ]);
  });

  it.concurrent('that asks for no keys is not registered, as before', async ({ site }) => {
    await site.install('v1', '#!/bin/sh\nread -r line; echo told >> seen\n');
    const agent = site.agent('wazuh5');
    const run = await agent.add(WAZUH5, { timeout: 60 });
    expect(run).toMatchObject({ keysLine: undefined, reply: undefined, exitCode: 0 });
    expect([site.seen, agent.pending]).toEqual([['told'], []]);
  });

  it.concurrent('that says something else first is registered by its target', async ({ site }) => {
    await site.install('v1', NEW.replace("\nprintf '{", "\necho debugging\nprintf '{"));
    const agent = site.agent('wazuh4');
    expect(await agent.add(WAZUH4, { timeout: 60 })).toMatchObject({
      key: `block-${IP}`,
      stdoutAfter: '',
      exitCode: 0,
    });
    expect(site.seen).toEqual([`add ${IP}`]);
  });
});

describe.concurrent.for(['argv', 'v1'] as const)('a script (%s) that misbehaves', (as) => {
  const keys = as === 'v1' ? NEW.slice(0, NEW.indexOf('case $answer')) : '#!/bin/sh\n';
  const add = (site: Site) => site.agent('wazuh5').add(WAZUH5, { timeout: 600 });

  it.concurrent('fails: the run says so, in its words', async ({ site }) => {
    await site.install(as, `${keys}echo "no such chain" > /dev/stderr; exit 3\n`);
    expect(await add(site)).toMatchObject({ exitCode: 7 });
    expect(site.last).toMatchObject({
      outcome: 'tool-failed',
      detail: `${site.script} answered 3: no such chain`,
    });
    expect(site.home.log()).toContain(': Failed: {');
    expect(alerts(site.home.log())).toEqual([]);
  });

  it.concurrent('dies', async ({ site }) => {
    await site.install(as, `${keys}kill -9 $$\n`);
    expect(await add(site)).toMatchObject({ exitCode: 7 });
    expect(site.last?.detail).toContain('died of SIGKILL');
  });

  it.concurrent('floods: it is heard to the end, and nothing of it gets to the agent', async ({
    site,
  }) => {
    const flood = 'head -c 30000000 /dev/zero | tr "\\0" "x"';
    const done = join(site.home.path, 'seen');
    await site.install(as, `${keys}${flood}; ${flood} >&2; echo done >> ${done}\n`);
    expect(await add(site)).toMatchObject({ exitCode: 0, stdoutAfter: '' });
    expect(site.seen).toEqual(['done']);
  });

  it.concurrent('hangs, with all that it started: ended in time', async ({ site }) => {
    await site.install(as, `${keys}trap '' TERM; sleep 61.25 & sleep 61.25\n`);
    const run = await add(site);
    expect(run).toMatchObject({ exitCode: 8 });
    expect(run.milliseconds).toBeLessThan(27_500);
    expect(site.last).toMatchObject({ outcome: 'timed-out' });
  });

  it.concurrent('leaves something running: nobody waits for it, and it lives on', async ({
    site,
  }) => {
    const pid = join(site.home.path, 'pid');
    await site.install(as, `${keys}sleep 60 & echo $! > ${pid}\n`);
    const run = await add(site);
    const left = Number(readFileSync(pid, 'utf8'));
    try {
      expect(run).toMatchObject({ exitCode: 0 });
      expect(run.milliseconds).toBeLessThan(20_000);
      expect(process.kill(left, 0)).toBe(true);
    } finally {
      process.kill(left);
    }
  });
});

describe('a script that anybody could have changed is not run', () => {
  const cases = {
    'it can be written by others': (site: Site) => chmod(site.script, 0o777),
    'its group may write it': (site: Site) => chmod(site.script, 0o770),
    'its folder can be written by others': (site: Site) => chmod(join(site.home.path, BIN), 0o777),
    'it is another’s': (site: Site) => chown(site.script, 4242, 4242),
    'its wrapper can be written by others': (site: Site) =>
      chmod(join(site.home.path, BIN, 'block'), 0o777),
    'a link leads to a folder that others can write': async (site: Site) => {
      const open = join(site.home.path, 'open');
      await mkdir(open);
      await chmod(open, 0o777);
      writeFileSync(join(open, 'x'), OLD, { mode: 0o755 });
      rmSync(site.script);
      await symlink(join(open, 'x'), site.script);
    },
  } satisfies Record<string, (site: Site) => Promise<void>>;

  it.concurrent.for(Object.entries(cases))('%s', async ([, spoil], { site, skip }) => {
    if (process.geteuid?.() !== 0) skip('only root can give files away');
    await site.install('argv', OLD);
    await spoil(site);
    const run = await site.agent('wazuh5').add(WAZUH5, { timeout: 60 });
    expect(run).toMatchObject({ keysLine: undefined, exitCode: 15 });
    expect(site.last).toMatchObject({ outcome: 'bad-settings', action: 'block' });
    expect(site.seen).toEqual([]);
  });
});

describe('text of an attacker', () => {
  const hostile = ['$(id)', '`id`', '; reboot', '-rf', '--help', 'a b', 'x\ny', '*', '', '../x'];

  it.concurrent.for(hostile.map((text) => ({ text })))(
    '$text is no user of a script’s',
    async ({ text }, { site }) => {
      await site.install('argv', OLD, '--expect', 'user');
      const run = await site
        .agent('wazuh5')
        .add({ ...WAZUH5, user: { name: text } }, { timeout: 60 });
      expect(run).toMatchObject({ keysLine: undefined, exitCode: 4 });
      expect(site.seen).toEqual([]);
    },
  );

  it.concurrent.for(['1.2.3.4; id', '-j', '$(id)', '1.2.3.4 5'].map((ip) => ({ ip })))(
    '$ip is no address',
    async ({ ip }, { site }) => {
      for (const as of ['argv', 'v1'] as const) {
        rmSync(join(site.home.path, BIN, 'block'), { force: true });
        await site.install(as, as === 'argv' ? OLD : NEW);
        const run = await site.agent('wazuh5').add({ ...WAZUH5, source: { ip } }, { timeout: 60 });
        expect(run).toMatchObject({ keysLine: undefined, exitCode: 4 });
      }
      expect(site.seen).toEqual([]);
    },
  );

  it.concurrent('a file name is one word, with a backslash before what a shell would read', async ({
    site,
  }) => {
    await site.install('argv', OLD, '--expect', 'filename');
    const path = '/tmp/a b;$(touch x)\'"&.php';
    await site.agent('wazuh5').add({ ...WAZUH5, file: { path } });
    expect(site.seen[0]).toContain(`[/tmp/a b\\;\\$\\(touch x\\)\\'\\"\\&.php]`);
  });

  it.concurrent('a location is words, and no more', async ({ site }) => {
    await site.install('argv', OLD);
    const event = structuredClone(WAZUH4) as { parameters: { alert: { location: string } } };
    event.parameters.alert.location = 'a\nb $(id) --help';
    await site.agent('wazuh4').add(event as unknown as typeof WAZUH4);
    expect(site.seen[0]).toContain('[(web01)][10.0.0.21->a\\u000ab][$(id)][--help][-][-]');
  });

  it.concurrent('the environment of the agent stays outside', async ({ site }) => {
    await site.install('argv', '#!/bin/sh\nenv | sort > "$(dirname "$0")/../../seen"\n');
    const environment = {
      PATH: `/evil:${process.env['PATH']}`,
      LD_LIBRARY_PATH: '/evil',
      PYTHONPATH: '/evil',
      BASH_ENV: '/evil',
    };
    await site.agent('wazuh5', { environment }).add(WAZUH5);
    const names = site.seen.map((line) => line.split('=')[0]);
    expect(names.filter((name) => !['PWD', 'SHLVL', '_', 'OLDPWD'].includes(name ?? ''))).toEqual([
      'LC_ALL',
      'PATH',
    ]);
    expect(site.seen).toContain('PATH=/usr/sbin:/usr/bin:/sbin:/bin');
  });
});

it.concurrent('files that a script makes have the rights that the agent’s would have', async ({
  site,
}) => {
  await site.install('v1', '#!/bin/sh\numask > seen\n');
  await site.agent('wazuh5').add(WAZUH5);
  expect(site.seen).toEqual([process.umask().toString(8).padStart(4, '0')]);
});

describe('riposte shim', () => {
  it.concurrent('--install never overwrites, and says what is wrong', async ({ site }) => {
    await site.install('argv', OLD);
    const refusals: readonly (readonly [words: readonly string[], why: string])[] = [
      [['--as', 'argv', '--install', 'block', '--', site.script], 'is there already'],
      [['--as', 'argv', '--install', 'firewall-drop', '--', site.script], 'is there already'],
      [['--as', 'argv', '--install', 'block.old', '--', site.script], 'must first be moved'],
      [['--as', 'argv', '--install', '../x', '--', site.script], 'is no name'],
      [['--as', 'argv', '--install', 'x', '--', 'block.old'], 'absolute path'],
      [['--as', 'argv', '--install', 'x', '--', '/nonexistent'], 'there is no'],
      [['--as', 'argv', '--install', 'x', '--', site.script, 'a b'], 'has a blank'],
      [['--as', 'v2', '--install', 'x', '--', site.script], 'argv or v1'],
      [['--as', 'argv', '--expect', 'port', '--install', 'x', '--', site.script], '--expect knows'],
      [['--as', 'argv', '--install', 'x'], 'the script comes last'],
      [['--as', 'argv', '--', site.script], '--install NAME'],
    ];
    for (const [words, why] of refusals) {
      const { exitCode, stdout, stderr } = await site.riposte('shim', ...words);
      expect({ exitCode, stdout }, words.join(' ')).toEqual({
        exitCode: expect.any(Number),
        stdout: '',
      });
      expect(exitCode, words.join(' ')).toBeGreaterThan(0);
      expect(stderr, words.join(' ')).toContain(why);
      expect(stderr.split('\n'), words.join(' ')).toHaveLength(1);
    }
    expect(existsSync(join(site.home.path, BIN, 'x'))).toBe(false);
  });

  it.concurrent('by its wrapper’s absolute path, from anywhere', async ({ site }) => {
    await site.install('argv', OLD);
    const wrapper = join(site.home.path, BIN, 'block');
    const { exitCode } = await execa(wrapper, ['add', ...LEGACY], { cwd: '/', stdin: 'ignore' });
    expect([exitCode, site.seen.length, site.last?.outcome]).toEqual([0, 1, 'ran']);
  });

  it.concurrent('a person who calls the wrapper is told how to try it', async ({ site }) => {
    await site.install('argv', OLD);
    const wrapper = join(site.home.path, BIN, 'block');
    const run = await execa(wrapper, ['add', '--srcip', IP], { stdin: 'ignore', reject: false });
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain(`block add - ${IP}`);
    expect(site.seen).toEqual([]);
  });

  it.concurrent('--name runs a script for an agent that cannot start a wrapper', async ({
    site,
  }) => {
    writeFileSync(site.script, NEW, { mode: 0o750 });
    const text = `#!/bin/sh\nexec "$(dirname "$0")/riposte" shim --as v1 --name block -- ${site.script}\n`;
    writeFileSync(join(site.home.path, BIN, 'block'), text, { mode: 0o750 });
    const run = await site.agent('wazuh5').add(WAZUH5, { timeout: 60 });
    expect(run).toMatchObject({ key: `block-${IP}-own`, exitCode: 0 });
    expect(site.last).toMatchObject({ outcome: 'ran', action: 'block' });
  });

  it.concurrent('an interpreter and its script are both looked at', async ({ site }) => {
    writeFileSync(site.script, OLD, { mode: 0o640 });
    const words = ['shim', '--as', 'argv', '--install', 'block', '--', '/bin/sh', site.script];
    expect(await site.riposte(...words)).toMatchObject({ exitCode: 0 });
    await site.agent('wazuh5').add(WAZUH5);
    expect(site.seen).toHaveLength(1);
    await chmod(site.script, 0o666);
    await site.agent('wazuh5').add(WAZUH5);
    expect([site.seen.length, site.last?.outcome]).toEqual([1, 'bad-settings']);
  });

  it.concurrent('a wrapper that says nonsense ends as usage, in the agent’s log', async ({
    site,
  }) => {
    const wrapper = join(site.home.path, BIN, 'block');
    writeFileSync(
      wrapper,
      `#!${join(site.home.path, BIN, 'riposte')} shim --as v3 -- ${site.script}\n`,
      { mode: 0o750 },
    );
    expect(await site.agent('wazuh5').add(WAZUH5)).toMatchObject({
      exitCode: 2,
      keysLine: undefined,
    });
    expect(site.last).toMatchObject({ outcome: 'usage', action: 'block' });
  });
});
