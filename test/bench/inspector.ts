/**
 * A look into the bridge's own heap, over the inspector every Node carries (`--inspect`).
 *
 * Decision: resident memory alone cannot tell what is held from what is only not yet collected, and no build of the
 * bridge should carry code for the bench. So the real process is started with the inspector on loopback, asked
 * to collect, and only then measured. Its own share is the same at every reading and falls out of the differences.
 */
import { WebSocket } from 'ws';
import { after, type Ending } from '../support/after.ts';

/** Bytes by what holds them: a constructor's name, or V8's own kind in brackets. Shallow sizes. */
export type Kinds = Map<string, { bytes: number; count: number }>;

export interface Inspector {
  /** Collects all garbage. */
  collect: () => Promise<void>;
  /** Bytes in use on V8's heap and in buffers outside it, and what V8 has taken for the heap. */
  usage: () => Promise<{ heap: number; outside: number; taken: number }>;
  /** What the heap is made of. Slow: it writes the whole heap out. */
  kinds: () => Promise<Kinds>;
}

interface Reply {
  id?: number;
  method?: string;
  params?: { chunk?: string };
  result?: Record<string, number>;
  error?: { message: string };
}

interface Snapshot {
  snapshot: { meta: { node_fields: string[]; node_types: [string[]] } };
  nodes: number[];
  strings: string[];
}

/** Connects to the inspector at 127.0.0.1:`port` for the length of `t`. */
export async function inspect(t: Ending, port: number): Promise<Inspector> {
  const list = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
    webSocketDebuggerUrl: string;
  }[];
  const socket = new WebSocket(list[0]?.webSocketDebuggerUrl ?? '', {
    perMessageDeflate: false,
    maxPayload: 0,
  });
  after(t, () => socket.terminate());
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  let ids = 0;
  let chunks: string[] = [];
  const waiting = new Map<number, PromiseWithResolvers<Record<string, number>>>();
  socket.on('message', (data: Buffer) => {
    const reply = JSON.parse(data.toString()) as Reply;
    if (reply.method === 'HeapProfiler.addHeapSnapshotChunk') chunks.push(reply.params?.chunk ?? '');
    const asked = reply.id === undefined ? undefined : waiting.get(reply.id);
    if (reply.error) asked?.reject(new Error(`inspector: ${reply.error.message}`));
    else asked?.resolve(reply.result ?? {});
  });
  socket.on('close', () => {
    for (const asked of waiting.values()) asked.reject(new Error('inspector: the bridge hung up'));
  });
  const ask = (method: string) => {
    const asked = Promise.withResolvers<Record<string, number>>();
    waiting.set(++ids, asked);
    socket.send(JSON.stringify({ id: ids, method }));
    return asked.promise;
  };
  return {
    collect: async () => void (await ask('HeapProfiler.collectGarbage')),
    usage: async () => {
      const answer = await ask('Runtime.getHeapUsage');
      const { usedSize = 0, embedderHeapUsedSize = 0, backingStorageSize = 0, totalSize = 0 } = answer;
      return { heap: usedSize + embedderHeapUsedSize, outside: backingStorageSize, taken: totalSize };
    },
    kinds: async () => {
      chunks = [];
      await ask('HeapProfiler.takeHeapSnapshot');
      return kindsOf(JSON.parse(chunks.join('')) as Snapshot);
    },
  };
}

function kindsOf({ snapshot, nodes, strings }: Snapshot): Kinds {
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [type, name, size] = ['type', 'name', 'self_size'].map((field) => fields.indexOf(field));
  const kinds: Kinds = new Map();
  for (let at = 0; at < nodes.length; at += fields.length) {
    const kind = types[0][nodes[at + (type ?? 0)] ?? 0] ?? '';
    const called = strings[nodes[at + (name ?? 0)] ?? 0] ?? '';
    // Names of strings and closures say too little to be told apart.
    const key = kind === 'object' || kind === 'native' ? called : `(${kind})`;
    const sum = kinds.get(key) ?? { bytes: 0, count: 0 };
    kinds.set(key, { bytes: sum.bytes + (nodes[at + (size ?? 0)] ?? 0), count: sum.count + 1 });
  }
  return kinds;
}
