import type { Request } from './request.ts';

/** Seconds by which the safety net outlasts the agent's own undo: its queue may be long. */
export const GRACE = 300;

/** The agent's own configuration, as far as it could be read. */
export interface AgentConfig {
  /** `etc/shared/ar.conf`: `NAME - EXECUTABLE - SECONDS` a line. */
  readonly arConf: string | undefined;
  /** `etc/ossec.conf`, for `repeated_offenders`. */
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
      return schedule.seconds > 0 ? schedule.seconds + GRACE : undefined;
    case 'configured':
      return longest(program, await config());
    case 'open':
      return undefined;
  }
}

function longest(program: string, { arConf, ossecConf }: AgentConfig): number | undefined {
  if (arConf === undefined || ossecConf === undefined) return undefined;
  const timeouts = arConf
    .split('\n')
    .map((line) => line.trim().split(' - '))
    .filter(([, executable]) => executable?.trim() === program)
    .map(([, , seconds]) => decimal(seconds));
  const all = [...timeouts, ...offenderSteps(ossecConf)];
  const safe =
    timeouts.length > 0 && all.every((seconds) => Number.isInteger(seconds) && seconds > 0);
  return safe ? Math.max(...all) + GRACE : undefined;
}

// As the agent's own atoi would read it; where the two could differ, in doubt.
const decimal = (text: string | undefined): number =>
  /^\d{1,9}$/.test(text?.trim() ?? '') ? Number(text) : Number.NaN;

/** The ladder for repeated offenders, in seconds; the file has it in minutes. */
function offenderSteps(ossecConf: string): number[] {
  return [...ossecConf.matchAll(/<repeated_offenders>([^<]*)</g)].flatMap(([, list = '']) =>
    list.split(',').map((minutes) => decimal(minutes) * 60),
  );
}
