import { readdir, readFile, readlink } from 'node:fs/promises';

/** A TCP socket that somebody listens on. */
export interface Listener {
  /** `0.0.0.0`, `127.0.0.1`, `::`… */
  address: string;
  port: number;
  /** Whose socket it is: a number, because the owner may be nobody's account. */
  uid: number;
  /** The processes that have it open; empty where we may not see them. */
  pids: number[];
}

export interface Sockets {
  /** Who listens on these ports, in the network that this process sees. Looks at every process: not for every second. */
  listeners(ports: ReadonlySet<number>): Promise<Listener[]>;
  /**
   * Whose the sockets are that a connection to 127.0.0.1 on this port may come to: user ids. Only the kernel's tables are
   * read, so this is cheap, and every user may ask.
   *
   * @param age How old, in milliseconds, what it goes by may be: many that are asked at once share one reading.
   */
  answering(port: number, age?: number): Promise<number[]>;
}

/** The sockets of this machine, as proc(5) tells. */
function procSockets(): Sockets {
  let last: { at: number; tables: Promise<Listening[]> } | undefined;
  return {
    async listeners(ports) {
      const found = (await readTables()).filter(({ port }) => ports.has(port));
      const holders = await holdersOf(new Set(found.map(({ inode }) => inode)));
      return found.map(({ inode, ...listener }) => ({ ...listener, pids: holders.get(inode) ?? [] }));
    },

    async answering(port, age = 0) {
      const now = performance.now();
      if (last === undefined || now - last.at > age) last = { at: now, tables: readTables() };
      return answeringOn(await last.tables, port);
    },
  };
}

export const systemSockets: Sockets = procSockets();

async function readTables(): Promise<Listening[]> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((file) =>
      readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        // A kernel without IPv6 has no second table.
        if (error.code === 'ENOENT') return '';
        throw error;
      }),
    ),
  );
  return tables.flatMap(parseListening);
}

const ofIpv4 = new Set(['127.0.0.1', '0.0.0.0']);
/** Of both families, unless bound to IPv6 alone, which the table does not say. */
const ofBoth = new Set(['::', '::ffff:7f00:1', '::ffff:0:0']);

/**
 * Whose the sockets are to which a connection to 127.0.0.1 may come. Where one of IPv4 listens, one at `::` is bound to
 * IPv6 alone: the kernel would not have let both have the port.
 */
export function answeringOn(listening: readonly Listening[], port: number): number[] {
  const of = (addresses: ReadonlySet<string>) =>
    listening.filter((each) => each.port === port && addresses.has(each.address)).map(({ uid }) => uid);
  const found = of(ofIpv4);
  return [...new Set(found.length > 0 ? found : of(ofBoth))];
}

/**
 * Why what answers on this port of 127.0.0.1 is not to be taken for a server of this user; undefined when it is theirs, or
 * root's. While a server is down its port is free, and whoever takes it is sent what was meant for its user: credentials.
 *
 * @param age As of `answering`; a stranger is never found by an old reading.
 */
export async function strangerOn(
  sockets: Sockets,
  port: number,
  account: { name: string; uid: number },
  age = 0,
): Promise<string | undefined> {
  const others = async (oldest: number) => {
    const uids = await sockets.answering(port, oldest);
    return uids.length === 0 ? undefined : uids.filter((uid) => uid !== account.uid && uid !== 0);
  };
  let strangers = await others(age);
  if (age > 0 && strangers?.length !== 0) strangers = await others(0);
  if (strangers === undefined) return `who listens on port ${port} cannot be told`;
  if (strangers.length === 0) return undefined;
  return `port ${port} is in the hands of another user (uid ${strangers.join(', ')}), not of ${account.name}: see doctor`;
}

/** A line of the kernel's table. */
export interface Listening {
  address: string;
  port: number;
  uid: number;
  /** The socket's, by which the descriptors of a process name it. */
  inode: string;
}

/** The state LISTEN of /proc/net/tcp (proc_net_tcp(5), include/net/tcp_states.h). */
const listen = '0A';

/**
 * The listening sockets of /proc/net/tcp or /proc/net/tcp6. A line that does not look like one is the heading.
 *
 *     0: 0100007F:A8D1 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000  0 584465 1 …
 */
export function parseListening(table: string): Listening[] {
  return table.split('\n').flatMap((line): Listening[] => {
    const [number, local = '', , state, , , , uid = '', , inode = ''] = line.trim().split(/\s+/);
    const [hex = '', port = ''] = local.split(':');
    if (!/^\d+:$/.test(number ?? '') || state !== listen || !/^\d+$/.test(uid) || !/^\d+$/.test(inode))
      return [];
    const address = parseAddress(hex);
    return address === undefined || !/^[0-9A-F]{4}$/.test(port)
      ? []
      : [{ address, port: Number.parseInt(port, 16), uid: Number(uid), inode }];
  });
}

/** Four or sixteen bytes in words of four, each in the byte order of the machine: little-endian on all that we run on. */
function parseAddress(hex: string): string | undefined {
  if (!/^([0-9A-F]{8}|[0-9A-F]{32})$/.test(hex)) return undefined;
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    (word.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).toReversed(),
  );
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bytes[index * 2] ?? 0) * 256 + (bytes[index * 2 + 1] ?? 0)).toString(16),
  );
  // The URL parser knows how IPv6 addresses are shortened.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** The processes that have these sockets open, by the sockets' inodes. */
async function holdersOf(inodes: ReadonlySet<string>): Promise<Map<string, number[]>> {
  const holders = new Map<string, number[]>();
  if (inodes.size === 0) return holders;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  await Promise.all(
    pids.map(async (pid) => {
      for (const inode of await socketsOf(pid))
        if (inodes.has(inode)) holders.set(inode, [...(holders.get(inode) ?? []), pid]);
    }),
  );
  return holders;
}

/** The inodes of the sockets that a process has open. */
async function socketsOf(pid: number): Promise<Set<string>> {
  try {
    const descriptors = await readdir(`/proc/${pid}/fd`);
    const targets = await Promise.all(
      // Closed in the meantime: no longer open.
      descriptors.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')),
    );
    return new Set(targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []));
  } catch {
    // Gone, or not ours to see: whoever reads this finds no holder, which is no answer, not a good one.
    return new Set();
  }
}
