/**
 * What differs from run to run and from host to host, replaced by what it is. All else is compared as it stands.
 */

const patterns: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<uuid>'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<time>'],
  [/"traceId":"[0-9a-f]{32}"/g, '"traceId":"<trace>"'],
  [/\bt3_session_\d{1,5}_[0-9a-f]{12}\b/g, 't3_session_<port>_<digest>'],
  [/\b[A-Z2-9]{12}\b/g, '<credential>'],
  // The time of day, and the number of a fiber, in a line of the log.
  [/^\[\d\d:\d\d:\d\d\.\d{3}\] ([A-Z]+) \(#\d+\)/gm, '[<clock>] $1 (#<fiber>)'],
];

export function shapeOf(text: string): string {
  return patterns.reduce((left, [pattern, what]) => left.replaceAll(pattern, what), text);
}

/** A JSON body; of what tells of the host, the types are left. */
export function jsonShape(text: string): string {
  const document = JSON.parse(text) as Record<string, unknown>;
  if ('label' in document) document['label'] = typeof document['label'];
  if ('platform' in document)
    document['platform'] = Object.fromEntries(
      Object.entries(document['platform'] as object).map(([name, value]) => [name, typeof value]),
    );
  return shapeOf(JSON.stringify(document));
}

export interface Cookie {
  name: string;
  token: string;
}

export function parseCookie(header: string): Cookie {
  const [pair = ''] = header.split('; ');
  const at = pair.indexOf('=');
  return { name: pair.slice(0, at), token: pair.slice(at + 1) };
}

/** A Set-Cookie header, with the claims that its token makes and how its times relate. */
export function cookieShape(header: string): string {
  const { name, token } = parseCookie(header);
  const [, payload = ''] = /^([\w-]+)\.[\w-]{43}$/.exec(token) ?? [];
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>;
  const life = Number(claims['exp']) - Number(claims['iat']);
  const expires = new Date(Number(claims['exp'])).toUTCString();
  const said = JSON.stringify({ ...claims, iat: typeof claims['iat'], exp: `iat + ${life}` });
  const attributes = header.slice(header.indexOf('; ')).replace(`Expires=${expires}`, 'Expires=<exp>');
  return shapeOf(`${name}=<token of ${said}>${attributes}`);
}
