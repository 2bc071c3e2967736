import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findHome } from '../../src/lib/node/home.ts';

let home: string;
const back = process.cwd();
const named = process.env['WAZUH_HOME'];

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'riposte-home-')));
  mkdirSync(`${home}/active-response/bin`, { recursive: true });
  mkdirSync(`${home}/logs`);
  delete process.env['WAZUH_HOME'];
});
afterEach(() => {
  process.chdir(back);
  rmSync(home, { recursive: true });
  if (named !== undefined) process.env['WAZUH_HOME'] = named;
});

test('is above the program as an agent calls it: relative, in its home', () => {
  process.chdir(home);
  expect(findHome('active-response/bin/firewall-drop', false)).toBe(home);
});

test('is above the program as an old agent calls it: by its whole path', () => {
  expect(findHome(`${home}/active-response/bin/firewall-drop`, false)).toBe(home);
});

test('is where an agent starts its programs, for a name without a folder', () => {
  process.chdir(home);
  expect(findHome('firewall-drop', false)).toBe(home);
});

test('is never a person’s working directory', () => {
  process.chdir(home);
  expect(findHome('firewall-drop', true)).not.toBe(home);
});

test('is nowhere, where there is none', () => {
  process.chdir('/');
  expect(findHome('firewall-drop', false)).toBeUndefined();
});

test('is not a tree of programs alone, as a build makes it', () => {
  rmSync(`${home}/logs`, { recursive: true });
  expect(findHome(`${home}/active-response/bin/firewall-drop`, false)).toBeUndefined();
});

test('is nowhere, where it cannot be looked into', () => {
  expect(findHome(`${home}/${'x'.repeat(300)}/active-response/bin/x`, false)).toBeUndefined();
});
