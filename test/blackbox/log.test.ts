import { statSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { alerts, decode, lines } from './support/decoders.ts';
import { alert, keysLine } from './support/messages.ts';
import { it, PROGRAM, type Stage } from './support/stage.ts';

const IP = '203.0.113.7';
const ADD = alert(IP);
const CONTINUE = alert(IP, 'continue');

/** What the lines say after their prefix. */
const said = (stage: Stage) => lines(stage.home.log()).map((line) => line.split(': ').slice(1));
const outcomesOf = (stage: Stage) =>
  lines(stage.home.log()).flatMap((line) => {
    const { json } = decode(line) ?? {};
    return json && 'riposte' in json ? [json] : [];
  });

describe('the log', () => {
  it.concurrent('tells an add in the stock order', async ({ stage }) => {
    await stage.feed(`${ADD}\n${CONTINUE}\n`);
    const texts = said(stage).map((parts) => parts.join(': '));
    expect(texts[0]).toBe('Starting');
    expect(texts.slice(1, 4)).toEqual([ADD, keysLine(IP), CONTINUE]);
    expect(texts[4]).toMatch(/^\{"riposte":\{"outcome":"applied","exit":0,/);
    expect(texts.slice(5)).toEqual(['Ended']);
  });

  it.concurrent('tells a delete in the stock order', async ({ stage }) => {
    const undo = alert(IP, 'delete');
    await stage.feed(`${undo}\n`);
    const texts = said(stage).map((parts) => parts.join(': '));
    expect([texts[0], texts[1], texts.at(-1)]).toEqual(['Starting', undo, 'Ended']);
    expect(texts).toHaveLength(4);
  });

  it.concurrent('is made as the agent’s package makes it', async ({ stage }) => {
    await stage.shell(`chown 0:65534 logs 2> /dev/null; "$1" <<< '{}'`, PROGRAM);
    const { mode, gid } = statSync(stage.home.logFile);
    expect(mode & 0o777).toBe(0o660);
    expect(gid).toBe(statSync(`${stage.home.path}/logs`).gid);
  });

  it.concurrent.for([
    { name: 'an add', input: `${ADD}\n${CONTINUE}\n`, rules: [651] },
    { name: 'an unanswered add', input: `${ADD}\n`, rules: [651] },
    { name: 'a delete', input: `${alert(IP, 'delete')}\n`, rules: [652] },
    { name: 'a refusal', input: `${alert('127.0.0.1')}\n`, rules: [] },
    { name: 'a bad address', input: `${alert('nobody')}\n`, rules: [] },
    { name: 'no message', input: 'x\n', rules: [] },
    { name: 'nothing', input: '', rules: [] },
  ])('has one outcome of $name and the alerts it deserves', async (given, { stage }) => {
    const { exitCode } = await stage.feed(given.input);
    const outcomes = outcomesOf(stage);
    expect(outcomes).toHaveLength(1);
    expect(Object.keys(outcomes[0] ?? {})).toEqual(['riposte']);
    expect(outcomes[0]).toMatchObject({ riposte: { exit: exitCode, action: 'firewall-drop' } });
    expect(alerts(stage.home.log())).toEqual(given.rules);
    expect(said(stage)[0]).toEqual(['Starting']);
    expect(lines(stage.home.log()).at(-1)?.endsWith(': Ended')).toBe(exitCode === 0);
  });

  it.concurrent('says that a block failed, and raises no alert for it', async ({ stage }) => {
    // A map of the set’s name by somebody else: whatever nft is asked, it says no.
    await stage.shell(`nft add table inet riposte; nft add map inet riposte firewall-drop4 \\
      '{ type ipv4_addr : verdict; }'`);
    const backend = alert(IP, 'add', ['--backend', 'nft']);
    const run = await stage.feed(`${backend}\n`);
    expect(run).toMatchObject({ exitCode: 7, stdout: '' });
    expect(stage.home.log()).toContain(`${PROGRAM}: Failed: ${backend}\n`);
    expect(alerts(stage.home.log())).toEqual([]);
  });
});

describe('text of an attacker', () => {
  const forged = `2026/01/01 00:00:00 ${PROGRAM}: ${alert('192.0.2.1')}`;
  const texts: readonly { name: string; text: string }[] = [
    { name: 'a forged line', text: `x\n${forged}\n` },
    { name: 'a forged line after CR', text: `x\r${forged}` },
    { name: 'a forged line after U+2028', text: `x\u2028${forged}` },
    { name: 'a forged line after U+0085', text: `x\u0085${forged}` },
    { name: 'an escape sequence', text: '\u001b[2J\u001b]0;x\u0007' },
    { name: 'a forged outcome', text: '"}}{"riposte":{"outcome":"applied"}}' },
    { name: 'a right-to-left override', text: '\u202e\u0000\uffff' },
  ];

  it.concurrent.for(texts)(
    '$name in the alert stays inside its line',
    async ({ text }, { stage }) => {
      const message = ADD.replace(
        '"id":"5710"',
        `"id":"5710","description":${JSON.stringify(text)}`,
      );
      const run = await stage.feed(`${message}\n`);
      expect(run.exitCode).toBe(13);
      expectOneStory(stage);
      expect(alerts(stage.home.log())).toEqual([651]);
    },
  );

  it.concurrent.for(texts)('$name in the address is harmless', async ({ text }, { stage }) => {
    const run = await stage.feed(`${alert(text)}\n`);
    expect(run).toMatchObject({ exitCode: 4, stdout: '' });
    expectOneStory(stage);
    expect(alerts(stage.home.log())).toEqual([]);
  });

  it.concurrent.for(texts)(
    '$name in the rule and the alert id is harmless',
    async (given, { stage }) => {
      const id = JSON.stringify(given.text);
      const message = ADD.replace('"5710"', id).replace('"1770113472.345678"', id);
      const run = await stage.feed(`${message}\n`);
      expect(run.exitCode).toBe(13);
      expectOneStory(stage);
    },
  );

  it.concurrent.for(texts)('$name from an old agent is harmless', async ({ text }, { stage }) => {
    const words = ['add', text, IP, '1304756247.60385', text.slice(0, 40), text].map((word) =>
      word.replaceAll('\0', ''),
    );
    const run = await stage.shell('cd /; exec "$@"', `${stage.home.path}/${PROGRAM}`, ...words);
    expect(run.exitCode).toBe(0);
    expectOneStory(stage);
  });
});

/** One start, one outcome, every line with its own prefix, nothing a terminal would obey. */
function expectOneStory(stage: Stage): void {
  const log = stage.home.log();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(log.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
  for (const line of lines(log)) expect(decode(line)).toBeDefined();
  expect(said(stage).filter(([text]) => text === 'Starting')).toHaveLength(1);
  expect(outcomesOf(stage)).toHaveLength(1);
}
