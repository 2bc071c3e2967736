const UNITS = { b: 1, kib: 1 << 10, mib: 1 << 20, gib: 1 << 30 } as const;

const SIZE = /^(\d{1,15}(?:\.\d{1,3})?)\s*(b|kib|mib|gib)?$/i;

/**
 * Bytes in `16 MiB`, `512 KiB`, `65536` or the number 65536; nothing for what is no size. `MB` is none:
 * half of the world takes it for 1000 × 1000.
 */
export function parseSize(value: unknown): number | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const [, amount, unit = 'b'] = SIZE.exec(String(value).trim()) ?? [];
  if (amount === undefined) return undefined;
  const bytes = Number(amount) * UNITS[unit.toLowerCase() as keyof typeof UNITS];
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
