import { chmodSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hand } from '../support/bsd/agent.ts';
import { bsdLane } from '../support/bsd/lane.ts';
import type { Root } from '../support/bsd/root.ts';
import { STAGE } from '../support/bsd/settings.ts';

const lane = bsdLane();

/**
 * An agent's own programs, as far as a restart sees them: the control script keeps in a file whether the
 * agent runs, and what launchd started runs too.
 */
function agentIn(root: Root): Root {
  const { home } = root;
  const program = (name: string, ...lines: string[]) => {
    root.write(`${home}/bin/${name}`, [`#!${STAGE}/bash`, ...lines, ''].join('\n'));
    chmodSync(`${root.outside}/bin/${name}`, 0o755);
  };
  program('wazuh-agentd', 'exit 0');
  program(
    'wazuh-control',
    `echo "$1" >> ${home}/asked`,
    `state=$(<${home}/state)`,
    'case $1 in',
    '  status)',
    `    while read -r line; do [[ $line == *kickstart* ]] && state=up; done < ${STAGE}/calls.jsonl`,
    '    if [[ $state == up ]]; then echo "wazuh-agentd is running..."; else echo "wazuh-agentd not running..."; fi;;',
    `  stop) echo down > ${home}/state;;`,
    `  start|restart) echo up > ${home}/state;;`,
    'esac',
  );
  root.write(`${home}/state`, 'up\n');
  return root;
}

const asked = (root: Root) => root.read(`${root.home}/asked`).trim().split('\n');
const done = (root: Root) => asked(root).filter((word) => word !== 'status');

describe.for(['macos', 'freebsd', 'openbsd', 'netbsd'] as const)('on %s', (system) => {
  it('the control script restarts what launchd does not run', async () => {
    const root = agentIn(lane.root(system));
    expect(await hand(root, 'restart-wazuh', 'add')).toMatchObject({ exitCode: 0 });
    expect(done(root)).toEqual(['restart']);
    const words = root.calls().map(({ tool, args }) => [tool, ...args].join(' '));
    const told = words.filter((line) => line.startsWith('launchctl'));
    expect(told).toEqual(system === 'macos' ? ['launchctl print system/com.wazuh.agent'] : []);
  });

  it('a delete restarts nothing', async () => {
    const root = agentIn(lane.root(system));
    expect(await hand(root, 'restart-wazuh', 'delete')).toMatchObject({ exitCode: 0 });
    expect(root.outcomes()).toMatchObject([{ outcome: 'ignored' }]);
  });
});

describe('on macos, where launchd runs the agent', () => {
  const launched = () => {
    const root = agentIn(lane.root('macos'));
    const plist = '/Library/LaunchDaemons/com.wazuh.agent.plist';
    root.administer(({ run }) => {
      run({ tool: 'launchctl', args: ['bootstrap', 'system', plist] });
    });
    return root;
  };

  it('it is stopped, and launchd starts it', async () => {
    const root = launched();
    expect(await hand(root, 'restart-wazuh', 'add')).toMatchObject({ exitCode: 0 });
    expect(done(root)).toEqual(['stop']);
    expect(root.tools().state.launchd).toMatchObject({ kicked: ['com.wazuh.agent'] });
  });

  it('it is started without launchd where that fails', async () => {
    const root = launched();
    root.break({ launchctl: 'fails' });
    expect(await hand(root, 'restart-wazuh', 'add')).toMatchObject({ exitCode: 0 });
    expect(done(root)).toEqual(['restart']);
    expect(root.log()).toContain('Without launchd: ');
  });
});
