import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, type TestContext, test } from 'vitest';
import { discover, namesOf } from '../../build/actions.ts';
import { baseFor } from '../../build/bases.ts';
import { binaryFor } from '../../build/binary.ts';
import { bundle } from '../../build/bundle.ts';
import { UnreachableError } from '../../build/failure.ts';
import { verifySignature } from '../../build/formats/macho-verify.ts';
import { authenticode } from '../../build/formats/pe.ts';
import { pkg } from '../../build/inject/pkg.ts';
import { readObject, textAt } from '../../build/json.ts';
import { root } from '../../build/paths.ts';
import { scriptText } from '../../build/script.ts';
import { SCRIPTS, scriptTargets, targets } from '../../build/targets.ts';
import type { System } from '../../src/lib/system.ts';

// Each target costs a download of some 50 MB the first time, and seconds to make; every assertion
// about it looks at the same file.
const version = readObject(path.join(root, 'package.json')).then((manifest) =>
  textAt(manifest, 'version', 'package.json'),
);
const program = async (system: System) =>
  bundle(system, await discover(SCRIPTS[system]), await version);

const made = new Map<string, Promise<Buffer | UnreachableError>>();

async function make(id: string): Promise<Buffer> {
  const target = targets.find((each) => each.id === id);
  if (!target) throw new Error(`no target ${id}`);
  const base = await baseFor(target);
  const recipe = { target, base, bundle: await program(target.system), engine: pkg };
  return readFile(await binaryFor({ ...recipe, name: 'riposte', version: await version }));
}

/** The binary of a target; the test is skipped, with the reason, when its base cannot be had. */
async function binary(id: string, context: TestContext): Promise<Buffer> {
  const pending =
    made.get(id) ??
    make(id).catch((error: unknown) => {
      if (!(error instanceof UnreachableError)) throw error;
      console.log(`${id}: left out: ${error.message}`);
      return error;
    });
  made.set(id, pending);
  const result = await pending;
  if (result instanceof UnreachableError) context.skip(result.message);
  return result as Buffer;
}

const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

async function holdsProgram(file: Buffer, system: System): Promise<void> {
  expect(file.includes(`${fuse}:1`), 'the switch of node for single executables').toBe(true);
  expect(file.includes((await program(system)).text), 'the bundle').toBe(true);
  expect(file.includes('--disable-sigusr1'), 'the settings of the runtime').toBe(true);
}

describe('linux-arm64', () => {
  test('is an ELF executable for aarch64 with the program in it', async (context) => {
    const file = await binary('linux-arm64', context);
    expect(file.toString('latin1', 0, 4)).toBe('\x7fELF');
    expect(file.readUInt16LE(18)).toBe(0xb7);
    await holdsProgram(file, 'linux');
  });
});

describe('win-x64', () => {
  test('is a Windows executable for x64 with the program in it', async (context) => {
    const file = await binary('win-x64', context);
    expect(file.toString('latin1', 0, 2)).toBe('MZ');
    expect(file.readUInt16LE(file.readUInt32LE(0x3c) + 4)).toBe(0x8664);
    await holdsProgram(file, 'windows');
    expect(file.includes('NODE_SEA_BLOB', 0, 'utf16le'), 'the resource').toBe(true);
  });

  test('carries no signature and opens no file as the configuration of OpenSSL', async (context) => {
    const file = await binary('win-x64', context);
    expect(authenticode(file)).toBeUndefined();
    expect(file.includes('--openssl-config=NUL')).toBe(true);
    expect(file.includes('--openssl-config=/dev/null')).toBe(false);
  });
});

describe.each(['macos-x64', 'macos-arm64'])('%s', (id) => {
  test('carries the actions of macOS, by every name', async (context) => {
    const file = await binary(id, context);
    const names = namesOf(await discover('macos'));
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect(file.includes(`"${name}"`), name).toBe(true);
    expect(verifySignature(file).faults).toEqual([]);
  });
});

describe('the BSDs', () => {
  test.each(scriptTargets)(
    '$id is one script for its system alone',
    async ({ system, interpreter }) => {
      const text = scriptText({ interpreter }, await program(system));
      expect(text.startsWith(`#!${interpreter}\n`)).toBe(true);
      // It is known beforehand, and nothing is left to ask the runtime for.
      expect(text).not.toContain('process.platform');
    },
  );
});

describe('macos-arm64', () => {
  test('is a Mach-O executable for arm64 with the program in it', async (context) => {
    const file = await binary('macos-arm64', context);
    expect(file.readUInt32LE(0)).toBe(0xfeedfacf);
    expect(file.readUInt32LE(4)).toBe(0x0100000c);
    await holdsProgram(file, 'macos');
  });

  test('is signed ad hoc, every page as it should be', async (context) => {
    const verdict = verifySignature(await binary('macos-arm64', context));
    expect(verdict).toMatchObject({ identifier: 'riposte', flags: 0x20002, faults: [] });
    expect(verdict.pages).toBeGreaterThan(20_000);
  });

  test('does not pass with one byte of the program changed', async (context) => {
    const file = Buffer.from(await binary('macos-arm64', context));
    const at = file.indexOf(`${fuse}:1`);
    file.writeUInt8(file.readUInt8(at) ^ 1, at);
    expect(verifySignature(file).faults).toEqual([`page ${at >> 12} differs`]);
  });
});
