import { describe, expect, test } from 'vitest';
import { STORIES, wordsOf } from '../support/model/facts.ts';
import { FIREWALLD } from '../support/model/firewalld-facts.ts';
import { SURVEYS } from '../support/model/survey-facts.ts';
import { ModelHost } from '../support/model-host.ts';

// The same stories are told to the real tools in the system tests.
describe.each([...STORIES, ...SURVEYS, FIREWALLD])('the model of $title', ({ facts }) => {
  test('answers as the real tool', () => {
    const host = new ModelHost({ bare: true });
    for (const [place, { line, stdin, exitCode, stdout, like, stderr }] of facts.entries()) {
      const [tool = '', ...args] = wordsOf(line);
      if (tool === 'sleep') {
        host.pass(Number(args[0]) * 1_000);
        continue;
      }
      const answer = host.tool({ tool, args, ...(stdin !== undefined && { stdin }) });
      const where = `${place}: ${line}`;
      expect(answer.exitCode, where).toBe(exitCode);
      if (stdout !== undefined) expect(answer.stdout, where).toBe(stdout);
      if (like) expect(answer.stdout, where).toMatch(like);
      if (stderr !== undefined) expect(answer.stderr.split('\n')[0], where).toBe(stderr);
    }
  });
});

test('the model refuses what it does not know', () => {
  expect(() => new ModelHost().tool({ tool: 'mkfs', args: ['/dev/sda'] })).toThrow('has no mkfs');
});

test('the model sees its neighbours and is asked about packets, not about rules', () => {
  const host = new ModelHost();
  expect(host.state()).toContain('203.0.113.7,');
  expect(host.holds('203.0.113.7')).toBe(false);
  for (const chain of ['INPUT', 'FORWARD']) {
    host.tool({ tool: 'iptables', args: ['-I', chain, '-s', '203.0.113.7', '-j', 'DROP'] });
  }
  expect(host.holds('203.0.113.7')).toBe(true);
});
