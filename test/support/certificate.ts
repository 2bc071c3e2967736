import { generateKeyPairSync, sign } from 'node:crypto';

/** A key and a certificate that signs itself, both PEM. */
export interface Identity {
  readonly key: string;
  readonly cert: string;
}

/** What is wrong with a certificate, where something is to be. */
export interface Flaws {
  readonly name?: string;
  readonly expired?: boolean;
}

// Tags of DER.
const INTEGER = 0x02;
const BITS = 0x03;
const OCTETS = 0x04;
const OID = 0x06;
const TEXT = 0x0c;
const TIME = 0x17;
const SEQUENCE = 0x30;
const SET = 0x31;
const tagged = (number: number) => 0xa0 + number;
const implicit = (number: number) => 0x80 + number;

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const { length: size } = body;
  const length =
    size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const bytes = (...values: readonly number[]) => Buffer.from(values);
const oid = (hex: string) => der(OID, Buffer.from(hex, 'hex'));

const ECDSA_WITH_SHA256 = der(SEQUENCE, oid('2a8648ce3d040302'));
const COMMON_NAME = oid('550403');
const ALTERNATIVE_NAMES = oid('551d11');
const BASIC_CONSTRAINTS = oid('551d13');
const TRUE = bytes(0x01, 0x01, 0xff);

/** Makes one for `localhost` and 127.0.0.1, or another name, that holds for a day. */
export function selfSigned({ name = 'localhost', expired = false }: Flaws = {}): Identity {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(TEXT, Buffer.from(name)))));
  const day = 24 * 3600_000;
  const from = Date.now() - 2 * day;
  const time = (milliseconds: number) =>
    der(
      TIME,
      Buffer.from(`${new Date(milliseconds).toISOString().replace(/\D/g, '').slice(2, 14)}Z`),
    );
  const names = [
    der(implicit(2), Buffer.from(name)),
    ...(name === 'localhost' ? [der(implicit(7), bytes(127, 0, 0, 1))] : []),
  ];
  const extensions = [
    der(SEQUENCE, BASIC_CONSTRAINTS, der(OCTETS, der(SEQUENCE, TRUE))),
    der(SEQUENCE, ALTERNATIVE_NAMES, der(OCTETS, der(SEQUENCE, ...names))),
  ];
  const content = der(
    SEQUENCE,
    der(tagged(0), der(INTEGER, bytes(2))),
    der(INTEGER, bytes(1)),
    ECDSA_WITH_SHA256,
    subject,
    der(SEQUENCE, time(from), time(expired ? from + day : from + 3 * day)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(tagged(3), der(SEQUENCE, ...extensions)),
  );
  const signature = der(BITS, bytes(0), sign('sha256', content, privateKey));
  const certificate = der(SEQUENCE, content, ECDSA_WITH_SHA256, signature);
  const lines = certificate.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}
