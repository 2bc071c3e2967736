import type { Target } from '../targets.ts';

/**
 * How the runtime in the binary is set up.
 *
 * The binaries run as root. What the environment could make node load or open is switched off:
 * NODE_OPTIONS (no extension of the arguments), OPENSSL_CONF (a fixed, empty file), and the
 * debugger that SIGUSR1 would start.
 */
export function runtimeSettings({ nullDevice }: Target) {
  return {
    disableExperimentalSEAWarning: true,
    useSnapshot: false,
    useCodeCache: false,
    execArgv: ['--disable-sigusr1', `--openssl-config=${nullDevice}`, '--no-warnings'],
    execArgvExtension: 'none',
  } as const;
}
