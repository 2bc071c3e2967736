import { type Service, wordsIn } from './service.ts';
import { shorten } from './shorten.ts';

// What an agent's message can hold at all; a character may take six bytes in JSON.
const LOG = 64 << 10;
const SHORT = 4_096;

/** Any service that takes JSON: the alert as data, told by the names of Wazuh 4. */
export const generic: Service = {
  name: 'json',
  body: ({ id, time, title, severity, rule, agent, agentless, location, log, srcip, user }) => {
    const short = (text: string | undefined) =>
      text === undefined ? undefined : shorten(text, SHORT);
    return JSON.stringify({
      version: 1,
      id: short(id),
      timestamp: short(time),
      severity,
      rule: rule && { id: short(rule.id), level: short(rule.level), description: short(title) },
      ...(!rule && { description: short(title) }),
      agent: agent && { id: short(agent.id), name: short(agent.name) },
      agentless: short(agentless),
      location: short(location),
      srcip: short(srcip),
      user: short(user),
      full_log: log === undefined ? undefined : shorten(log, LOG),
    });
  },
  accepted: ({ status }) => status >= 200 && status <= 299,
  reason: (reply) => wordsIn(reply, 'error.message', 'error', 'message', 'detail'),
};
