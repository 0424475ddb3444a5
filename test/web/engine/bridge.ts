/**
 * A bridge for tests of the engine: the rules of `shared/protocol.ts` over real HTTP and real sockets, mail in a Map.
 *
 * Decision: it is the model the engine is compared with, so it is as plain as the protocol allows: every change is
 * one rev and one frame, a call takes effect when it is first heard. What can go wrong on a wire is a knob: sockets
 * are cut, frames come twice, answers stay out, raw text is sent.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { WebSocketServer, type WebSocket as Socket } from 'ws';
import { namedMessages, type Call, type Outcome, type Settled, type Step } from '../../../shared/commands.ts';
import type { Body, Mailbox, Message } from '../../../shared/mail.ts';
import {
  LIMITS,
  PROTOCOL,
  parseUp,
  type Changes,
  type Cursor,
  type Down,
  type Up,
} from '../../../shared/protocol.ts';
import { ACCOUNT, answerSession } from './door.ts';
import { counted, mailbox, message, newestFirst, partOf } from './rows.ts';

const PAGE = 3;

interface Entry {
  call: Call;
  /** How often it took effect; anything but 0 or 1 is a fault of the bridge or a second send. */
  effects: number;
  outcomes: Outcome[] | null;
}

export class Bridge {
  epoch = 'e1';
  rev = 0;
  readonly mailboxes = new Map<number, Mailbox>();
  readonly messages = new Map<number, Message>();
  readonly bodies = new Map<number, Body>();
  readonly gone: { id: number; rev: number }[] = [];
  readonly settled: { rev: number; receipt: Settled }[] = [];
  ledger = new Map<string, Entry>();
  /** Ids of calls in the order they were first accepted, over all ledgers: an id twice is a call told to two of them. */
  readonly accepted: string[] = [];
  /** Everything heard, socket after socket. */
  readonly heard: Up[] = [];
  /** What a call ends as; the default is done. Null: not yet, `finish` says. */
  verdict: (call: Call) => Outcome[] | null = (call) => call.steps.map(() => ({ as: 'done' }));
  signedIn = true;
  /** Requests to `/session` are cut off. */
  down = false;
  /** Every frame goes out twice. */
  twice = false;
  /** Frames other than welcome are not sent. */
  silent = false;
  /** Sockets are closed with this code as soon as they open. */
  closeWith: number | null = null;
  /** Told in welcome. */
  callsInFlight: number = LIMITS.callsInFlight;
  readonly #sockets = new Set<Socket>();
  /** Sockets that have said hello: only they are told facts. */
  readonly #greeted = new Set<Socket>();
  readonly #http: Server;
  readonly #ws: WebSocketServer;

  private constructor() {
    this.#http = createServer((request, response) => answerSession(this, request, response));
    this.#ws = new WebSocketServer({ server: this.#http, path: '/ws' });
    this.#ws.on('connection', (socket) => this.#connected(socket));
    for (const box of [mailbox(1, 'inbox'), mailbox(2, 'archive'), mailbox(3, 'trash')]) {
      this.mailboxes.set(box.id, box);
    }
  }

  static async start(t: TestContext): Promise<Bridge> {
    const bridge = new Bridge();
    await new Promise<void>((listening) => bridge.#http.listen(0, '127.0.0.1', listening));
    t.after(() => bridge.stop());
    return bridge;
  }

  get base(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}/`;
  }

  stop(): void {
    this.cut();
    this.#ws.close();
    this.#http.close();
    this.#http.closeAllConnections();
  }

  // Sockets

  #connected(socket: Socket): void {
    if (this.closeWith !== null) return socket.close(this.closeWith);
    this.#sockets.add(socket);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#greeted.delete(socket);
    });
    socket.on('message', (data) => {
      const up = parseUp((data as Buffer).toString());
      this.heard.push(up);
      this.#hear(socket, up);
    });
  }

  #hear(socket: Socket, up: Up): void {
    if (up.t === 'hello') this.#welcome(socket, up.cursors);
    else if (up.t === 'call') this.#call(socket, up.call);
    else if (up.t === 'ping') this.#send(socket, { t: 'pong' });
    else if (up.t === 'want') for (const id of up.messages) this.#body(socket, id);
  }

  /** Cuts every socket without a word. */
  cut(): void {
    for (const socket of this.#sockets) socket.terminate();
    this.#sockets.clear();
    this.#greeted.clear();
  }

  /** Closes every socket with a code. */
  close(code: number): void {
    for (const socket of this.#sockets) socket.close(code);
    this.#sockets.clear();
    this.#greeted.clear();
  }

  #send(socket: Socket, frame: Down): void {
    if (this.silent && frame.t !== 'welcome') return;
    const text = JSON.stringify(frame);
    socket.send(text);
    if (this.twice) socket.send(text);
  }

  /** Sends to every socket. */
  tell(frame: Down | string): void {
    for (const socket of this.#greeted) {
      if (typeof frame === 'string') socket.send(frame);
      else this.#send(socket, frame);
    }
  }

  #welcome(socket: Socket, cursors: Cursor[]): void {
    this.#greeted.add(socket);
    const status = { state: 'ok', text: '', retryAt: null, mirrored: 0, of: 0 } as const;
    const accounts = [{ id: ACCOUNT, address: 'reader@library.example', status }];
    this.#send(socket, {
      t: 'welcome',
      protocol: PROTOCOL,
      build: 'test',
      clock: 0,
      accounts,
      limits: { ...LIMITS, callsInFlight: this.callsInFlight as typeof LIMITS.callsInFlight },
    });
    const cursor = cursors.find((one) => one.account === ACCOUNT);
    if (cursor === undefined) return this.#snapshot(socket);
    if (cursor.epoch !== this.epoch || cursor.rev > this.rev) {
      this.#send(socket, { t: 'reset', account: ACCOUNT, epoch: this.epoch });
      return this.#snapshot(socket);
    }
    this.#send(socket, this.#since(cursor.rev));
    if (cursor.fill !== null) this.#fill(socket, Number(cursor.fill));
  }

  #frame(part: Partial<Changes>): Changes {
    return {
      t: 'changes',
      account: ACCOUNT,
      epoch: this.epoch,
      from: this.rev,
      to: this.rev,
      more: false,
      fill: null,
      mailboxes: [],
      messages: [],
      gone: { mailboxes: [], messages: [] },
      settled: [],
      ...part,
    };
  }

  #since(from: number): Changes {
    return this.#frame({
      from,
      mailboxes: counted(this.mailboxes, this.messages),
      messages: [...this.messages.values()].filter((row) => row.rev > from),
      gone: { mailboxes: [], messages: this.gone.filter((one) => one.rev > from).map((one) => one.id) },
      settled: this.settled.filter((one) => one.rev > from).map((one) => one.receipt),
    });
  }

  #snapshot(socket: Socket): void {
    const messages = newestFirst(this.messages).slice(0, PAGE);
    const fill = String(messages.at(-1)?.id ?? 0);
    const settled = this.settled.map((one) => one.receipt);
    this.#send(
      socket,
      this.#frame({ from: 0, fill, mailboxes: counted(this.mailboxes, this.messages), messages, settled }),
    );
    this.#fill(socket, Number(fill));
  }

  /** Pushes the pages below id `place`, each in a turn of its own, so that live events come between. */
  #fill(socket: Socket, place: number): void {
    setImmediate(() => {
      const rest = newestFirst(this.messages).filter((row) => row.id < place);
      const messages = rest.slice(0, PAGE);
      const next = rest.length > PAGE ? String(messages.at(-1)?.id) : null;
      const left = rest.length - messages.length;
      this.#send(socket, { t: 'fill', account: ACCOUNT, epoch: this.epoch, messages, next, left });
      if (next !== null) this.#fill(socket, Number(next));
    });
  }

  #body(socket: Socket, id: number): void {
    const body = this.bodies.get(id) ?? null;
    const error = body === null ? 'no such message' : null;
    this.#send(socket, { t: 'body', account: ACCOUNT, message: id, body, error });
  }

  // Facts

  /** One change of the mailbox: what `change` returns goes to every socket in one frame. */
  fact(change: (rev: number) => Partial<Changes>): void {
    this.rev += 1;
    this.tell(this.#frame({ from: this.rev - 1, ...change(this.rev) }));
  }

  /** A new mail, or a changed one. */
  put(id: number, part: Partial<Message> = {}): void {
    this.fact((rev) => ({
      messages: [this.#row(id, rev, part)],
      mailboxes: counted(this.mailboxes, this.messages),
    }));
  }

  #row(id: number, rev: number, part: Partial<Message>): Message {
    const row = { ...(this.messages.get(id) ?? message(id)), ...part, rev };
    this.messages.set(id, row);
    return row;
  }

  expunge(id: number): void {
    this.fact((rev) => {
      this.messages.delete(id);
      this.gone.push({ id, rev });
      return { gone: { mailboxes: [], messages: [id] }, mailboxes: counted(this.mailboxes, this.messages) };
    });
  }

  /** The store is lost: rows get new ids (as `protocol.ts` demands), the ledger is empty. */
  lose(): void {
    this.epoch = `e${Number(this.epoch.slice(1)) + 1}`;
    const rows = [...this.messages.values()];
    this.messages.clear();
    for (const row of rows) this.messages.set(row.id + 1_000_000, { ...row, id: row.id + 1_000_000, rev: 1 });
    this.rev = 1;
    this.gone.length = 0;
    this.settled.length = 0;
    this.ledger = new Map();
  }

  // Calls

  #call(socket: Socket, call: Call): void {
    const entry = this.ledger.get(call.id);
    if (entry?.outcomes) {
      const settled = [{ id: call.id, outcomes: entry.outcomes }];
      return this.#send(socket, { t: 'receipt', account: ACCOUNT, settled });
    }
    if (entry === undefined) {
      this.ledger.set(call.id, { call, effects: 0, outcomes: null });
      this.accepted.push(call.id);
    }
    this.#send(socket, { t: 'progress', account: ACCOUNT, id: call.id, state: 'accepted', text: '' });
    const outcomes = this.verdict(call);
    if (entry === undefined && outcomes !== null) this.finish(call.id, outcomes);
  }

  /** Ends a call: effect and receipt in one frame. */
  finish(id: string, outcomes: Outcome[] = [{ as: 'done' }]): void {
    const entry = this.ledger.get(id);
    if (entry === undefined || entry.outcomes !== null) throw new Error(`no open call ${id}`);
    entry.outcomes = outcomes;
    entry.effects += 1;
    this.fact((rev) => {
      const done = entry.call.steps.filter((_, at) => outcomes[at]?.as === 'done');
      const messages = done.flatMap((step) => this.#effect(step, rev));
      const receipt = { id, outcomes };
      this.settled.push({ rev, receipt });
      return { messages, mailboxes: counted(this.mailboxes, this.messages), settled: [receipt] };
    });
  }

  #effect(step: Step, rev: number): Message[] {
    const rows = namedMessages([step], step)
      .map((id) => this.messages.get(id))
      .filter((row) => row !== undefined);
    return rows.map((row) => this.#row(row.id, rev, partOf(step, row)));
  }
}
