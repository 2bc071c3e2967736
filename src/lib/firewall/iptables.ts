import type { Circumstance } from '../action.ts';
import { type Backend, type Effect, must, run, undoes, yesNo } from '../effect.ts';
import type { Ip } from '../fields.ts';
import { mark, tableTool } from './xtables.ts';
import { xtablesSurvey } from './xtables-survey.ts';

// Seconds to wait for the xtables lock; without -w a busy host answers 4 and nothing is blocked.
const WAIT = ['-w', '5'] as const;

/**
 * Drops every packet from the address in INPUT and FORWARD, as upstream does, one rule each. The last
 * resort: cost grows with every address, and the kernel knows no expiry for a rule.
 */
export function iptables({ text, family }: Ip, { holder }: Circumstance): Backend {
  const tool = tableTool(family);
  const rule = (verb: string, chain: string, ...match: string[]) =>
    run(tool, ...WAIT, verb, chain, '-s', text, ...match, '-j', 'DROP');
  const marked = (verb: string, chain: string) =>
    rule(verb, chain, '-m', 'comment', '--comment', mark(holder));
  const drop = (chain: string): Effect => ({
    what: `${tool} rule for ${text} in ${chain}`,
    see: yesNo(marked('-C', chain)),
    make: must(marked('-I', chain), 'made'),
    undo: undoes(marked('-D', chain)),
  });
  const chains = ['INPUT', 'FORWARD'];
  return {
    name: 'iptables',
    longest: 0,
    lock: `${tool} ${holder} ${text}`,
    record: true,
    survey: xtablesSurvey,
    effects: chains.map(drop),
    foreign: chains.map((chain) => ({ see: yesNo(rule('-C', chain)), lift: rule('-D', chain) })),
  };
}
