import path from 'node:path';
import { execa } from 'execa';
import { BuildError, UnreachableError } from './failure.ts';

const minutes = 60_000;
const offline =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT)\b/;

/** Fetches the tarball of one published version into a folder and gives its path. */
export async function npmPack(name: string, version: string, folder: string): Promise<string> {
  const [command, ...first] = npmCommand();
  const result = await execa(
    command,
    [
      ...first,
      'pack',
      `${name}@${version}`,
      '--pack-destination',
      folder,
      '--ignore-scripts',
      '--fetch-retries=1',
      '--fetch-retry-mintimeout=1000',
      '--fetch-retry-maxtimeout=5000',
      '--loglevel=error',
    ],
    { cwd: folder, timeout: 10 * minutes, reject: false },
  );
  if (!result.failed) return path.join(folder, result.stdout.trim().split('\n').at(-1) ?? '');
  const reason = lastWords(result.stderr) || result.shortMessage || 'no reason given';
  if (result.timedOut || offline.test(result.stderr)) {
    throw new UnreachableError(
      `${name}@${version} is needed for this target and the npm registry cannot be reached: ${reason}`,
    );
  }
  throw new BuildError(`npm pack ${name}@${version} failed: ${reason}`);
}

/** The npm that runs this script, if one does, else the one in PATH. */
function npmCommand(): [string, ...string[]] {
  const { npm_execpath: script, npm_node_execpath: node } = process.env;
  return script?.endsWith('npm-cli.js') ? [node ?? process.execPath, script] : ['npm'];
}

function lastWords(text: string): string {
  return text
    .split('\n')
    .filter((line) => /^npm (error|ERR!)/.test(line) && !line.includes('complete log'))
    .map((line) => line.replace(/^npm (error|ERR!)\s*/, '').trim())
    .filter((line) => line !== '')
    .slice(0, 3)
    .join('; ');
}
