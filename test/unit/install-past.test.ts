import { describe, expect, test } from 'vitest';
import { openCalls } from '../../src/cli/install/past.ts';
import { RESPONSES } from '../support/actions.ts';
import { message } from '../support/messages.ts';

const actions = RESPONSES.filter(({ platform }) => platform === 'linux').map(({ action }) => ({
  names: [action.name, ...action.aliases] as [string, ...string[]],
  load: async () => ({ default: action }),
}));

const line = (program: string, text: string) =>
  `2026/11/20 17:03:48 active-response/bin/${program}: ${text}`;
const legacy = (program: string, words: string) =>
  `Sat May  7 03:17:27 CDT 2011 /var/ossec/active-response/bin/${program} ${words}`;

const open = async (...lines: string[]) =>
  (await openCalls(lines.join('\n'), { actions })).map(
    ({ program, target, request }) => `${program} ${target} ${request.dialect}`,
  );

const ADD = message('4x-add-ssh-5710-firewall-drop');
const DELETE = message('4x-delete-ssh-5710-firewall-drop');

describe('the log tells of', () => {
  test('an add without a delete after it, of the program that was called', async () => {
    expect(await open(line('firewall-drop', ADD))).toEqual(['firewall-drop 203.0.113.7 wazuh4']);
    expect(
      await open(
        line('firewall-drop', DELETE),
        line('firewall-drop', ADD),
        line('firewall-drop', 'Ended'),
        line('default-firewall-drop', DELETE),
      ),
    ).toEqual(['firewall-drop 203.0.113.7 wazuh4']);
    expect(await open(line('firewall-drop', ADD), line('firewall-drop', DELETE))).toEqual([]);
  });

  test('a call of a shell script', async () => {
    const words = '- 172.16.0.1 1304756247.60385 31151';
    expect(await open(legacy('host-deny.sh', `add ${words}`))).toEqual([
      'host-deny.sh 172.16.0.1 legacy',
    ]);
    expect(
      await open(legacy('host-deny.sh', `add ${words}`), legacy('host-deny.sh', `delete ${words}`)),
    ).toEqual([]);
  });

  test('nothing else', async () => {
    expect(
      await open(
        line('firewall-drop', message('4x-continue-ssh-5710-firewall-drop')),
        line('firewall-drop', `Refused: ${ADD}`),
        line('firewall-drop', `Failed: ${ADD}`),
        line('no-program', ADD),
        line('../firewall-drop', ADD),
        `x ${line('firewall-drop', ADD)}`,
        line('firewall-drop', ADD.slice(0, -20)),
        line('wazuh-slack', ADD),
        legacy('host-deny.sh', 'add - 999.1.1.1 1304756247.60385 31151'),
      ),
    ).toEqual([]);
  });
});
