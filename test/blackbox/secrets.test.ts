import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { alerts } from './support/decoders.ts';
import { alert } from './support/messages.ts';
import { it, PROGRAM, type Stage } from './support/stage.ts';

const SECRET = 'hunter2-T0B1';
const IP = '203.0.113.7';

const EXTRA: readonly (readonly string[])[] = [
  [`https://hooks.slack.example/services/${SECRET}`],
  [`https://hooks.slack.example?token=${SECRET}`],
  [`https://user:${SECRET}@hooks.slack.example/x`],
  [`--token=${SECRET}`],
  [`--api-key=${SECRET}`],
  [`--webhook=https://hooks.slack.example/${SECRET}`],
  [`--token=quote"${SECRET}`],
  ['--token', SECRET],
  ['--backend', 'iptables', `--password=${SECRET}`],
];

describe.for(EXTRA.map((extra) => ({ words: extra.join(' '), extra })))(
  'extra $words',
  ({ extra }) => {
    const talk = (ip: string) => [alert(ip, 'add', extra), alert(ip, 'continue', extra)];

    it.concurrent.for([
      { name: 'a block', input: talk(IP), exit: 0 },
      { name: 'a refusal', input: talk('127.0.0.1'), exit: 5 },
      { name: 'no address', input: talk('nobody'), exit: 4 },
      { name: 'an undo', input: [alert(IP, 'delete', extra)], exit: 0 },
      { name: 'half a message', input: [alert(IP, 'add', extra).slice(0, -2)], exit: 3 },
      {
        name: 'half an answer',
        input: [talk(IP)[0] ?? '', (talk(IP)[1] ?? '').slice(0, -2)],
        exit: 13,
      },
    ])('stay out of every file: $name', async ({ input, exit }, { stage }) => {
      const run = await stage.feed(`${input.join('\n')}\n`);
      expect(run.exitCode).toBe(exit);
      expect(`${run.stdout}${run.stderr}`).not.toContain(SECRET);
      expect(filesWith(stage, SECRET)).toEqual([]);
      alerts(stage.home.log());
    });
  },
);

it.for(EXTRA.map((extra) => extra.join(' ')))(
  '%s stays out in Wazuh 5',
  async (extra, { stage }) => {
    const active_response = { type: 'stateless', extra_arguments: extra };
    const document = { wazuh: { active_response }, source: { ip: IP } };
    const lines = ['enable', 'continue'].map((command) => JSON.stringify({ ...document, command }));
    expect((await stage.feed(`${lines.join('\n')}\n`)).exitCode).toBe(0);
    expect(filesWith(stage, SECRET)).toEqual([]);
  },
);

it('stay out for an old agent, whose words end with them', async ({ stage }) => {
  const words = ['add', '-', IP, '1304756247.60385', '31151', '/var/log/auth.log', '-'];
  const run = await stage.hand(...words, `https\\://hooks.slack.example/${SECRET}`);
  expect(run).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  expect(filesWith(stage, SECRET)).toEqual([]);
});

it('are masked although another hand escaped them', async ({ stage }) => {
  const url = `https://hooks.slack.example/services/${SECRET}`;
  await stage.feed(`${alert(IP, 'add', [url]).replaceAll('/', '\\/')}\n`);
  expect(await stage.blocked()).toEqual([IP]);
  expect(filesWith(stage, SECRET)).toEqual([]);
});

it('leaves what the program itself understands as it came', async ({ stage }) => {
  const message = alert(IP, 'add', ['--backend', 'iptables']);
  await stage.feed(`${message}\n`);
  expect(stage.home.log()).toContain(`${PROGRAM}: ${message}\n`);
});

/** Files of the home that hold the text, besides the input itself. */
function filesWith(stage: Stage, text: string): readonly string[] {
  return readdirSync(stage.home.path, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const path = join(stage.home.path, name);
    if (name.startsWith('input-') || name.startsWith('active-response/bin')) return false;
    return statSync(path).isFile() && readFileSync(path, 'utf8').includes(text);
  });
}
