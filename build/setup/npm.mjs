import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The oldest Node that runs TypeScript files as they are. */
export const oldestNode = '22.18.0';

const stampFile = 'node_modules/.riposte-lock.sha256';
// Npm's own record of what is in node_modules.
const installedFile = 'node_modules/.package-lock.json';

/** Installs what package-lock.json lists, unless that is what is there. */
export function installNpmPackages(root) {
  const lock = readFileSync(path.join(root, 'package-lock.json'), 'utf8');
  const stamp = createHash('sha256').update(lock).digest('hex');
  const state = stateOf(root, lock, stamp);
  if (state === 'missing') {
    process.stdout.write('setup: installing npm packages ... ');
    const start = Date.now();
    let end = 'failed';
    try {
      install(root, lock);
      end = `done in ${Math.round((Date.now() - start) / 1000)} s`;
    } finally {
      console.log(end);
    }
  }
  if (state !== 'stamped') {
    linkNode(root);
    requireNode(root);
    writeFileSync(path.join(root, stampFile), `${stamp}\n`);
  }
}

/**
 * What there is: `stamped` (installed from this very lock file), `matching` (somebody else's
 * install that fits it) or `missing`.
 */
export function stateOf(root, lock, stamp) {
  if (readIfThere(path.join(root, stampFile))?.trim() === stamp) return 'stamped';
  const installed = readIfThere(path.join(root, installedFile));
  return installed !== undefined && fits(lock, installed) ? 'matching' : 'missing';
}

/** Whether npm's own record of what it installed agrees with a lock file. */
export function fits(lock, installed) {
  const wanted = packagesOf(lock);
  const present = packagesOf(installed);
  if (!wanted || !present) return false;
  const known = Object.entries(present).every(([name, { version, integrity }]) => {
    const entry = wanted[name];
    return entry?.version === version && entry?.integrity === integrity;
  });
  // Packages for other platforms are optional and rightly absent.
  const complete = Object.entries(wanted).every(
    ([name, { optional, devOptional, peer }]) =>
      name === '' || name in present || optional || devOptional || peer,
  );
  return known && complete;
}

/** Whether one version is at least another; both are three numbers with dots. */
export function atLeast(version, minimum) {
  const [have, need] = [version, minimum].map((text) => text.split('.').map(Number));
  const index = have.findIndex((number, at) => number !== need[at]);
  return index === -1 || have[index] > need[index];
}

function packagesOf(text) {
  try {
    const { packages } = JSON.parse(text);
    return typeof packages === 'object' && packages !== null ? packages : undefined;
  } catch {
    return undefined;
  }
}

function install(root, lock) {
  const { ok, reason } = npm(root, 'ci');
  if (!ok) throw new Error(advice(`npm ci failed (${reason})`));
  // npm 10 says nothing and exits with 0 when it gives up on an unreachable registry.
  if (!fits(lock, readIfThere(path.join(root, installedFile)) ?? '')) {
    throw new Error(advice('npm ci ended without installing what package-lock.json lists'));
  }
}

function advice(trouble) {
  return `${trouble}; check that the npm registry can be reached and that package.json and package-lock.json agree, then run this again.`;
}

function npm(root, ...words) {
  const { npm_execpath: script, npm_node_execpath: node } = process.env;
  const inside = script?.endsWith('npm-cli.js');
  // Scripts of packages are not run: nothing here needs one.
  const args = [...words, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const result = spawnSync(
    inside ? (node ?? process.execPath) : 'npm',
    inside ? [script, ...args] : args,
    {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      // npm is a command script on Windows; the words are fixed, so a shell is no danger.
      shell: !inside && process.platform === 'win32',
    },
  );
  const stderr = result.stderr ?? '';
  return { ok: result.status === 0, stderr, reason: result.error?.message ?? reasonIn(stderr) };
}

function reasonIn(stderr) {
  const lines = stderr.split('\n').filter((line) => /^npm (error|ERR!)/.test(line));
  const text = lines.map((line) => line.replace(/^npm (error|ERR!)( code)?\s*/, '').trim());
  // What does not fit is told far below a general remark.
  const told = text.filter((line) => /^(Missing|Invalid): /.test(line));
  const words = told.length > 0 ? told : text.filter(Boolean);
  return words.slice(0, 2).join(': ').replace(/\.$/, '') || 'it gave no reason';
}

/**
 * Links `node_modules/.bin/node` where npm did not: before 11.10 it takes the link away again with the
 * packages for other platforms, which offer one of the same name.
 */
export function linkNode(root) {
  const link = path.join(root, 'node_modules/.bin/node');
  const { platform, arch } = process;
  const base = platform === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node';
  const target = `${base}-${platform}-${arch}/bin/node`;
  if (existsSync(link) || !existsSync(path.join(root, 'node_modules', target))) return;
  rmSync(link, { force: true });
  symlinkSync(`../${target}`, link);
}

/** Fails unless npm's scripts will find a Node that can run the sources. */
function requireNode(root) {
  const packaged = path.join(root, 'node_modules/.bin/node');
  if (existsSync(packaged)) {
    const { stdout, error } = spawnSync(packaged, ['--version'], { encoding: 'utf8' });
    const version = stdout?.trim().replace(/^v/, '');
    if (!version) {
      throw new Error(
        `node_modules/.bin/node does not run on this machine (${error?.message ?? 'it needs glibc 2.28 or newer'}); use a machine with glibc, or put Node ${oldestNode} or newer in its place.`,
      );
    }
    if (atLeast(version, oldestNode)) return;
    throw new Error(
      `node_modules/.bin/node is ${version} and ${oldestNode} or newer is needed; restore package-lock.json and run this again.`,
    );
  }
  if (atLeast(process.versions.node, oldestNode)) return;
  throw new Error(
    `There is no Node package for ${process.platform} on ${process.arch} and this is Node ${process.versions.node}; install Node ${oldestNode} or newer, which runs TypeScript.`,
  );
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
