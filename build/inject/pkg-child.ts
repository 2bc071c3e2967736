// Run by pkg.ts as a process of its own, with one job as JSON.
import pkg from '@yao-pkg/pkg/lib-es5/sea.js';
import type { Target } from '../targets.ts';
import type { runtimeSettings } from './runtime.ts';

/** One executable to make; every path is absolute. */
export interface Job {
  readonly bundle: string;
  readonly settings: ReturnType<typeof runtimeSettings>;
  readonly target: Target['pkg'] & { readonly nodeRange: string; readonly output: string };
}

// The public interface of pkg drops the settings, so its engine is called directly; a plain file as
// input selects the engine that adds nothing to the program.
const { bundle, target, settings }: Job = JSON.parse(process.argv[2] ?? '');
await pkg.default(bundle, { signature: false, targets: [target], seaConfig: settings });
