import type { Target } from '../targets.ts';

/** What is joined to what. */
export interface Injection {
  readonly bundle: string;
  readonly target: Target;
  /** A node executable for the target, ready to be copied. */
  readonly base: string;
  /** The version of that executable. */
  readonly version: string;
  readonly output: string;
}

/** A way to put a program into a node executable. */
export interface Injector {
  readonly name: string;
  /** The npm package that does it. */
  readonly package: string;
  inject(injection: Injection): Promise<void>;
}
