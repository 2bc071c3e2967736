/**
 * Every way a run can end, in one closed table: the word in the log, the exit code, what it means.
 * `docs/outcomes.md` is checked against it by a test.
 */
export const OUTCOMES = {
  applied: { exit: 0, meaning: 'It was done and seen to hold.' },
  already: { exit: 0, meaning: 'It held before; its expiry, where it has one, was renewed.' },
  removed: { exit: 0, meaning: 'What this holder had made was undone.' },
  absent: { exit: 0, meaning: 'Nothing of this holder’s was there; the target is free of it.' },
  expired: { exit: 0, meaning: 'It outlived its time, and a sweep undid it.' },
  restored: { exit: 0, meaning: 'Something had taken it away; a sweep made it again.' },
  ignored: { exit: 0, meaning: 'A delete of what the agent cannot undo; nothing was done.' },
  ran: { exit: 0, meaning: 'A script behind the shim says that it did well; nobody looked.' },
  planned: { exit: 0, meaning: 'Dry run: the commands were printed and none was run.' },
  observed: {
    exit: 0,
    meaning: 'Observe mode: it would have been done; nothing was changed.',
  },
  usage: { exit: 2, meaning: 'The command line was not understood; nothing was done.' },
  'bad-request': { exit: 3, meaning: 'The agent’s message could not be read; nothing was done.' },
  'bad-field': { exit: 4, meaning: 'The message holds no usable target; nothing was done.' },
  refused: { exit: 5, meaning: 'The target is protected, or it would do harm; nothing was done.' },
  'missing-tool': {
    exit: 6,
    meaning: 'No tool that could do it is there, or its service is not running.',
  },
  'tool-failed': { exit: 7, meaning: 'The tool said no; what this run had made was taken back.' },
  'timed-out': { exit: 8, meaning: 'A tool or the whole run overran its time.' },
  locked: { exit: 9, meaning: 'Another run held the lock for too long.' },
  full: { exit: 10, meaning: 'The set of blocked addresses has no room left.' },
  'not-ours': { exit: 11, meaning: 'Somebody else’s rule holds the target; it was left alone.' },
  undelivered: {
    exit: 12,
    meaning: 'Nobody could be given the keys; the block was taken back.',
  },
  unanswered: { exit: 13, meaning: 'The agent got the keys and did not answer; the block stays.' },
  'bad-state': {
    exit: 14,
    meaning: 'A file that would be changed, or the state folder, cannot be trusted.',
  },
  'bad-settings': { exit: 15, meaning: 'Root’s own settings cannot be understood.' },
  'no-effect': { exit: 16, meaning: 'It would change nothing on this host; nothing was done.' },
  partial: { exit: 17, meaning: 'The block holds; what was to be done besides failed.' },
  internal: { exit: 70, meaning: 'A defect in Riposte; please report it.' },
} as const satisfies Record<string, { exit: number; meaning: string }>;

/** The word that names how a run ended. */
export type Outcome = keyof typeof OUTCOMES;

/** The outcomes that an error can carry. */
export type Failure = Exclude<
  Outcome,
  | 'applied'
  | 'already'
  | 'removed'
  | 'absent'
  | 'expired'
  | 'restored'
  | 'ignored'
  | 'ran'
  | 'planned'
  | 'observed'
>;

/** The process exit code of an outcome: 0 only where the wanted state was seen to hold. */
export const exitCode = (outcome: Outcome): number => OUTCOMES[outcome].exit;

/**
 * The one error of the library. `kind` is stable and decides the exit code; the message is free text
 * for people: who, what, why, what to do.
 */
export class ActionError extends Error {
  override readonly name = 'ActionError';
  readonly kind: Failure;

  constructor(kind: Failure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** A tool was killed, by us or by others, and may have acted before. */
export class Unfinished extends ActionError {}

/** No answer came from a web service. */
export class Unreached extends ActionError {
  /** Whether another attempt may fare better: not where a certificate or a setting is at fault. */
  readonly passing: boolean;

  constructor(message: string, passing: boolean) {
    super('tool-failed', message);
    this.passing = passing;
  }
}

/** Whatever was thrown, as an `ActionError`; a stranger becomes `internal`. */
export function asActionError(thrown: unknown): ActionError {
  if (thrown instanceof ActionError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ActionError('internal', `unexpected: ${message}`, { cause: thrown });
}
