import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { messageFor, nextAlertId } from '../support/alert.ts';
import { outcomesIn, unbuilt } from '../support/home.ts';
import { subjects } from '../support/installing.ts';
import { lane } from '../support/lane.ts';
import { type Private, privateEtc, rootObstacle } from '../support/private.ts';
import { mounted } from '../support/tools.ts';

const TOOLS = ['nft', 'iptables', 'ip6tables', 'tcpdmatch'];
const why = unbuilt() ?? rootObstacle(TOOLS);
if (why !== undefined) console.warn(`Every test here is skipped: ${why}`);

describe.skipIf(why)('install --adopt', () => {
  const here = lane(TOOLS);
  const subject = subjects();
  let etc: Private;
  beforeAll(async () => {
    etc = await privateEtc();
  });
  afterAll(() => etc[Symbol.asyncDispose]());

  const victim = () => mounted(here.world.victim, `mount --bind ${etc.folder} /etc`);

  /** What a former program of 4.x leaves in the log. */
  const logged = (program: string, ip: string, command: string) =>
    `2026/11/20 17:03:48 active-response/bin/${program}: ${messageFor({ ip, program, alertId: nextAlertId() }, command)}\n\n`;

  async function formerly(ip: string, tool = 'iptables'): Promise<void> {
    for (const chain of ['INPUT', 'FORWARD']) {
      await here.world.victim.must([tool, '-I', chain, '-s', ip, '-j', 'DROP']);
    }
  }

  const rules = async (tool = 'iptables') =>
    (await here.world.victim.must([tool, '-S'])).split('\n').filter((line) => / -s /.test(line));

  test('takes over what the log explains, and nothing else', async () => {
    const { world } = here;
    const at = victim();
    const { tree, install, riposte } = subject('wazuh4', at);
    const [mine, gone, admins, denied] = [1, 2, 3, 4].map(() => world.source(4)) as [
      string,
      string,
      string,
      string,
    ];
    const six = world.source(6);
    // Twice, as upstream's own does it at every alert.
    await formerly(mine);
    await formerly(mine);
    await formerly(gone);
    await formerly(admins);
    await formerly(six, 'ip6tables');
    const deny = `# of an administrator\nALL:${admins}\nALL:${denied}\nALL: ${denied}\n`;
    writeFileSync(join(etc.folder, 'hosts.deny'), deny, { mode: 0o644 });
    const log = join(tree.path, 'logs/active-responses.log');
    const lines = [
      logged('firewall-drop', mine, 'add'),
      logged('firewall-drop', mine, 'continue'),
      logged('firewall-drop', gone, 'add'),
      logged('firewall-drop', gone, 'delete'),
      logged('default-firewall-drop', six, 'add'),
      `Sat May  7 03:17:27 CDT 2011 ${tree.path}/active-response/bin/host-deny.sh add - ${denied} 1304756247.60385 31151\n`,
      logged('route-null', mine, 'add'),
      `2026/11/20 17:03:48 active-response/bin/firewall-drop: {"command":"add", junk\n`,
    ];
    appendFileSync(log, lines.join(''));

    const planned = await install('--adopt', '--dry-run');
    expect(planned.stdout).toContain(`take over   firewall-drop ${mine}\n`);
    expect(await rules()).toHaveLength(8);

    const { exitCode, stdout, stderr } = await install('--adopt');
    expect([exitCode, stderr]).toEqual([0, '']);
    const told = stdout.split('\n').filter((line) => / {2}(taken over|left) /.test(line));
    expect(told).toEqual([
      `  taken over  firewall-drop ${mine}`,
      `  taken over  default-firewall-drop ${six}`,
      `  taken over  host-deny.sh ${denied}`,
      expect.stringMatching(`^  left        route-null ${mine}: `),
    ]);
    const rest = (await rules()).map((line) => line.split(' ')[3]);
    expect(new Set(rest)).toEqual(new Set([`${gone}/32`, `${admins}/32`]));
    expect(rest).toHaveLength(4);
    expect(await rules('ip6tables')).toEqual([]);
    const text = readFileSync(join(etc.folder, 'hosts.deny'), 'utf8');
    expect(text).toBe(
      `# riposte host-deny.sh\nALL: ${denied}\n${deny.replace(`ALL:${denied}\n`, '')}`,
    );
    const holds = await at.must(['nft', 'list', 'ruleset', 'inet']);
    expect(holds).toContain(mine);
    expect(holds).toContain(six);
    expect(holds).not.toContain(gone);

    // The agent's delete undoes what was taken over: it is the same holder's.
    const run = await at.run(['active-response/bin/firewall-drop'], {
      cwd: tree.path,
      input: logged('firewall-drop', mine, 'delete').replace(/^.*?: /, ''),
    });
    expect([run.exitCode, run.stderr]).toEqual([0, '']);
    expect(outcomesIn(readFileSync(log, 'utf8')).at(-1)?.outcome).toBe('removed');
    expect(await at.must(['nft', 'list', 'ruleset', 'inet'])).not.toContain(mine);
    expect((await riposte('uninstall')).exitCode).toBe(0);
    const after = readFileSync(join(etc.folder, 'hosts.deny'), 'utf8');
    expect(after).toBe(deny.replace(`ALL:${denied}\n`, ''));
  });

  test('does not read a log that the agent’s account made a link', async () => {
    const { tree, before, print, install } = subject('wazuh4', victim());
    const log = join(tree.path, 'logs/active-responses.log');
    await here.world.victim.must(['ln', '-sf', '/etc/passwd', log]);
    const { exitCode, stderr } = await install('--adopt');
    expect([exitCode, stderr]).toEqual([14, expect.stringMatching(/active-responses\.log/)]);
    expect(before.split('\n')).toHaveLength(print().split('\n').length);
  });
});
