import type { Survey } from '../effect.ts';
import type { Host } from '../host.ts';
import { changeText } from '../system-files.ts';
import { allOf, cleared, type HostsFile } from './hosts-file.ts';

/** Every rule below a mark of ours in one file. */
export function hostsSurvey(backend: string, file: HostsFile): Survey {
  const { path } = file;
  const ours = async ({ systemFiles }: Host) =>
    allOf((await systemFiles.read(path)) ?? '', file).map((one) => ({ ...one, backend }));
  const clear = async (host: Host, timeout: number): Promise<'razed'> => {
    // Looking needs no lock, and so no state folder.
    if ((await ours(host)).length > 0) {
      await host.lock.with(path, () =>
        changeText(host.systemFiles, path, (text) => cleared(text, file), timeout),
      );
    }
    return 'razed';
  };
  return {
    name: backend,
    backends: [backend],
    look: () => ({ spelled: `look for lines of ours in ${path}`, act: ours }),
    raze: () => ({ spelled: `take every line of ours out of ${path}`, act: clear }),
  };
}
