/** What a session says of the client that it was issued to. */
export interface Client {
  label?: string;
  ipAddress?: string;
  userAgent?: string;
  deviceType: string;
  os?: string;
  browser?: string;
}

const browsers: readonly (readonly [RegExp, string])[] = [
  [/edg\//i, 'Edge'],
  [/firefox\//i, 'Firefox'],
  [/chrome\//i, 'Chrome'],
  [/safari\//i, 'Safari'],
];
const systems: readonly (readonly [RegExp, string])[] = [
  [/iphone|ipad/i, 'iOS'],
  [/android/i, 'Android'],
  [/mac os x/i, 'macOS'],
  [/windows nt/i, 'Windows'],
  [/linux/i, 'Linux'],
];
const devices: readonly (readonly [RegExp, string])[] = [
  [/bot|crawler|curl|wget/i, 'bot'],
  [/ipad|tablet/i, 'tablet'],
  [/iphone|mobile/i, 'mobile'],
  [/./, 'desktop'],
];

const match = (table: readonly (readonly [RegExp, string])[], text: string) =>
  table.find(([pattern]) => pattern.test(text))?.[1];

/** A client as a request shows it. One without a user agent is of an `unknown` type. */
export function clientOf(
  userAgent: string | undefined,
  address: string | undefined,
  label: string | null,
): Client {
  const browser = match(browsers, userAgent ?? '');
  const os = match(systems, userAgent ?? '');
  return {
    ...(label === null ? {} : { label }),
    ...(address === undefined ? {} : { ipAddress: address.replace(/^::ffff:/, '') }),
    ...(userAgent === undefined ? {} : { userAgent }),
    deviceType: match(devices, userAgent ?? '') ?? 'unknown',
    ...(os === undefined ? {} : { os }),
    ...(browser === undefined ? {} : { browser }),
  };
}
