import { readFileSync } from 'node:fs';
import { ActionError } from '../outcome.ts';
import { codeOf } from './errors.ts';

/**
 * Whom we let vouch for a service, as PEM: the authorities of the runtime and of the system, and those
 * in a file that root named. The environment names none.
 */
export async function authorities(
  file: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<string[]> {
  const { getCACertificates } = await import('node:tls');
  delete environment['SSL_CERT_FILE'];
  delete environment['SSL_CERT_DIR'];
  const own = file === undefined ? [] : [contents(file)];
  return [...own, ...new Set([...getCACertificates('system'), ...getCACertificates('bundled')])];
}

function contents(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (thrown) {
    const why = codeOf(thrown) ?? 'unknown';
    throw new ActionError('bad-settings', `the certificates in ${file} cannot be read (${why})`);
  }
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new ActionError('bad-settings', `${file} has no certificate in it (PEM)`);
}
