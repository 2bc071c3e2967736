import { describe, expect, test } from 'vitest';
import { signAdHoc } from '../../build/formats/macho-sign.ts';
import { verifySignature } from '../../build/formats/macho-verify.ts';

const segmentBytes = 72;
const sectionBytes = 80;
const contents = 0x400;

/** The smallest file that can be signed: __TEXT with one section, then __LINKEDIT to the end. */
function machO({ firstSection = contents, size = 20_000 } = {}): Buffer {
  const file = Buffer.alloc(size);
  for (let at = contents; at < size; at += 1) file[at] = (at * 31) & 0xff;
  const textCommand = segmentBytes + sectionBytes;
  file.writeUInt32LE(0xfeedfacf, 0);
  file.writeUInt32LE(2, 16);
  file.writeUInt32LE(textCommand + segmentBytes, 20);
  const linkedit = 0x4000;
  segment(file, 32, '__TEXT', textCommand, 0, linkedit);
  file.writeUInt32LE(1, 32 + 64);
  file.writeUInt32LE(firstSection, 32 + segmentBytes + 48);
  segment(file, 32 + textCommand, '__LINKEDIT', segmentBytes, linkedit, size - linkedit);
  return file;
}

function segment(
  file: Buffer,
  at: number,
  name: string,
  bytes: number,
  offset: number,
  size: number,
): void {
  file.writeUInt32LE(0x19, at);
  file.writeUInt32LE(bytes, at + 4);
  file.write(name, at + 8);
  file.writeBigUInt64LE(BigInt(offset), at + 40);
  file.writeBigUInt64LE(BigInt(size), at + 48);
}

describe('an ad-hoc signature', () => {
  const signed = signAdHoc(machO(), 'riposte');

  test('covers every page, says what it is and is accepted', () => {
    expect(verifySignature(signed)).toEqual({
      identifier: 'riposte',
      flags: 0x20002,
      pages: 5,
      faults: [],
    });
  });

  test('leaves the program as it was', () => {
    const plain = machO();
    expect(signed.subarray(contents, plain.length).equals(plain.subarray(contents))).toBe(true);
  });

  test.each([0, 16, contents, 0x1000, 0x2fff, 19_999])(
    'no longer fits with byte %i flipped',
    (at) => {
      const changed = Buffer.from(signed);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      let faults: readonly string[] = [];
      try {
        faults = verifySignature(changed).faults;
      } catch (error) {
        // A changed first byte makes it another kind of file.
        faults = [String(error)];
      }
      expect(faults).not.toEqual([]);
      if (at >= contents) expect(faults).toEqual([`page ${at >> 12} differs`]);
    },
  );

  test('does not fit a longer file', () => {
    const longer = Buffer.concat([signed, Buffer.alloc(1)]);
    expect(verifySignature(longer).faults).toContain('data after the signature');
  });

  test('is missed where there is none', () => {
    expect(verifySignature(machO()).faults).toEqual(['there is no signature']);
  });
});

describe('what cannot be signed', () => {
  test.each([
    ['a signed file', signAdHoc(machO(), 'riposte'), /already signed/],
    ['a full header', machO({ firstSection: 32 + 2 * segmentBytes + sectionBytes }), /no room/],
    ['data at the end', Buffer.concat([machO(), Buffer.from('more')]), /does not end with/],
    ['another format', Buffer.from('\x7fELF'.padEnd(64, '\0')), /not a 64-bit Mach-O/],
    ['an empty file', Buffer.alloc(0), /not a 64-bit Mach-O/],
  ])('%s', (_, file, reason) => {
    expect(() => signAdHoc(file, 'riposte')).toThrow(reason);
  });
});
