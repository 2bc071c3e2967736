/** Where an agent keeps its files, below its home; paths have forward slashes on every system. */
export interface Layout {
  /** Its own configuration. */
  readonly ossecConf: string;
  /** What its manager has it run, and for how long: `NAME - EXECUTABLE - SECONDS` a line. */
  readonly arConf: string;
  /** The fleet's settings, which the manager distributes and the agent's own account may write. */
  readonly fleet: string;
  /** The log of active responses, which the agent reads. */
  readonly log: string;
}

/** Linux, macOS and the BSDs. */
export const UNIX: Layout = {
  ossecConf: 'etc/ossec.conf',
  arConf: 'etc/shared/ar.conf',
  fleet: 'etc/shared/riposte.json',
  log: 'logs/active-responses.log',
};

/** Windows. */
export const WINDOWS: Layout = {
  ossecConf: 'ossec.conf',
  arConf: 'shared/ar.conf',
  fleet: 'shared/riposte.json',
  log: 'active-response/active-responses.log',
};
