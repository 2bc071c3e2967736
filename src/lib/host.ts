import type { Http } from './http.ts';
import type { Installation } from './installation.ts';
import type { Journal } from './journal.ts';
import type { Layout } from './layout.ts';
import type { Lock } from './lock.ts';
import type { Log } from './log.ts';
import type { Names } from './names.ts';
import type { Clock, Files } from './ports.ts';
import type { Records } from './records.ts';
import type { Runner } from './runner.ts';
import type { Signals } from './signals.ts';
import type { Surroundings } from './surroundings.ts';
import type { System } from './system.ts';
import type { SystemFiles } from './system-files.ts';
import type { Vault } from './vault.ts';

/** The host as one run sees it: every port there is. */
export interface Host {
  readonly runner: Runner;
  readonly clock: Clock;
  readonly records: Records;
  readonly journal: Journal;
  readonly lock: Lock;
  readonly log: Log;
  /** The agent's configuration files; read on demand. */
  readonly files: Files;
  /** Where the agent keeps them. */
  readonly layout: Layout;
  /** Files outside of the agent's home, which others read and edit too. */
  readonly systemFiles: SystemFiles;
  readonly installation: Installation;
  readonly http: Http;
  readonly vault: Vault;
  readonly surroundings: Surroundings;
  /** Hosts that are known by name. */
  readonly names: Names;
  readonly signals: Signals;
  /** The agent's home directory, where there is one. */
  readonly home: string | undefined;
  readonly kernel: readonly [major: number, minor: number];
  readonly system: System;
}
