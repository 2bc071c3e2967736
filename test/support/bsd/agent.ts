import { spawn } from 'node:child_process';
import { execd, type JsonAgent } from '../execd.ts';
import type { Ran, Root } from './root.ts';

const BIN = 'active-response/bin';

/** An agent that speaks JSON with the programs of a root. */
export const agentOf = (root: Root, program: string, dialect: 'wazuh4' | 'wazuh5'): JsonAgent =>
  execd({ home: root.outside, dialect, enter: root.enter, program, listen: true });

/** One call of an old agent: words, and no streams at all. */
export const legacyCall = (
  root: Root,
  program: string,
  verb: 'add' | 'delete',
  words: readonly string[],
): Promise<Pick<Ran, 'exitCode'>> => {
  const [file = '', ...args] = [
    ...root.enter,
    ...[`${root.home}/${BIN}/${program}`, verb, ...words],
  ];
  const child = spawn(file, args, { cwd: '/', stdio: 'ignore', env: {} });
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve({ exitCode: code ?? undefined }));
  });
};

/** Runs a program by a person, in the home. */
export const hand = (root: Root, program: string, ...words: string[]): Promise<Ran> =>
  root.run([`${BIN}/${program}`, ...words]);

/** Feeds a line to a program, and says no more. */
export const feed = (root: Root, program: string, line: string): Promise<Ran> =>
  root.run([`${BIN}/${program}`], `${line}\n`);
