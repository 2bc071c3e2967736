import { existsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BUILT, unbuilt } from '../support/home.ts';

const DIRECTORIES = ['/bin', '/usr/bin', '/usr/local/bin'];

/** Where a shell is; an environment variable such as `RIPOSTE_ZSH` names another one. */
const shellAt = (name: string): string | undefined =>
  process.env[`RIPOSTE_${name.toUpperCase()}`] ??
  DIRECTORIES.map((folder) => `${folder}/${name}`).find((path) => existsSync(path));

let folder = '';

beforeAll(async () => {
  const missing = unbuilt();
  if (missing) throw new Error(missing);
  folder = await mkdtemp(join(tmpdir(), 'riposte-completion-'));
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout } = await execa(join(BUILT, 'riposte'), ['completion', shell]);
    writeFileSync(join(folder, shell), `${stdout}\n`);
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a shell offers in the place of the last word. */
type Offer = (...words: string[]) => Promise<readonly string[]>;

const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');

// Readline hands over a word with = in it as three.
const split = (words: readonly string[]) => words.flatMap((word) => word.split(/(=)/));

const BASH = `
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
complete -p "\${COMP_WORDS[0]##*/}" | grep -q -- '-F _riposte' || exit 9
_riposte
printf '%s\\n' "\${COMPREPLY[@]}"`;

const byBash: Offer = async (...words) => {
  const args = ['-c', BASH, 'bash', join(folder, 'bash'), ...split(words)];
  return linesOf((await execa(shellAt('bash') ?? '', args, { cwd: folder })).stdout);
};

// The functions of its completion system, as far as this script calls them.
const ZSH = `
compdef() { :; }
compset() { PREFIX=done; }
compadd() { shift; print -l -- "$@"; }
_files() { print -l -- files "$@"; }
_message() { print -- "message $1"; }
_describe() { local list=$@[-1] one; for one in \${(P)list}; do print -r -- "\${one%%:*}"; done; }
source "$1"; shift
words=("$@") CURRENT=$#
_riposte`;

const byZsh: Offer = async (...words) => {
  const args = ['-f', '-c', ZSH, 'zsh', join(folder, 'zsh'), ...words];
  return linesOf((await execa(shellAt('zsh') ?? '', args, { cwd: folder })).stdout);
};

const byFish: Offer = async (...words) => {
  const line = words.map((word) => (/^[\w./=-]*$/.test(word) ? word : `'${word}'`)).join(' ');
  const code = `source ${folder}/fish; complete -C '${line}'`;
  const { stdout } = await execa(shellAt('fish') ?? '', ['--no-config', '-c', code], {
    cwd: folder,
    env: { HOME: folder },
  });
  return linesOf(stdout).map((one) => one.split('\t')[0] ?? '');
};

const SHELLS = [
  ['bash', byBash],
  ['zsh', byZsh],
  ['fish', byFish],
] as const;

describe.each(SHELLS)('%s', (shell, offer) => {
  beforeEach(({ skip }) => {
    if (shellAt(shell) === undefined) skip(`${shell} is not installed`);
  });

  test('takes the script without a complaint', async () => {
    const only = shell === 'fish' ? '--no-execute' : '-n';
    const { stderr } = await execa(shellAt(shell) ?? '', [only, join(folder, shell)]);
    expect(stderr).toBe('');
  });

  test('offers commands and actions behind riposte', async () => {
    const words = await offer('riposte', '');
    expect(words).toEqual(
      expect.arrayContaining(['doctor', 'completion', 'firewall-drop', 'host-deny.sh']),
    );
  });

  test('the names of actions behind doctor, and its options behind a dash', async () => {
    const words = await offer('riposte', 'doctor', 'block-ip', '');
    expect(words).toEqual(expect.arrayContaining(['firewall-drop', 'restart.sh']));
    expect(words).not.toContain('add');
    const options = await offer('riposte', 'doctor', '--');
    expect(options).toEqual(expect.arrayContaining(['--json', '--home', '--help']));
  });

  test.each([
    ['its own name', ['firewall-drop']],
    ['an alias', ['default-firewall-drop']],
    ['a path', ['/var/ossec/active-response/bin/firewall-drop.sh']],
    ['riposte', ['riposte', 'firewall-drop']],
  ])('an action called by %s', async (_what, start) => {
    // fish completes what it can find; a path to nothing it does not.
    const called = shell === 'fish' ? start.map((word) => word.split('/').at(-1) ?? '') : start;
    expect((await offer(...called, '')).filter((word) => !word.startsWith('-'))).toEqual([
      'add',
      'delete',
    ]);
    const add = await offer(...called, 'add', '--');
    expect(add).toEqual(
      expect.arrayContaining(['--srcip', '--for', '--backend', '--force', '--dry-run']),
    );
    const remove = await offer(...called, 'delete', '--');
    expect(remove).toContain('--srcip');
    expect(remove).not.toContain('--backend');
  });

  test('the words of an option, and only those', async () => {
    const add = ['firewall-drop', 'add', '--srcip', '203.0.113.7'];
    expect((await offer(...add, '--backend', '')).toSorted()).toEqual(['ipset', 'iptables', 'nft']);
    const joined = (await offer(...add, '--backend=')).map((word) =>
      word.replace('--backend=', ''),
    );
    expect(joined.sort()).toEqual(['ipset', 'iptables', 'nft']);
    expect(await offer('riposte', 'completion', '')).toEqual(
      expect.arrayContaining(['bash', 'zsh', 'fish']),
    );
  });

  test('nothing made up behind an option that takes a text', async () => {
    const offered = await offer('firewall-drop', 'add', '--srcip', '');
    expect(offered.filter((word) => !word.startsWith('message'))).toEqual([]);
  });
});

describe('bash', () => {
  test('offers folders for a home, names with blanks in them too', async () => {
    await execa('mkdir', ['-p', join(folder, 'a home'), join(folder, 'another')]);
    expect((await byBash('firewall-drop', 'add', '--home', 'a')).toSorted()).toEqual([
      'a home',
      'another',
    ]);
  });

  test('begins with what is there already', async () => {
    expect(await byBash('riposte', 'doc')).toEqual(['doctor']);
    expect(await byBash('firewall-drop', 'add', '--backend', 'ip')).toEqual(['ipset', 'iptables']);
  });
});
