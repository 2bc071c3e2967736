// It is the process's own by nature; nothing else can tell what it was before.
let callers: number | undefined;

/** From now on what we make is for our user alone. */
export function keepPrivate(): void {
  callers ??= process.umask(0o077);
}

/** Starts something that goes on making files for others, with the umask that we were called with. */
export function asCalled<T>(start: () => T): T {
  if (callers === undefined) return start();
  const ours = process.umask(callers);
  try {
    return start();
  } finally {
    process.umask(ours);
  }
}
