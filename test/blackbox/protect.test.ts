import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it, type Stage } from './support/stage.ts';

const FOLDER = 'active-response/riposte';
const RIPOSTE = 'active-response/bin/riposte';

const riposte = (stage: Stage, ...words: string[]) => stage.shell(`${RIPOSTE} "$@"`, ...words);
const settings = ({ home }: Stage) => join(home.path, FOLDER, 'riposte.json');
const json = (stage: Stage) => JSON.parse(readFileSync(settings(stage), 'utf8')) as unknown;

describe('riposte protect', () => {
  it.concurrent('add makes the folder and the file root’s alone, and says it once', async ({
    stage,
  }) => {
    const words = ['protect', 'add', '192.0.2.7/24', '2001:DB8::9', '--user', 'deploy', 'backup'];
    const added = await riposte(stage, ...words);
    expect(added).toMatchObject({ exitCode: 0, stderr: '' });
    expect(added.stdout.split('\n').slice(0, 2)).toEqual([
      '192.0.2.0/24 is protected now.',
      '2001:db8::9 is protected now.',
    ]);
    expect(json(stage)).toEqual({
      protect: { addresses: ['192.0.2.0/24', '2001:db8::9'], users: ['deploy', 'backup'] },
    });
    const modes = [join(stage.home.path, FOLDER), settings(stage)].map(
      (path) => statSync(path).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o600]);
    const again = await riposte(stage, 'protect', 'add', '192.0.2.0/24');
    expect(again.stdout).toBe('192.0.2.0/24 was there already.\n');
  });

  it.concurrent('what is added is refused from then on, and not any more when it is removed', async ({
    stage,
  }) => {
    const add = () => stage.hand('add', '--srcip', '203.0.113.7');
    const remove = () => riposte(stage, 'protect', 'remove', '203.0.113.0/24');
    await riposte(stage, 'protect', 'add', '203.0.113.0/24');
    expect(await add()).toMatchObject({ exitCode: 5 });
    const check = await riposte(stage, 'protect', 'check', '::ffff:203.0.113.7');
    expect(check).toMatchObject({
      exitCode: 5,
      stdout: '203.0.113.7 is protected by the settings; it is never touched.\n',
    });
    expect(await remove()).toMatchObject({
      exitCode: 0,
      stdout: "203.0.113.0/24 is off root's list.\n",
    });
    expect((await remove()).stdout).toBe("203.0.113.0/24 was not on root's list.\n");
    expect(await riposte(stage, 'protect', 'check', '203.0.113.7')).toMatchObject({
      exitCode: 0,
      stdout: '203.0.113.7 may be blocked.\n',
    });
    expect(await add()).toMatchObject({ exitCode: 0 });
  });

  it.concurrent('list tells all of it, as a table and as JSON', async ({ stage }) => {
    await riposte(stage, 'protect', 'add', '198.51.100.9', '--user', 'deploy');
    const fleet = { protect: { addresses: ['198.51.100.10'], users: ['ev\u001b[2Jil'] } };
    writeFileSync(join(stage.home.path, 'etc/shared/riposte.json'), JSON.stringify(fleet));
    const client =
      '<client><server><address>198.51.100.77</address></server><server><address>manager.example</address></server></client>';
    writeFileSync(
      join(stage.home.path, 'etc/ossec.conf'),
      `<ossec_config>${client}</ossec_config>`,
    );
    const { stdout } = await riposte(stage, 'protect', 'list');
    for (const row of [
      /^127\.0\.0\.0\/8 +is loopback +built in$/m,
      /^198\.51\.100\.9 +is protected by the settings +riposte\.json$/m,
      /^198\.51\.100\.10 +is protected by the fleet’s settings +etc\/shared\/riposte\.json$/m,
      /^198\.51\.100\.77 +is the agent’s manager +etc\/ossec\.conf$/m,
      /^manager\.example +has no address that is known yet +etc\/ossec\.conf$/m,
      /^user root /m,
      /^user deploy /m,
    ]) {
      expect(stdout).toMatch(row);
    }
    expect(stdout).not.toContain('\u001b');
    const rows = JSON.parse((await riposte(stage, 'protect', 'list', '--json')).stdout);
    expect(rows).toContainEqual({
      kind: 'network',
      what: '198.51.100.77',
      why: 'is the agent’s manager',
      from: 'etc/ossec.conf',
    });
  });

  it.concurrent('what the fleet has too is still protected, which is said', async ({ stage }) => {
    const fleet = { protect: { addresses: ['198.51.100.10'] } };
    writeFileSync(join(stage.home.path, 'etc/shared/riposte.json'), JSON.stringify(fleet));
    const { stdout } = await riposte(stage, 'protect', 'remove', '198.51.100.10');
    expect(stdout).toContain('name it in protect.not');
  });

  it.concurrent.for([
    [['protect', 'add', '192.0.2.300'], 2, 'is no address, no network and no name of a host'],
    [['protect', 'add', '--user', '-x'], 2, ''],
    [['protect', 'add'], 2, 'say an address'],
    [['protect', 'check'], 2, 'say one address'],
    [['protect', 'check', 'office.example'], 4, 'is not an IPv4 or IPv6 address'],
    [['protect', 'burn'], 2, 'is invalid'],
    [['protect'], 2, 'missing required argument'],
  ] as const)('%j is answered with a sentence', async ([words, exitCode, why], { stage }) => {
    const ran = await riposte(stage, ...words);
    expect(ran).toMatchObject({ exitCode, stdout: '' });
    expect(ran.stderr).toContain(why);
  });

  it.concurrent('a file that cannot be understood, or that others could have written, is left alone', async ({
    stage,
  }) => {
    await riposte(stage, 'protect', 'add', '198.51.100.9');
    writeFileSync(settings(stage), '{ "protect": 7 }');
    const unclear = await riposte(stage, 'protect', 'add', '198.51.100.10');
    expect(unclear).toMatchObject({ exitCode: 15, stdout: '' });
    expect(readFileSync(settings(stage), 'utf8')).toBe('{ "protect": 7 }');
    writeFileSync(settings(stage), '{}');
    chmodSync(settings(stage), 0o666);
    const open = await riposte(stage, 'protect', 'add', '198.51.100.10');
    expect(open).toMatchObject({ exitCode: 14, stdout: '' });
    expect(open.stderr).toContain('can be written by others');
    expect(readFileSync(settings(stage), 'utf8')).toBe('{}');
  });
});
