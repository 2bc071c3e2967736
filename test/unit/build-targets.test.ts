import { describe, expect, test } from 'vitest';
import { engines } from '../../build/inject/engines.ts';
import { runtimeSettings } from '../../build/inject/runtime.ts';
import { parseOptions } from '../../build/options.ts';
import { stripTools } from '../../build/strip.ts';
import {
  type AnyTarget,
  hostTarget,
  parseTargets,
  type Target,
  targets,
} from '../../build/targets.ts';

const target = (id: string): Target => {
  const found = targets.find((each) => each.id === id);
  if (!found) throw new Error(`no target ${id}`);
  return found;
};
const ids = (list: readonly AnyTarget[]) => list.map(({ id }) => id);

describe('targets', () => {
  test.each([
    ['linux', 'x64', 'linux-x64'],
    ['linux', 'arm64', 'linux-arm64'],
    ['win32', 'x64', 'win-x64'],
    ['darwin', 'arm64', 'macos-arm64'],
    ['darwin', 'x64', 'macos-x64'],
    ['linux', 'riscv64', undefined],
    ['freebsd', 'x64', undefined],
  ])('%s on %s is %s', (platform, arch, id) => {
    expect(hostTarget(platform, arch)?.id).toBe(id);
  });

  test('nothing asked for means this machine', () => {
    expect(ids(parseTargets([], target('linux-x64')))).toEqual(['linux-x64']);
  });

  test('commas and repetition both make a list, each target once, in the order given', () => {
    const list = parseTargets(['win-x64, linux-x64', 'linux-arm64', 'win-x64'], undefined);
    expect(ids(list)).toEqual(['win-x64', 'linux-x64', 'linux-arm64']);
  });

  test('the BSDs are asked for by their names, without a processor', () => {
    expect(ids(parseTargets(['freebsd,openbsd', 'netbsd'], undefined))).toEqual([
      'freebsd',
      'openbsd',
      'netbsd',
    ]);
  });

  test.each(['linux', 'Linux-x64', 'win-x86', '', 'linux-x64,'])('"%s" is refused', (name) => {
    expect(() => parseTargets([name], undefined)).toThrow(/is not a target; choose from linux-x64/);
  });

  test('a machine without a target has to choose', () => {
    expect(() => parseTargets([], undefined)).toThrow(/choose with --target: linux-x64/);
  });
});

describe('options', () => {
  test('pkg is the engine unless another is asked for', () => {
    expect(engines[0]?.name).toBe('pkg');
    expect(parseOptions(['--target', 'linux-x64'])?.engine.name).toBe('pkg');
    expect(parseOptions(['--engine', 'postject', '--target', 'win-x64'])?.engine.name).toBe(
      'postject',
    );
  });

  test('what is not known is refused with what is', () => {
    expect(() => parseOptions(['--engine', 'other'])).toThrow(/choose from pkg, postject/);
    expect(() => parseOptions(['--verbose'])).toThrow(/--target NAME/);
    expect(parseOptions(['--help'])).toBeUndefined();
  });
});

describe('the runtime in the binary', () => {
  test.each(targets)('of $id takes nothing from the environment', (each) => {
    const { execArgv, execArgvExtension } = runtimeSettings(each);
    expect(execArgvExtension).toBe('none');
    expect(execArgv).toContain('--disable-sigusr1');
    expect(execArgv).toContain(
      each.system === 'windows' ? '--openssl-config=NUL' : '--openssl-config=/dev/null',
    );
  });
});

describe('strip', () => {
  test('the plain tool is only asked to strip for the machine it is on', () => {
    expect(stripTools(target('linux-x64'), 'x64', 'linux')[0]).toBe('strip');
    expect(stripTools(target('linux-arm64'), 'x64', 'linux')).toEqual([
      'aarch64-linux-gnu-strip',
      'llvm-strip',
    ]);
    // On a Mac, strip is for Mach-O files.
    expect(stripTools(target('linux-arm64'), 'arm64', 'darwin')).not.toContain('strip');
  });
});
