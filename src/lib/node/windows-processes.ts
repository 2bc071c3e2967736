import net from 'node:net';
import { basename } from 'node:path/posix';
import type { Life, Processes } from '../lock.ts';
import { codeOf } from './errors.ts';
import { hasProcess } from './process-number.ts';

// Milliseconds for a sign to answer; that there is none is told at once.
const ANSWER = 250;

/** Signs are pipes: the system alone ends one, with the process that listens at it. */
const pipeOf = (path: string) => `\\\\.\\pipe\\riposte-${basename(path)}`;

/** The processes of Windows, whose numbers are given again soon: so each gets a name of its own. */
export function windowsProcesses(): Processes {
  const self = `${process.pid}-${Date.now()}-${process.hrtime.bigint()}-windows`;
  return {
    self,
    lives: async (names) =>
      names.map((name) => {
        if (name === self) return 'alive';
        // Who has the number now may be another: then its sign tells.
        return hasProcess(Number.parseInt(name, 10)) ? 'unknown' : 'gone';
      }),
    async giveSign(path) {
      const server = net.createServer((caller) => caller.destroy());
      // Without a sign others wait for as long as a run can last; nothing else depends on it.
      server.on('error', () => {});
      server.unref();
      server.listen(pipeOf(path));
      return () => server.close();
    },
    readSign: (path) =>
      new Promise<Life>((resolve) => {
        const caller = net.connect(pipeOf(path));
        const alive = () => {
          caller.destroy();
          resolve('alive');
        };
        // Who waits for a tool answers a few callers, and the runtime lets the next one wait for 30 s.
        const timer = setTimeout(alive, ANSWER);
        caller.once('close', () => clearTimeout(timer));
        caller.once('connect', alive);
        caller.once('error', (thrown) => {
          // Busy is who answers another just now.
          const busy = ['EBUSY', 'EAGAIN', 'EPERM', 'EACCES'].includes(codeOf(thrown) ?? '');
          resolve(codeOf(thrown) === 'ENOENT' ? 'gone' : busy ? 'alive' : 'unknown');
        });
      }),
    describe: (name) => `process ${name.split('-')[0]}`,
  };
}
