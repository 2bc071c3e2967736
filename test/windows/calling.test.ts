import { linkSync, readdirSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { launch } from '../support/windows/execd.ts';
import { BUILT, makeWindowsHome, type WindowsHome } from '../support/windows/home.ts';
import { windowsLane } from '../support/windows/lane.ts';

const lane = windowsLane();
const { version } = manifest;
let home: WindowsHome;
beforeEach(() => {
  home = makeWindowsHome(lane.windows);
});

const run = (name: string, ...args: string[]) =>
  lane.windows.run({ file: home.program(name), args, cwd: home.windows });

/** Runs a command line as CreateProcess takes it. */
async function line(text: string) {
  const program = launch({ lane, home }, 'listen', text);
  program.end();
  return program.ended;
}

describe('riposte.exe', () => {
  it.each(['riposte.exe', 'RIPOSTE.EXE', 'Riposte.exe'])(
    'knows its version as %s',
    async (name) => {
      expect(await run(name, '--version')).toMatchObject({ exitCode: 0, stdout: `${version}\n` });
    },
  );

  it('is found without its ending, which Windows adds', async () => {
    const ran = await line('"active-response/bin/riposte" --version');
    expect(ran).toMatchObject({ exitCode: 0, stdout: `${version}\n` });
  });

  it('runs no code that the environment names', async () => {
    const { windows } = lane;
    const ran = await windows.run({
      file: home.program('riposte.exe'),
      args: ['--version'],
      env: { SystemRoot: 'C:\\windows', NODE_OPTIONS: '--require=C:\\nothing\\there.js' },
    });
    expect(ran).toMatchObject({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
  });
});

const names = () => readdirSync(BUILT).filter((name) => !name.startsWith('riposte'));

describe('every other name', () => {
  it('is the same file and answers by hand', async () => {
    for (const name of names()) {
      const ran = await line(`"active-response/bin/${name}" --help`);
      expect(ran, name).toMatchObject({ exitCode: 0 });
      expect(ran.stdout, name).toContain('Usage:');
    }
  });

  it('is the same in capitals and, where it has one, without its ending', async () => {
    const [name = ''] = names().filter((one) => one.endsWith('.exe'));
    for (const spelled of [name.toUpperCase(), name.replace(/\.exe$/, '')]) {
      const ran = await line(`"active-response/bin/${spelled}" --help`);
      expect(ran, spelled).toMatchObject({ exitCode: 0 });
    }
  });

  it('that no action has is told so, and nothing is done', async () => {
    linkSync(home.at('active-response/bin/riposte.exe'), home.at('active-response/bin/other.exe'));
    const ran = await run('other.exe', 'add', '--srcip', '203.0.113.66');
    expect(ran).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('"other"') });
    expect(lane.doubles.calls).toEqual([]);
  });
});
