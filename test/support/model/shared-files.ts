import { createFsFromVolume, type Volume } from 'memfs';
import { type Command, type Completed, run } from '../../../src/lib/effect.ts';
import type { Keep } from '../../../src/lib/node/in-place.ts';
import { type SystemFileSystem, systemFilesOf } from '../../../src/lib/node/system-files.ts';
import { ActionError } from '../../../src/lib/outcome.ts';
import { LIMIT } from '../../../src/lib/ports.ts';
import type { Content, SystemFiles } from '../../../src/lib/system-files.ts';
import type { Door } from '../model-host.ts';
import { no, ok } from './answer.ts';
import { verdict } from './wrappers.ts';

/** What an administrator and other programs have written. */
const NEIGHBOURS: Readonly<Record<string, string>> = {
  '/etc/hosts.allow': 'in.ftpd: 203.0.113.7\n',
  '/etc/hosts.deny':
    '# kept by hand: 203.0.113.7\nin.ftpd: 203.0.113.70 # and 203.0.113.7\nALL: [2001:db8::70]\n',
  '/ipblock/203.0.113.70': 'by hand\n',
};

/** Two administrators, of whom either may be locked; nobody else here is one. */
const ACCOUNTS: Readonly<Record<string, string>> = {
  '/etc/group': 'root:x:0:\nsudo:x:27:alice\nusers:x:100:mallory\n',
  '/etc/passwd':
    'root:x:0:0::/root:/bin/sh\nalice:x:1501:1501::/home/alice:/bin/sh\nbob:x:1502:27::/home/bob:/bin/sh\n',
  '/etc/shadow':
    'root:*:19000:0:99999:7:::\nalice:$y$a:19000:0:99999:7:::\nbob:$y$b:19000:0:99999:7:::\n',
};

/** What is done to a file, as a command. */
function written(path: string, before: Content, after: Content): Command {
  if (after === undefined) return run('remove', path);
  const command = run(before === undefined ? 'create' : 'write', path);
  return after === '' ? command : { ...command, stdin: after };
}

/** What another system than Linux has in their place. */
export interface SystemText {
  /** On every host. */
  readonly files: Readonly<Record<string, string>>;
  /** What an administrator has written into the files of TCP wrappers. */
  readonly hosts: Readonly<Record<string, string>>;
}

/** Files that only root may read. */
const SECRET = ['/etc/shadow', '/etc/master.passwd'];

/** The files of a host that TCP wrappers and a reader of `/ipblock` look into, on memfs. */
export class SharedFiles {
  readonly #volume: Volume;

  constructor(volume: Volume, bare: boolean, other?: SystemText) {
    this.#volume = volume;
    volume.chmodSync('/', 0o755);
    for (const folder of ['/etc', '/lib']) volume.mkdirSync(folder, { mode: 0o755 });
    volume.writeFileSync('/lib/libwrap.so.0', '');
    for (const [path, text] of Object.entries(other?.files ?? ACCOUNTS)) {
      volume.writeFileSync(path, text, { mode: SECRET.includes(path) ? 0o600 : 0o644 });
    }
    if (bare) return;
    volume.mkdirSync('/ipblock', { mode: 0o755 });
    for (const [path, text] of Object.entries({ ...NEIGHBOURS, ...other?.hosts })) {
      volume.writeFileSync(path, text, { mode: 0o644 });
    }
  }

  /** The real port; `answered` hears what each call answered, `0` for what is usual. */
  through(door: Door, keep: Keep, answered: (text: string) => void): SystemFiles {
    const system = createFsFromVolume(this.#volume) as unknown as SystemFileSystem;
    const copyAttributes = async (from: string, to: string) => {
      const { mode, uid, gid } = this.#volume.statSync(from);
      this.#volume.chmodSync(to, Number(mode) & 0o7777);
      this.#volume.chownSync(to, Number(uid), Number(gid));
    };
    const real = systemFilesOf({ ...keep, uid: process.getuid?.() ?? 0, copyAttributes }, system);
    const call = <T>(command: Command, work: () => Promise<T>, unusual: (answer: T) => string) =>
      door(
        command,
        // What a disk does that does not answer, in the time that taking back has.
        LIMIT.undo,
        async () => {
          const answer = await work();
          answered(unusual(answer));
          return answer;
        },
        () => {
          throw new ActionError(
            'tool-failed',
            `${command.args[0]}: EIO: i/o error (${command.tool})`,
          );
        },
      );
    return {
      read: (path) =>
        call(
          run('read', path),
          () => real.read(path),
          (content) => (content === undefined ? 'no such file' : '0'),
        ),
      replace: (path, before, after, timeout) =>
        call(
          written(path, before, after),
          () => real.replace(path, before, after, timeout),
          (done) => (done ? '0' : 'it has changed'),
        ),
      ensureFolder: (path) =>
        call(
          run('folder', path),
          () => real.ensureFolder(path),
          () => '0',
        ),
      hasLibrary: (name) =>
        call(
          run('library', name),
          () => real.hasLibrary(name),
          (there) => (there ? '0' : 'no'),
        ),
    };
  }

  /** `rm -f FILE`, of an administrator. */
  run({ args: [flag, path = ''] }: Command): Completed {
    if (flag !== '-f' || !path.startsWith('/')) return no(1, 'rm: not that');
    this.#volume.rmSync(path, { force: true });
    return ok();
  }

  text(path: string): string | undefined {
    return this.#volume.existsSync(path) ? String(this.#volume.readFileSync(path)) : undefined;
  }

  write(path: string, text: string): void {
    this.#volume.writeFileSync(path, text);
  }

  listing(): string {
    const hosts = ['/etc/hosts.allow', '/etc/hosts.deny'].flatMap((path) =>
      (this.text(path) ?? '').split('\n').map((line) => `${path}: ${line}`),
    );
    const names = this.#volume.existsSync('/ipblock') ? this.#volume.readdirSync('/ipblock') : [];
    const flags = names.map((name) => `/ipblock/${name}: ${this.text(`/ipblock/${name}`)?.trim()}`);
    return [...hosts, ...flags].map((line) => `${line}\n`).join('');
  }

  /** Whether it is kept out of services that ask TCP wrappers, or marked for others. */
  holds(target: string): boolean {
    const [allow = '', deny = ''] = ['/etc/hosts.allow', '/etc/hosts.deny'].map((path) =>
      this.text(path),
    );
    return (
      verdict(allow, deny, 'sshd', target) === 'denied' ||
      this.#volume.existsSync(`/ipblock/${target}`)
    );
  }
}
