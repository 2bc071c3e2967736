import { expect, test } from 'vitest';
import { LIMIT } from '../../src/lib/ports.ts';
import { parseRequest } from '../../src/lib/protocol.ts';
import { parseDefinition } from '../../src/lib/shim/definition.ts';
import type { Scripts } from '../../src/lib/shim/script.ts';
import { shim } from '../../src/lib/shim/shim.ts';
import { message } from '../support/messages.ts';
import { ModelHost } from '../support/model-host.ts';

/** So long it takes to end a script that does not want to, in milliseconds. */
const TO_END_IT = 3_000;

test.each([1_000, 15_000, LIMIT.run - TO_END_IT - 1])(
  'a script that asks for keys after %i ms, and an agent that never answers, end in time',
  async (late) => {
    const host = new ModelHost();
    let told = '';
    const waits = async (milliseconds: number) => {
      host.pass(milliseconds);
      return 'silence' as const;
    };
    const scripts: Scripts = {
      trust: async () => {},
      start: async () => ({
        hear: async () => {
          host.pass(late);
          return { line: '{"command":"check_keys","parameters":{"keys":["x"]}}' };
        },
        tell: (line) => {
          told += line;
        },
        hangUp: () => {},
        ended: async (timeout) => {
          host.pass(timeout + TO_END_IT);
          return { exitCode: undefined, signal: 'SIGKILL', overran: true, complaint: '' };
        },
      }),
    };
    const line = message('4x-add-ssh-5710-firewall-drop');
    await host.run('mine', async (ports) => {
      const { outcome } = await shim(
        {
          definition: parseDefinition(['--as', 'v1', '--', '/x']),
          request: parseRequest(line, new Set()),
          line,
          program: 'mine',
          agent: { hear: waits, tell: async () => true },
        },
        scripts,
        ports,
      );
      expect(outcome).toBe('unanswered');
      expect(ports.clock.elapsed()).toBeLessThanOrEqual(LIMIT.run);
    });
    expect(told).toBe('');
  },
);
