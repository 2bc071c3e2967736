// biome-ignore lint/suspicious/noExplicitAny: the functions of a port take whatever they take
type Port = { readonly [name: string]: (...words: any[]) => Promise<unknown> };

/**
 * A port that is loaded when it is first asked for something: what most runs never need must not
 * cost them anything.
 */
export function lazily<P extends { [Name in keyof P]: Port[string] }>(load: () => Promise<P>): P {
  let port: Promise<P> | undefined;
  return new Proxy({} as P, {
    get:
      (_, name) =>
      async (...words: unknown[]) => {
        port ??= load();
        const asked = (await port)[name as keyof P];
        return asked(...words);
      },
  });
}
