import type { Request } from './request.ts';

/** Seconds by which the safety net outlasts the agent's own undo: its queue may be long. */
export const GRACE = 300;

/** The agent's own configuration, as far as it could be read. */
export interface AgentConfig {
  /** `ar.conf`: `NAME - EXECUTABLE - SECONDS` a line. */
  readonly arConf: string | undefined;
  /** `ossec.conf`, for `repeated_offenders`. */
  readonly ossecConf: string | undefined;
}

/**
 * Seconds until the system itself may end the block, or nothing for never. A safety net for an agent
 * that dies: it must never end a block before the agent would, so every doubt means never.
 */
export async function expiryOf(
  { schedule }: Pick<Request, 'schedule'>,
  program: string,
  config: () => Promise<AgentConfig>,
): Promise<number | undefined> {
  switch (schedule.kind) {
    case 'exact':
      return schedule.seconds;
    case 'stated':
      // execd of Wazuh 5 still climbs the ladder, though its documentation says otherwise.
      if (schedule.seconds <= 0) return undefined;
      return safest([schedule.seconds], (await config()).ossecConf);
    case 'configured': {
      const { arConf, ossecConf } = await config();
      return arConf === undefined ? undefined : safest(timeouts(arConf, program), ossecConf);
    }
    case 'open':
      return undefined;
  }
}

/** Whether nobody means the block to end by itself, as far as the request tells. */
export const isEndless = ({ schedule, dialect }: Pick<Request, 'schedule' | 'dialect'>): boolean =>
  schedule.kind === 'stated'
    ? schedule.seconds <= 0
    : schedule.kind === 'open' && dialect === 'manual';

/** The longest time that the agent may mean, plus grace; nothing where one of them is in doubt. */
function safest(times: readonly number[], ossecConf: string | undefined): number | undefined {
  if (times.length === 0 || ossecConf === undefined) return undefined;
  const all = [...times, ...offenderSteps(ossecConf)];
  const sure = all.every((seconds) => Number.isInteger(seconds) && seconds > 0);
  return sure ? Math.max(...all) + GRACE : undefined;
}

// Windows knows no cases, and may leave an end out. Of two that are not the same the longer time counts.
const isSame = (one: string, other: string): boolean => plain(one) === plain(other);
const plain = (file: string): string => file.toLowerCase().replace(/\.exe$/, '');

/** The timeouts of all responses that run the program, in seconds. */
const timeouts = (arConf: string, program: string): number[] =>
  arConf
    .split('\n')
    .map((line) => line.trim().split(' - '))
    .filter(([, executable]) => executable !== undefined && isSame(executable.trim(), program))
    .map(([, , seconds]) => decimal(seconds));

// As the agent's own atoi would read it; where the two could differ, in doubt.
const decimal = (text: string | undefined): number =>
  /^\d{1,9}$/.test(text?.trim() ?? '') ? Number(text) : Number.NaN;

/**
 * The ladder for repeated offenders, in seconds; the file has it in minutes. Where it is written in a
 * way that this does not read for certain, it is in doubt.
 */
function offenderSteps(ossecConf: string): number[] {
  const lists = [...ossecConf.matchAll(/<repeated_offenders>([^<]*)<\/repeated_offenders>/g)];
  const mentions = ossecConf.match(/<\s*repeated_offenders/g) ?? [];
  if (lists.length !== mentions.length) return [Number.NaN];
  return lists.flatMap(([, list = '']) => list.split(',').map((step) => decimal(step) * 60));
}
