#!/usr/bin/env node
// Makes a fresh checkout ready: `node build/setup.mjs [--system]`. Plain JavaScript without
// dependencies, because it runs before anything is installed and on whatever Node is there.
import path from 'node:path';
import { installNpmPackages } from './setup/npm.mjs';
import { installSystemPackages } from './setup/system.mjs';

const root = path.resolve(import.meta.dirname ?? path.dirname(process.argv[1] ?? '.'), '..');

try {
  installNpmPackages(root);
  if (process.argv.includes('--system')) installSystemPackages();
} catch (error) {
  console.error(`setup: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
